/** Cases on CONNECT at a server that need not be a proxy, and on the tunnels of one that is (RFC 9113 §8.5). */
import { type CaseBody, chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import { describeAnswer, describeEnd } from '../../trial.ts';
import { connect, PROTOCOL_ERROR, refuses } from './refused.ts';
import { tunnels } from './tunnels.ts';

const tunnel = (authority: string): CaseBody =>
  refuses('rfc9113/8.5/i3', `to "${authority}", which has no port to connect to,`, ':authority', authority);

const withTarget = (...fields: readonly string[]): CaseBody =>
  refuses(
    'rfc9113/8.5/1',
    `with ${fields.filter((_, i) => i % 2 === 0).join(' and ')}`,
    ...fields,
    ':authority',
    'localhost:1',
  );

export default chapter('connect', {
  'without-authority': refuses('rfc9113/8.5/i1', 'without :authority'),
  'with-host-for-authority': refuses('rfc9113/8.5/i1', 'with Host in place of :authority', 'host', 'localhost:1'),
  'without-port': tunnel('localhost'),
  'with-empty-port': tunnel('localhost:'),
  'with-port-in-hex': tunnel('localhost:0x50'),
  'with-port-out-of-range': tunnel('localhost:99999'),
  'with-userinfo': refuses('rfc9113/8.5/i3', 'with userinfo in :authority', ':authority', 'user@localhost:1'),
  'with-path-in-authority': refuses('rfc9113/8.5/i3', 'with a path in :authority', ':authority', 'localhost:1/x'),

  'with-path': withTarget(':path', '/'),
  'with-scheme': withTarget(':scheme', 'http'),
  'with-scheme-and-path': withTarget(':scheme', 'http', ':path', '/'),

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

  ...tunnels,
});
