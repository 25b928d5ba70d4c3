/** Content, informational responses and trailers of HTTP/1.x (chapters 2 and 6). */
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone, type PlainOptions } from '../../../gateway/plain.ts';
import { describeResponse } from '../../../peer/http1-response.ts';
import { asked, request } from '../messages/http1.ts';

export default suite('streaming', {
  'empty-chunks-over-http1': {
    requirement: 'MSGI-DATA-3',
    title: 'A chunk of no octets does not end the content of HTTP/1.1.',
    claims: ['http1'],
    app: async x => {
      const out = x.start(200);
      await out.write('a');
      await out.write('');
      await out.write(new Uint8Array(0));
      await out.write('b');
      await out.end();
    },
    async run(trial) {
      await trial.open();
      const response = await answerOf(await askAlone(trial, 'a'));
      trial.expected = 'the content "ab", and its end';
      trial.seen = `content ${JSON.stringify(response.content)}: ${describeResponse(response)}`;
      if (response.content !== 'ab' || !response.whole) trial.fail(trial.seen);
    },
  },

  'inform-over-http10': {
    requirement: 'MSGI-INFO-2',
    title: 'The server gives false at inform on HTTP/1.0, and sends nothing.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('inform', x.inform(103, ['x-a', '1']));
      x.respond(200, [], 'own');
    },
    async run(trial) {
      await trial.open();
      const a = trial.exchange('a');
      const { text } = await asked(trial, request(`GET ${a.path} HTTP/1.0`, `Host: ${trial.subject.authority}`));
      await trial.reported(a, 'inform', false);
      if (!/^HTTP\/1\.[01] 200 /.test(text)) trial.fail(`the answer begins with ${JSON.stringify(text.slice(0, 20))}`);
    },
  },

  'trailers-that-cannot-be-sent': {
    requirement: 'MSGI-TRAIL-2',
    title: 'Trailers are dropped on HTTP/1.0, without TE, and with a content-length; the response ends as without.',
    claims: ['http1'],
    app: async (x, { name }) => {
      const out = x.start(200, name === 'length' ? ['content-length', '3'] : []);
      await out.write('own');
      await out.end(['x-sum', '1']);
    },
    async run(trial) {
      await trial.open();
      const fields = ['te', 'trailers', 'connection', 'te'];
      const requests: Readonly<Record<string, PlainOptions>> = {
        old: { version: '1.0', fields },
        'without-te': {},
        length: { fields },
        sent: { fields },
      };
      for (const [name, options] of Object.entries(requests)) {
        const { content, whole, trailers } = await answerOf(await askAlone(trial, name, options));
        const wanted = name === 'sent' ? 'x-sum: 1' : 'none';
        const seen = trailers.join(': ') || 'none';
        trial.expected = `content of ${name} is "own", whole, and trailers ${wanted}`;
        trial.seen = `content of ${name} is ${JSON.stringify(content)}${whole ? '' : ', cut short'}, trailers ${seen}`;
        if (content !== 'own' || !whole || seen !== wanted) trial.fail(trial.seen);
      }
    },
  },
});
