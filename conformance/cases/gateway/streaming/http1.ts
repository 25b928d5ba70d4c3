/** Content, informational responses and trailers of HTTP/1.x (chapters 2 and 6). */
import { suite } from '../../../gateway/case.ts';
import { asked, request } from '../messages/http1.ts';

export default suite('streaming', {
  'empty-chunks-over-http1': {
    requirement: 'MSGI-DATA-3',
    title: 'A chunk of no octets does not end the chunked coding of HTTP/1.1.',
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
      const { path } = trial.exchange('a');
      const { text } = await asked(trial, request(`GET ${path} HTTP/1.1`, `Host: ${trial.subject.authority}`));
      const content = text.slice(text.indexOf('\r\n\r\n') + 4);
      trial.expected = 'the chunks "a" and "b", in one or two, and the last chunk behind them';
      trial.seen = `content ${JSON.stringify(content)}`;
      if (!/^(1\r\na\r\n1\r\nb|2\r\nab)\r\n0\r\n\r\n$/.test(content)) trial.fail(trial.seen);
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
      const requests = {
        old: ['HTTP/1.0', 'TE: trailers'],
        'without-te': ['HTTP/1.1', 'X-A: 1'],
        length: ['HTTP/1.1', 'TE: trailers'],
        sent: ['HTTP/1.1', 'TE: trailers'],
      } as const;
      const wanted: Readonly<Record<keyof typeof requests, RegExp>> = {
        old: /^own$/,
        'without-te': /^3\r\nown\r\n0\r\n\r\n$/,
        length: /^own$/,
        sent: /^3\r\nown\r\n0\r\nx-sum: *1\r\n\r\n$/i,
      };
      for (const name of Object.keys(requests) as (keyof typeof requests)[]) {
        const [version, line] = requests[name];
        const { path } = trial.exchange(name);
        const { text } = await asked(
          trial,
          request(`GET ${path} ${version}`, `Host: ${trial.subject.authority}`, line),
        );
        const content = text.slice(text.indexOf('\r\n\r\n') + 4);
        trial.expected = `content of ${name} like ${wanted[name].source}`;
        trial.seen = `content of ${name} is ${JSON.stringify(content)}`;
        if (!wanted[name].test(content)) trial.fail(trial.seen);
      }
    },
  },
});
