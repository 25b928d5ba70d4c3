/** Which CONNECT requests reach the application, and in what shape (chapter 8). */
import { headers, plainBlock } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { malformed } from '../../../expect.ts';
import { suite } from '../../../gateway/case.ts';
import { describeAnswer } from '../../../trial.ts';
import { connect } from './connect.ts';

/** Tells what was asked for, and refuses the tunnel. */
const tells: Handler = (x, kit) => {
  const { method, protocol, scheme, authority, target, base } = x.request;
  kit.report('request', { method, protocol, scheme, authority, path: base + target });
  kit.report('tunnel', x.caps.tunnel);
  x.respond(403);
};

export default suite('tunnels', {
  'the-setting-is-sent': {
    requirement: 'MSGI-TUN-2',
    title: 'A listener with a protocol sends ENABLE_CONNECT_PROTOCOL=1.',
    claims: ['tunnel'],
    app: tells,
    async run(trial) {
      const peer = await trial.open();
      trial.expected = 'ENABLE_CONNECT_PROTOCOL=1';
      await trial.quietApp(peer);
      const value = peer.ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL');
      if (value !== 1) trial.fail(`ENABLE_CONNECT_PROTOCOL is ${value}`);
      trial.seen = trial.expected;
    },
  },

  'extended-connect-is-invoked': {
    requirement: 'MSGI-TUN-1',
    also: ['rfc8441/5/2'],
    title:
      'Extended CONNECT for a listed protocol reaches the application, with protocol, scheme, authority and target.',
    claims: ['tunnel'],
    app: tells,
    async run(trial) {
      const peer = await trial.open();
      const asked = connect(trial, peer, 'a');
      const { endpoint, authority } = trial.subject;
      const head = { method: 'CONNECT', protocol: 'websocket', scheme: endpoint.scheme, authority, path: asked.path };
      await trial.reported(asked, 'request', head);
      await trial.reported(asked, 'tunnel', true);
      await trial.answered(asked, 403, 0);
    },
  },

  'plain-connect-is-invoked': {
    requirement: 'MSGI-TUN-1',
    title: 'Plain CONNECT reaches the application where it is listed: protocol, scheme and target are "".',
    claims: ['connect'],
    app: tells,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'CONNECT', endStream: false });
      const head = { method: 'CONNECT', protocol: '', scheme: '', authority: trial.authority(asked), path: '' };
      await trial.reported(asked, 'request', head);
      await trial.reported(asked, 'tunnel', true);
      await trial.answered(asked, 403, 0);
    },
  },

  'unlisted-protocols': {
    requirement: 'MSGI-TUN-3',
    also: ['MSGI-TUN-1'],
    title: 'CONNECT for a protocol that is not listed is answered with 501, and no application is invoked.',
    claims: ['tunnel'],
    app: tells,
    async run(trial) {
      const peer = await trial.open();
      const asked = connect(trial, peer, 'a', { protocol: 'msgi-kit-unlisted' });
      trial.expected = '501, and the application is not invoked';
      const record = await peer.answer(asked.stream);
      await trial.notInvoked(peer, asked);
      if (record.status !== 501) trial.fail(`a protocol that is not listed is answered with status ${record.status}`);
      trial.seen = 'status 501, and the application is not invoked';
    },
  },

  'no-protocol-is-listed': {
    requirement: 'MSGI-TUN-3',
    also: ['MSGI-TUN-1', 'MSGI-TUN-2', 'rfc8441/3/i1'],
    title:
      'A listener without protocols sends no ENABLE_CONNECT_PROTOCOL=1, takes :protocol for malformed, CONNECT for 501.',
    claims: ['tunnel'],
    alone: { no_tunnels: 1 },
    app: tells,
    async run(trial) {
      const peer = await trial.open();
      const plain = trial.ask(peer, 'plain', { method: 'CONNECT', endStream: false });
      const record = peer.stream(plain.stream);
      await peer.until(() => record.status > 0 || record.over || peer.over, 'the answer to CONNECT');
      if (record.status !== 501)
        trial.fail(`CONNECT that no protocol is listed for is answered with ${describeAnswer(record, peer)}`);
      await trial.notInvoked(peer, plain);
      if (peer.ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL') === 1)
        trial.fail('ENABLE_CONNECT_PROTOCOL=1 is sent, although no protocol is listed');
      const { path, ...extended } = trial.exchange('extended');
      const stream = peer.nextStream();
      const fields = peer.fieldsOf({ method: 'CONNECT', protocol: 'websocket', path });
      await malformed(trial, peer, stream, headers(stream, plainBlock(fields)));
      const later = peer.over ? await trial.open() : peer;
      await trial.notInvoked(later, extended);
      trial.seen = '501 to CONNECT, malformed with :protocol, and the application is not invoked';
    },
  },
});
