/** How an application opens a tunnel, or refuses it (section 8.1). */
import { data } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { fieldValue } from '../../../peer/stream.ts';
import { carries, connect, opened } from './connect.ts';

/** Opens with the status that its name ends with, and echoes. */
const opens: Handler = async (x, kit) => {
  const out = x.start(Number(kit.name.slice(-3)), ['x-tunnel', 'yes', 'content-length', '0']);
  for await (const chunk of x.body) await out.write(chunk);
  await out.end();
};

export default suite('tunnels', {
  'every-success-opens': {
    requirement: 'MSGI-TUN-5',
    title: 'Any 2xx given to start opens the tunnel, 204 and 205 too: octets pass both ways as they are.',
    claims: ['tunnel'],
    app: opens,
    async run(trial) {
      const peer = await trial.open();
      for (const status of [200, 201, 204, 205, 299]) {
        const tunnel = await opened(trial, peer, `a-${status}`, { status });
        peer.send(data(tunnel.stream, 'GET / \r\n\0\xff'));
        await carries(trial, tunnel, 'GET / \r\n\0\xff');
        peer.send(data(tunnel.stream, '!', { endStream: true }));
        await carries(trial, tunnel, 'GET / \r\n\0\xff!');
        await peer.answer(tunnel.stream);
      }
    },
  },

  'a-success-has-no-length': {
    requirement: 'rfc9113/8.5/i6',
    also: ['rfc9113/8.5/2'],
    title:
      'The 2xx to CONNECT has no content-length, and nothing but DATA and stream management follows on its stream.',
    claims: ['tunnel'],
    passive: true,
    app: opens,
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opened(trial, peer, 'a-200');
      peer.send(data(tunnel.stream, 'ping'));
      await carries(trial, tunnel, 'ping');
      peer.send(data(tunnel.stream, '', { endStream: true }));
      await peer.answer(tunnel.stream);
      trial.seen = 'no length in the head, and DATA alone behind it';
    },
  },

  'respond-is-not-for-success': {
    requirement: 'MSGI-TUN-6',
    title: 'A respond with 2xx on a CONNECT exchange throws a TypeError and sends nothing.',
    claims: ['tunnel'],
    app: async (x, kit) => {
      for (const status of [200, 204, 299]) {
        try {
          x.respond(status, [], 'hello');
          kit.report('respond', 'nothing');
        } catch (error) {
          kit.report('respond', reportedError(error).name);
        }
      }
      kit.report('state', x.state);
      if (x.state === 'idle') x.respond(403);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = connect(trial, peer, 'a');
      for (const nth of [1, 2, 3]) {
        const seen = await trial.app.report(asked, 'respond', nth);
        if (seen !== 'TypeError') trial.fail(`respond with a 2xx to CONNECT throws ${seen}`);
      }
      await trial.reported(asked, 'state', 'idle');
      await trial.answered(asked, 403, 0);
    },
  },

  'a-refusal-is-a-response': {
    requirement: 'MSGI-TUN-7',
    title: 'Any other final status refuses the tunnel with an ordinary response: fields, content, end.',
    claims: ['tunnel'],
    app: {
      respond: x => x.respond(403, ['x-why', 'no'], 'refused'),
      start: async x => {
        const out = x.start(502, ['x-why', 'no']);
        await out.write('refused');
        await out.end();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, status] of [
        ['respond', 403],
        ['start', 502],
      ] as const) {
        const { fields } = await trial.answered(connect(trial, peer, name), status, 7);
        if (fieldValue(fields, 'x-why') !== 'no') trial.fail(`the refusal by ${name} lacks the field x-why`);
      }
    },
  },
});
