/** The drain of an HTTP/1.1 connection (section 10.2). */
import { suite } from '../../../gateway/case.ts';
import { answerOf, askPlain, type PlainAsked } from '../../../gateway/plain.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import { valuesOf } from '../../../peer/http1-response.ts';

export default suite('drain', {
  'connection-close-on-http1': {
    requirement: 'MSGI-SPAN-15',
    title: 'The response of a draining HTTP/1.1 connection has Connection: close, and the connection closes behind it.',
    claims: ['http1'],
    app: x => {
      x.connection.drain();
      x.respond(200, [], 'content');
    },
    async run(trial) {
      await trial.open();
      await closes(trial, askPlain(trial, await trial.http1(), 'a'));
    },
  },

  'connection-close-with-the-next-one': {
    requirement: 'MSGI-SPAN-15',
    title:
      'Where the head of a response is out when the drain begins, the next one on the connection has Connection: close.',
    claims: ['http1'],
    app: {
      begun: async (x, kit) => {
        const out = x.start(200);
        await out.write('begun');
        await kit.gate();
        x.connection.drain();
        await out.end();
      },
      next: x => x.respond(200, [], 'content'),
    },
    async run(trial) {
      await trial.open();
      const plain = await trial.http1();
      const begun = askPlain(trial, plain, 'begun');
      const next = askPlain(trial, plain, 'next');
      await plain.read(/begun/, 'the response that has begun');
      trial.release(begun);
      const { content, whole } = await answerOf(begun);
      if (content !== 'begun' || !whole) trial.fail(`the response that had begun: ${JSON.stringify(content)}`);
      await closes(trial, next);
    },
  },
});

async function closes(trial: GatewayTrial, asked: PlainAsked): Promise<void> {
  trial.expected = `${asked.name} has Connection: close, and the connection closes`;
  const { status, content, fields } = await answerOf(asked);
  if (status !== 200 || content !== 'content') trial.fail(`${asked.name}: status ${status} ${JSON.stringify(content)}`);
  const connection = valuesOf(fields, 'connection').join().toLowerCase();
  if (connection !== 'close')
    trial.fail(`${asked.name} has ${connection === '' ? 'no connection field' : `Connection: ${connection}`}`);
  trial.seen = `Connection: close, then ${await asked.plain.ended()}`;
}
