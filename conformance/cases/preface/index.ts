/** Cases on the connection preface (RFC 9113 §3.4). */
import { latin1, PREFACE_OCTETS, ping, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, CLOSE_MS, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';

/** What an HTTP/1.x parser takes for a whole request and the start of a broken one, and what is no preface. */
const WRONG_MAGIC = latin1('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n');

const PING = ping(latin1('preface?'));

/**
 * The invalid preface ends the connection, with GOAWAY or without: no HTTP/2 need be spoken to a client that speaks none.
 * A port that has HTTP/1.1 too may answer in that. The stimulus ends with a PING.
 */
async function invalid(trial: Trial, peer: Peer): Promise<void> {
  trial.expected = 'connection error PROTOCOL_ERROR, with or without GOAWAY, or an answer in HTTP/1.1; then close';
  trial.raced = true;
  const reacted = (): boolean => peer.over || peer.foreign !== '' || peer.pingAcks.length > 0;
  await peer.until(reacted, 'the end of the connection');
  if (!peer.over && peer.foreign === '' && (await peer.fence()) === 'quiet')
    trial.fail('the preface is taken: PING is acknowledged');
  const closed = await trial.idle(peer.within(CLOSE_MS, () => peer.end !== null, 'the close'));
  trial.seen = peer.foreign === '' ? describeEnd(peer) : `answered in HTTP/1.1: ${peer.foreign.split('\r\n')[0]}`;
  if (peer.goaways.length > 0 && !peer.goaways.some(({ code }) => code === 'PROTOCOL_ERROR'))
    trial.weak(`${describeEnd(peer)} instead of PROTOCOL_ERROR`);
  if (!closed) trial.weak(`${trial.seen}, and the connection is still open ${CLOSE_MS} ms later`);
}

/** A second connection, beside one that is known to serve; it acknowledges nothing, so that all it says is the stimulus. */
async function fresh(trial: Trial): Promise<Peer> {
  await trial.open();
  const peer = await trial.dial();
  peer.stopReplies();
  return peer;
}

export default chapter('preface', {
  'empty-settings': {
    requirement: 'rfc9113/3.4/2',
    title: 'The SETTINGS frame of the client preface may be empty.',
    async run(trial) {
      await trial.open({ settings: [['ENABLE_PUSH', 0]] });
      const peer = await trial.dial();
      peer.preface();
      await peer.until(() => peer.over || peer.settingsAcks > 0, 'the acknowledgement of SETTINGS');
      await served(trial, peer);
    },
  },

  'acknowledged-after-own-settings': {
    requirement: 'rfc9113/3.4/4',
    title: 'The SETTINGS of the client preface are acknowledged, behind the server preface.',
    async run(trial) {
      const peer = await trial.open({ settings: [['MAX_CONCURRENT_STREAMS', 100]] });
      trial.expected = 'the acknowledgement of SETTINGS behind the SETTINGS of the server';
      const kinds = peer.received.map(({ payload }) => (payload.type === 'SETTINGS' ? payload.ack : null));
      const own = kinds.indexOf(false);
      if (own < 0 || kinds.indexOf(true) < own) trial.fail('SETTINGS is acknowledged before the server preface');
      trial.seen = 'SETTINGS, then the acknowledgement';
    },
  },

  'wrong-magic': {
    requirement: 'rfc9113/3.4/5',
    title: 'Octets other than the 24 of the client preface end the connection.',
    async run(trial) {
      const peer = await fresh(trial);
      peer.violatePreface(WRONG_MAGIC, settings(), PING);
      await invalid(trial, peer);
    },
  },

  'ping-before-settings': {
    requirement: 'rfc9113/3.4/5',
    title: 'A client preface whose first frame is not SETTINGS ends the connection.',
    async run(trial) {
      const peer = await fresh(trial);
      peer.violatePreface(PREFACE_OCTETS, PING, settings());
      await invalid(trial, peer);
    },
  },

  'request-before-settings': {
    requirement: 'rfc9113/3.4/5',
    title: 'A request in place of the SETTINGS of the client preface is not served.',
    async run(trial) {
      const peer = await fresh(trial);
      peer.violatePreface(PREFACE_OCTETS, peer.request(), settings(), PING);
      await invalid(trial, peer);
    },
  },

  'request-with-preface': {
    requirement: 'rfc9113/3.4/i1',
    title: 'A request that comes in one write with the client preface is served.',
    async run(trial) {
      await trial.open();
      const peer = await trial.dial();
      const get = peer.request();
      peer.preface([], get);
      await answered(trial, peer, get.stream);
      await served(trial, peer);
    },
  },
});
