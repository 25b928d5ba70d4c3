/** Cases on PING (RFC 9113 §6.7). */
import { FLAG, FRAME_TYPE, frame, latin1, latin1Text, MAX_WINDOW, ping, windowUpdate } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { connectionError, served } from '../../expect.ts';
import { describeEnd } from '../../trial.ts';

const OCTETS = ['\0\0\0\0\0\0\0\0', '\xff\xff\xff\xff\xff\xff\xff\xff', '\x80\0\0\0\0\0\0\x01', 'PING 1/2', 'PING 2/2'];

/** Octets of content: more than the buffers between two processes hold, so that a server has most of it yet to send. */
const MUCH = 24 * 2 ** 20;

/** Responses under way at most. */
const AT_ONCE = 60;

function wrongLength(octets: number): CaseBody {
  return {
    requirement: 'rfc9113/6.7/7',
    title: `PING of ${octets} octets is a connection error FRAME_SIZE_ERROR.`,
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', frame(FRAME_TYPE.PING, 0, 0, new Uint8Array(octets)));
    },
  };
}

export default chapter('ping', {
  'identical-octets': {
    requirement: 'rfc9113/6.7/2',
    also: ['rfc9113/6.7/4'],
    title: 'Each of several PINGs is acknowledged once, with its own octets.',
    async run(trial) {
      const peer = await trial.open();
      peer.send(...OCTETS.map(octets => ping(latin1(octets))));
      await peer.fence();
      await served(trial, peer);
      trial.expected = 'one acknowledgement for each of five PINGs';
      for (const octets of OCTETS) {
        const acks = peer.pingAcks.filter(key => key === latin1(octets).toString()).length;
        if (acks !== 1) trial.fail(`PING ${Buffer.from(latin1(octets)).toString('hex')} is acknowledged ${acks} times`);
      }
      trial.seen = 'five acknowledgements with the octets of the five PINGs';
    },
  },

  'ack-not-answered': {
    requirement: 'rfc9113/6.7/5',
    title: 'A PING acknowledgement is not answered.',
    async run(trial) {
      const peer = await trial.open();
      const ack = ping(latin1('no reply'), true);
      trial.expected = 'no PING acknowledgement with the octets of the acknowledgement sent';
      const fenced = await peer.fence(ack);
      if (peer.pingAcks.includes(ack.payload.toString()))
        trial.fail(`the acknowledgement "${latin1Text(ack.payload)}" is acknowledged`);
      if (fenced === 'over') trial.weak(`${describeEnd(peer)}, although nothing makes the acknowledgement an error`);
      else await served(trial, peer);
    },
  },

  'on-stream': {
    requirement: 'rfc9113/6.7/6',
    title: 'PING on a stream is a connection error, also where that stream is open.',
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const stream = peer.ask();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', { ...ping(latin1('a stream')), stream });
    },
  },

  'overtakes-content': {
    requirement: 'rfc9113/6.7/3',
    needs: ['large'],
    title: 'The acknowledgement of a PING does not wait behind 24 MiB of content whose credit comes with it.',
    async run(trial) {
      const peer = await trial.open({ settings: [['INITIAL_WINDOW_SIZE', MAX_WINDOW]] });
      const large = trial.resource('large');
      const count = Math.ceil(MUCH / large.size);
      if (count > AT_ONCE) trial.notApplicable(`${AT_ONCE} responses of ${large.size} octets are less than ${MUCH}`);
      trial.needStreams(peer, count);
      const streams = Array.from({ length: count }, () => peer.ask({ path: large.path }));
      // The connection's window holds all but 64 KiB of it back, or less, where a server leaves the rest of a window.
      await peer.until(() => peer.over || streams.some(stream => peer.stream(stream).octets > 0), 'the first content');
      const before = peer.received.length;
      // In one write: a server that has read the credit has read the PING, whatever else the machine does.
      peer.send(windowUpdate(0, count * large.size), ping(latin1('overtake')));
      // A server that runs out of memory for so much may reset some: that is not the question.
      for (const stream of streams) await peer.answer(stream);
      await peer.fence();
      if (peer.over) trial.fail(describeEnd(peer));
      trial.expected = 'the acknowledgement before the last content';
      const frames = peer.received.slice(before);
      const acknowledged = frames.findIndex(
        ({ payload }) => payload.type === 'PING' && payload.ack && latin1Text(payload.opaque) === 'overtake',
      );
      const last = frames.findLastIndex(({ frame }) => frame.type === FRAME_TYPE.DATA);
      trial.seen = `the acknowledgement comes before ${last - acknowledged} of ${last + 1} frames`;
      if (acknowledged > last) trial.weak(`the acknowledgement waits for ${count} responses of ${large.size} octets`);
    },
  },

  'of-no-octets': wrongLength(0),
  'of-seven-octets': wrongLength(7),
  'of-nine-octets': wrongLength(9),

  'ack-of-nine-octets': {
    requirement: 'rfc9113/6.7/7',
    title: 'An acknowledgement of PING of 9 octets is a connection error FRAME_SIZE_ERROR.',
    async run(trial) {
      const peer = await trial.open();
      const ack = frame(FRAME_TYPE.PING, FLAG.ACK, 0, new Uint8Array(9));
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', ack);
    },
  },
});
