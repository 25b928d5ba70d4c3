/** Two directions with an end each, under flow control (section 8.1). */
import { data, headers, plainBlock } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import { describeAnswer, describeEnd } from '../../../trial.ts';
import { carries, opened } from './connect.ts';

const text = (chunk: Uint8Array | null): string => (chunk === null ? 'null' : Buffer.from(chunk).toString('latin1'));

const reads: Handler = async x => {
  const out = x.start(200);
  while ((await x.body.read()) !== null);
  await out.end();
};

/** Fields on an open tunnel are an error of the stream, or of the connection. */
async function fieldsInTunnel(trial: GatewayTrial, endStream: boolean): Promise<void> {
  const peer = await trial.open();
  const { stream } = await opened(trial, peer, 'a');
  trial.expected = 'RST_STREAM on the stream of the tunnel, or a connection error';
  await peer.fence(headers(stream, plainBlock(['x-trailer', 'yes']), { endStream }));
  const record = peer.stream(stream);
  await peer.until(() => record.over || peer.over, 'a reaction to HEADERS in the tunnel');
  if (peer.over) trial.seen = describeEnd(peer);
  else if (record.gotEnd) trial.fail('HEADERS are taken for the end of the tunnel');
  else trial.seen = describeAnswer(record, peer);
  await trial.settled(trial.exchange('a'));
}

export default suite('tunnels', {
  'end-is-one-direction': {
    requirement: 'MSGI-TUN-9',
    title: 'The end that the application gives is that of one direction of the tunnel: the other flows on.',
    claims: ['tunnel'],
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write('last');
      await out.end();
      kit.report('read', text(await x.body.read()));
      await kit.gate();
      kit.report('more', text(await x.body.read()));
      kit.report('end', text(await x.body.read()));
    },
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opened(trial, peer, 'a');
      const record = peer.stream(tunnel.stream);
      await peer.until(() => record.over || peer.over, 'the end of the direction of the server');
      if (!record.gotEnd) trial.fail(`the direction of the server ends with ${describeAnswer(record, peer)}`);
      peer.send(data(tunnel.stream, 'one'));
      await trial.reported(tunnel, 'read', 'one');
      trial.release(tunnel);
      peer.send(data(tunnel.stream, 'two'));
      await trial.reported(tunnel, 'more', 'two');
      peer.send(data(tunnel.stream, '', { endStream: true }));
      await trial.reported(tunnel, 'end', 'null');
      if (record.resets.length > 0) trial.fail('the server resets a tunnel that both sides have ended');
      trial.seen = 'the application reads on behind its end';
    },
  },

  'the-peer-ends-one-direction': {
    requirement: 'MSGI-TUN-10',
    title: 'When the peer ends its direction read gives null, and what is written still goes out.',
    claims: ['tunnel'],
    app: async (x, kit) => {
      const out = x.start(200);
      kit.report('read', text(await x.body.read()));
      kit.report('end', text(await x.body.read()));
      await kit.gate();
      kit.report('state', x.state);
      await out.write('still');
      await kit.gate('end');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opened(trial, peer, 'a');
      peer.send(data(tunnel.stream, 'last', { endStream: true }));
      await trial.reported(tunnel, 'read', 'last');
      await trial.reported(tunnel, 'end', 'null');
      trial.release(tunnel);
      await trial.reported(tunnel, 'state', 'open');
      await carries(trial, tunnel, 'still');
      trial.release(tunnel, 'end');
      await trial.answered(tunnel, 200, 5);
    },
  },

  'no-trailers': {
    requirement: 'MSGI-TUN-11',
    title: 'Trailers given to end throw a TypeError on an open tunnel; an empty list is none.',
    claims: ['tunnel'],
    app: async (x, kit) => {
      const out = x.start(200);
      try {
        await out.end(['x-trailer', 'yes']);
        kit.report('end', 'nothing');
      } catch (error) {
        kit.report('end', reportedError(error).name);
      }
      kit.report('state', x.state);
      await out.end([]);
    },
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opened(trial, peer, 'a');
      await trial.reported(tunnel, 'end', 'TypeError');
      await trial.reported(tunnel, 'state', 'open');
      const { trailers } = await trial.answered(tunnel, 200, 0);
      if (trailers !== null) trial.fail('the tunnel ends with trailers');
    },
  },

  'credit-binds-a-tunnel': {
    requirement: 'MSGI-TUN-12',
    title: 'Flow control holds in a tunnel: there is no credit without credit() in manual mode.',
    claims: ['tunnel', 'exact-credit'],
    app: async (x, kit) => {
      x.body.manual();
      const out = x.start(200);
      let octets = 0;
      while (octets < 1000) octets += (await x.body.read())?.length ?? 1000;
      kit.report('read', octets);
      await kit.gate();
      x.body.credit(1000);
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      const tunnel = await opened(trial, peer, 'a');
      const record = peer.stream(tunnel.stream);
      if (record.sendWindow < 1000)
        trial.notApplicable(`the server gives a stream ${record.sendWindow} octets at the start`);
      peer.send(data(tunnel.stream, new Uint8Array(1000)));
      const left = record.sendWindow;
      await trial.reported(tunnel, 'read', 1000);
      await trial.quietApp(peer);
      if (record.sendWindow !== left)
        trial.fail(`credit for ${record.sendWindow - left} octets of the tunnel, where the application has given none`);
      trial.release(tunnel);
      await peer.until(
        () => record.over || peer.over || record.sendWindow >= left + 1000,
        'the credit of the application',
      );
      await trial.answered(tunnel, 200, 0);
    },
  },

  'content-waits-for-the-window': {
    requirement: 'MSGI-TUN-12',
    title: 'Flow control holds in a tunnel: what is written into it waits for its window.',
    claims: ['tunnel'],
    app: async x => {
      const out = x.start(200);
      await out.write('within the window');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const tunnel = await opened(trial, peer, 'a');
      await trial.quietApp(peer);
      const { octets } = peer.stream(tunnel.stream);
      if (octets > 0) trial.fail(`${octets} octets come through a tunnel that has no window`);
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      await trial.answered(tunnel, 200, 17);
    },
  },

  'headers-end-no-tunnel': {
    requirement: 'rfc9113/8.5/3',
    title: 'HEADERS with END_STREAM on an open tunnel are an error, and not its end.',
    claims: ['tunnel'],
    app: reads,
    run: trial => fieldsInTunnel(trial, true),
  },

  'headers-in-a-tunnel': {
    requirement: 'rfc9113/8.5/3',
    title: 'HEADERS without END_STREAM on an open tunnel are an error.',
    claims: ['tunnel'],
    app: reads,
    run: trial => fieldsInTunnel(trial, false),
  },
});
