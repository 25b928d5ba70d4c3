/** Cases on CONNECT at a server that need not be a proxy (RFC 9113 §8.5). */
import { data, headers, plainBlock } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import { Failed } from '../../outcome.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';

const PROTOCOL_ERROR = 1;

/** HEADERS of a CONNECT with these fields, the stream left open as a tunnel would be; gives what it drew. */
async function connect(trial: Trial, peer: Peer, fields: readonly string[]): Promise<StreamRecord> {
  const block = plainBlock([':method', 'CONNECT', ...fields, ...trial.subject.fields]);
  const frame = headers(peer.nextStream(), block);
  await peer.fence(frame);
  const record = peer.stream(frame.stream);
  const settled = (): boolean => record.status >= 200 || record.over || peer.over;
  if (!settled()) await peer.twins(trial.subject.small.path);
  if (settled() || (await trial.idle(peer.within(peer.limit, settled, 'a reaction')))) return record;
  // A server that has no tunnels may take CONNECT for a request like another, and wait for its end.
  peer.send(data(frame.stream, '', { endStream: true }));
  await peer.twins(trial.subject.small.path);
  if (!(await trial.idle(peer.within(peer.limit, settled, 'a reaction'))))
    throw new Failed(`no reaction to CONNECT within ${peer.limit} ms after its end`, undefined, true);
  trial.weak(`CONNECT is answered only once the client has ended it: ${describeAnswer(record, peer)}`);
  return record;
}

/** No tunnel is opened for a CONNECT like this. */
function refuses(
  requirement: 'rfc9113/8.5/i1' | 'rfc9113/8.5/i3',
  what: string,
  ...fields: readonly string[]
): CaseBody {
  return {
    requirement,
    title: `CONNECT ${what} is refused.`,
    async run(trial) {
      const peer = await trial.open();
      trial.expected = 'no 2xx: RST_STREAM, a final status from 300 up, or connection error PROTOCOL_ERROR';
      const record = await connect(trial, peer, fields);
      trial.seen = describeAnswer(record, peer);
      if (record.status >= 200 && record.status < 300) trial.fail(`the tunnel is opened: status ${record.status}`);
      if (record.status > 0) return;
      const codes = peer.over ? peer.goaways.map(({ code }) => code) : [];
      const refused = record.resets.includes(PROTOCOL_ERROR) || codes.includes('PROTOCOL_ERROR');
      if (!refused) trial.weak(`${trial.seen} instead of PROTOCOL_ERROR`);
    },
  };
}

const tunnel = (authority: string): CaseBody =>
  refuses('rfc9113/8.5/i3', `to "${authority}", which has no port to connect to,`, ':authority', authority);

export default chapter('connect', {
  'without-authority': refuses('rfc9113/8.5/i1', 'without :authority'),
  'with-host-for-authority': refuses('rfc9113/8.5/i1', 'with Host in place of :authority', 'host', 'localhost:1'),
  'without-port': tunnel('localhost'),
  'with-empty-port': tunnel('localhost:'),
  'with-port-in-hex': tunnel('localhost:0x50'),
  'with-port-out-of-range': tunnel('localhost:99999'),
  'with-userinfo': refuses('rfc9113/8.5/i3', 'with userinfo in :authority', ':authority', 'user@localhost:1'),
  'with-path-in-authority': refuses('rfc9113/8.5/i3', 'with a path in :authority', ':authority', 'localhost:1/x'),

  'well-formed': {
    requirement: 'rfc9113/8.5/i2',
    title: 'A CONNECT with :method and :authority alone is well formed: refusing the tunnel harms no other request.',
    async run(trial) {
      const peer = await trial.open();
      const { host, port } = trial.subject.endpoint;
      const record = await connect(trial, peer, [':authority', `${host.includes(':') ? `[${host}]` : host}:${port}`]);
      const seen = describeAnswer(record, peer);
      if (peer.over) trial.fail(`a sound CONNECT ends the connection: ${describeEnd(peer)}`);
      if (record.status === 0 && record.resets.includes(PROTOCOL_ERROR))
        trial.weak(`a sound CONNECT is taken for malformed: ${seen}`);
      await served(trial, peer);
      trial.seen = seen;
    },
  },
});
