/** Cases on extended CONNECT (RFC 8441), at servers that enable it. */
import { data, headers, plainBlock } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { malformed, served } from '../../expect.ts';
import { Listener } from '../../peer/listener.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';
import { connect, isRefused, PROTOCOL_ERROR } from '../connect/refused.ts';

const enables = (peer: Peer): boolean => peer.ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL') === 1;

/** A connection to a server that takes extended CONNECT. */
async function enabled(trial: Trial): Promise<Peer> {
  const peer = await trial.open();
  if (!enables(peer)) trial.notApplicable('the server has not sent ENABLE_CONNECT_PROTOCOL=1');
  return peer;
}

/** Behind ":method": an opening handshake of WebSocket that wants nothing (RFC 8441 §5). */
function webSocket(trial: Trial, changes: Readonly<Record<string, string | null>> = {}): readonly string[] {
  const { endpoint, authority, small } = trial.subject;
  const fields: Readonly<Record<string, string | null>> = {
    ':protocol': 'websocket',
    ':scheme': endpoint.scheme,
    ':authority': authority,
    ':path': small.path,
    ...changes,
    'sec-websocket-version': '13',
    origin: `${endpoint.scheme}://${authority}`,
  };
  return Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [name, value]));
}

/** It is answered: any final status will do, since no server has to offer WebSockets there. */
async function answers(trial: Trial, peer: Peer): Promise<StreamRecord> {
  trial.expected = 'a final status';
  const record = await connect(trial, peer, webSocket(trial));
  trial.seen = describeAnswer(record, peer);
  if (peer.over) trial.fail(`extended CONNECT ends the connection: ${describeEnd(peer)}`);
  if (record.status === 0 && record.resets.includes(PROTOCOL_ERROR))
    trial.fail('a sound extended CONNECT is taken for malformed: RST_STREAM PROTOCOL_ERROR');
  if (record.status === 0) trial.weak(`${trial.seen} instead of a final status`);
  return record;
}

/** A tunnel is opened for the sound request: so what is refused next is refused for what is wrong with it. */
async function opening(trial: Trial): Promise<Peer> {
  const peer = await enabled(trial);
  const { status } = await answers(trial, peer);
  if (status < 200 || status > 299)
    trial.notApplicable(`no WebSocket is offered at the small resource: status ${status}`);
  return peer;
}

function refuses(
  requirement: CaseBody['requirement'],
  what: string,
  fields: (trial: Trial) => readonly string[],
): CaseBody {
  return {
    requirement,
    title: `Extended CONNECT ${what} is refused.`,
    async run(trial) {
      await isRefused(trial, await opening(trial), fields(trial));
    },
  };
}

export default chapter('extended-connect', {
  'is-answered': {
    requirement: 'rfc8441/3/2',
    also: ['rfc8441/4/1', 'rfc8441/5/3'],
    title: 'A server that has sent ENABLE_CONNECT_PROTOCOL=1 answers extended CONNECT.',
    async run(trial) {
      const peer = await enabled(trial);
      await answers(trial, peer);
      const { seen } = trial;
      await served(trial, peer);
      trial.seen = seen;
    },
  },

  'setting-of-the-client': {
    requirement: 'rfc8441/3/i2',
    title: 'ENABLE_CONNECT_PROTOCOL from a client changes nothing.',
    async run(trial) {
      await trial.open();
      for (const value of [1, 0]) {
        const peer = await trial.dial();
        trial.expected = `ENABLE_CONNECT_PROTOCOL=${value} of the client is acknowledged`;
        peer.preface([['ENABLE_CONNECT_PROTOCOL', value]]);
        await peer.until(() => peer.over || peer.settingsAcks > 0, 'the acknowledgement of SETTINGS');
        if (peer.over) trial.fail(`ENABLE_CONNECT_PROTOCOL=${value} ends the connection: ${describeEnd(peer)}`);
        if (enables(peer)) await answers(trial, peer);
        await served(trial, peer);
      }
    },
  },

  'without-scheme': refuses('rfc8441/4/2', 'without :scheme', trial => webSocket(trial, { ':scheme': null })),
  'without-path': refuses('rfc8441/4/2', 'without :path', trial => webSocket(trial, { ':path': null })),
  'without-scheme-and-path': refuses('rfc8441/4/2', 'without :scheme and :path', trial =>
    webSocket(trial, { ':scheme': null, ':path': null }),
  ),

  'opens-no-tunnel-to-the-authority': {
    requirement: 'rfc8441/4/3',
    title: 'Extended CONNECT opens no tunnel to its :authority.',
    limited: true,
    async run(trial) {
      const peer = await enabled(trial);
      const listener = await Listener.open();
      try {
        const record = await connect(trial, peer, webSocket(trial, { ':authority': listener.authority }));
        trial.expected = `nothing of the tunnel arrives at ${listener.authority}`;
        if (record.status >= 200 && record.status < 300 && !record.over) await marked(trial, peer, record, listener);
        trial.seen = `${describeAnswer(record, peer)}; nothing of the tunnel arrives at its authority`;
      } finally {
        listener.close();
      }
    },
  },

  'protocol-without-connect': {
    requirement: 'rfc8441/4/i1',
    title: 'A GET with :protocol is malformed.',
    async run(trial) {
      const peer = await enabled(trial);
      const stream = peer.nextStream();
      const fields = [':method', 'GET', ...webSocket(trial), ...trial.subject.fields];
      await malformed(trial, peer, stream, headers(stream, plainBlock(fields), { endStream: true }));
    },
  },

  'protocol-twice': refuses('rfc8441/4/i1', 'with :protocol twice', trial => [
    ':protocol',
    'websocket',
    ...webSocket(trial),
  ]),

  'two-protocols': refuses('rfc8441/4/i1', 'with two different :protocol', trial => [
    ':protocol',
    'msgi-kit-other',
    ...webSocket(trial),
  ]),

  'empty-protocol': {
    requirement: 'rfc8441/4/i1',
    title: 'Extended CONNECT with an empty :protocol is refused.',
    async run(trial) {
      const peer = await opening(trial);
      const record = await connect(trial, peer, webSocket(trial, { ':protocol': '' }));
      trial.seen = describeAnswer(record, peer);
      if (record.status >= 200 && record.status < 300) trial.weak(`an empty :protocol opens a tunnel: ${trial.seen}`);
    },
  },

  'with-connection': refuses('rfc8441/5/4', 'with the field connection', trial => [
    ...webSocket(trial),
    'connection',
    'upgrade',
  ]),

  'with-upgrade': refuses('rfc8441/5/4', 'with the field upgrade', trial => [
    ...webSocket(trial),
    'upgrade',
    'websocket',
  ]),
});

/** An unmasked WebSocket frame would end it at once; this one has a mask of zeros, so that its text is to be read. */
const MARKER = 'msgi-kit-marker';
const MARKED = Uint8Array.from([0x81, 0x80 | MARKER.length, 0, 0, 0, 0, ...Buffer.from(MARKER)]);

/** Says something in the tunnel, and sees where it goes: to an end of the server's own, which may answer, or on. */
async function marked(trial: Trial, peer: Peer, record: StreamRecord, listener: Listener): Promise<void> {
  peer.send(data(record.id, MARKED));
  await peer.fence();
  const settled = (): boolean => record.octets > 0 || record.over || peer.over || listener.first.length > 0;
  await trial.idle(Promise.race([peer.within(peer.limit, settled, 'an answer through the tunnel'), listener.reached]));
  if (listener.first.includes(MARKER))
    trial.fail(`the octets of the tunnel arrive at ${listener.authority}, which :authority names`);
}
