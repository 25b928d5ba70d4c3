/** What the members mean over HTTP/1.1 and HTTP/1.0 (section 9.3). */
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone, askPlain } from '../../../gateway/plain.ts';
import { fieldNames } from '../../../gateway/reported.ts';

export default suite('degrade', {
  'version-is-that-of-the-message': {
    requirement: 'MSGI-VER-1',
    title: 'The version of a request is 2, 1.1 or 1.0, as the request came.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('version', x.request.version);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'two'), 'version', '2');
      await trial.reported(await askAlone(trial, 'new'), 'version', '1.1');
      await trial.reported(await askAlone(trial, 'old', { version: '1.0' }), 'version', '1.0');
    },
  },

  'fields-are-those-of-the-message-alone': {
    requirement: 'MSGI-VER-1',
    title: 'Over HTTP/1 the fields have no host, nothing of the connection and nothing that it names.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('names', fieldNames(x.request.fields));
      kit.report('authority', x.request.authority);
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const fields = ['connection', 'keep-alive, x-hop', 'keep-alive', 'timeout=5', 'x-hop', '1', 'x-end', '2'];
      for (const version of ['1.1', '1.0'] as const) {
        const asked = await askAlone(trial, version === '1.0' ? 'old' : 'new', { version, fields });
        const names = (await trial.report(asked, 'names')) as readonly string[];
        const wrong = ['host', 'connection', 'keep-alive', 'x-hop'].filter(name => names.includes(name));
        if (wrong.length > 0) trial.fail(`fields over HTTP/${version} have ${wrong.join(', ')}`);
        if (!names.includes('x-end')) trial.fail(`fields over HTTP/${version} have lost x-end`);
        await trial.reported(asked, 'authority', trial.subject.authority);
      }
    },
  },

  'informs-by-version': {
    requirement: 'MSGI-VER-1',
    title: 'An informational response is sent over HTTP/1.1; over HTTP/1.0 inform gives false and sends nothing.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('caps', x.caps.inform);
      kit.report('sent', x.inform(102));
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      for (const version of ['1.1', '1.0'] as const) {
        const asked = await askAlone(trial, version === '1.0' ? 'old' : 'new', { version });
        await trial.reported(asked, 'caps', version === '1.1');
        await trial.reported(asked, 'sent', version === '1.1');
        const { interim } = await answerOf(asked);
        const wanted = version === '1.1' ? '102' : '';
        if (interim.join() !== wanted)
          trial.fail(`informational responses over HTTP/${version}: ${interim.join() || 'none'}`);
      }
    },
  },

  'no-early-hints-on-http1': {
    requirement: 'MSGI-VER-7',
    title: 'A listener that does not allow it sends no 103 over HTTP/1.1, and inform gives false.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('sent', x.inform(103, ['link', '</style.css>; rel=preload']));
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const asked = await askAlone(trial, 'a');
      const { interim, status } = await answerOf(asked);
      if (interim.includes(103)) trial.fail('103 is sent over HTTP/1.1');
      if (status !== 200) trial.fail(`status ${status}`);
      await trial.reported(asked, 'sent', false);
    },
  },

  'ids-count-on-http1': {
    requirement: 'MSGI-VER-2',
    title: 'The exchanges of an HTTP/1 connection have the ids 1, 3 and 5.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('id', x.id);
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const plain = await trial.http1();
      for (const [name, id] of Object.entries({ a: 1, b: 3, c: 5 })) {
        const asked = askPlain(trial, plain, name);
        await trial.reported(asked, 'id', id);
        await answerOf(asked);
      }
      await trial.reported(await askAlone(trial, 'old', { version: '1.0' }), 'id', 1);
    },
  },

  'trailers-where-they-are-wanted': {
    requirement: 'MSGI-VER-8',
    title: 'Over HTTP/1.1 caps.trailers is true, and trailers are sent, exactly where the request has TE: trailers.',
    claims: ['http1'],
    app: async (x, kit) => {
      kit.report('trailers', x.caps.trailers);
      const out = x.start(200);
      await out.write('content');
      await out.end(['x-kit', 'trailer']);
    },
    async run(trial) {
      await trial.open();
      const fields = ['te', 'trailers', 'connection', 'te'];
      const wanted = await askAlone(trial, 'wanted', { fields });
      await trial.reported(wanted, 'trailers', true);
      const sent = await answerOf(wanted);
      if (sent.trailers.join() !== 'x-kit,trailer')
        trial.fail(`trailers to TE: trailers: ${sent.trailers.join() || 'none'}`);
      for (const [name, options] of [['unwanted', {}] as const, ['old', { version: '1.0', fields }] as const]) {
        const asked = await askAlone(trial, name, options);
        await trial.reported(asked, 'trailers', false);
        const { trailers, content } = await answerOf(asked);
        if (trailers.length > 0 || content !== 'content')
          trial.fail(`${name}: content ${JSON.stringify(content)}, trailers ${trailers.join() || 'none'}`);
      }
    },
  },

  'the-end-of-a-direction-cancels-nothing': {
    requirement: 'MSGI-VER-6',
    title: 'A client of HTTP/1.1 that has ended its direction behind a whole request gets its response.',
    claims: ['http1'],
    app: async (x, kit) => {
      kit.follow(x);
      await kit.gate();
      x.respond(200, [], 'content');
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = await askAlone(trial, 'a');
      await trial.waits(asked);
      asked.plain.finish();
      await trial.quietApp(peer);
      trial.release(asked);
      const { status, content } = await answerOf(asked);
      if (status !== 200 || content !== 'content') trial.fail(`status ${status}, content ${JSON.stringify(content)}`);
      await trial.settled(asked);
      if (trial.app.reports(asked, 'aborted').length > 0) trial.fail('the exchange is cancelled');
      trial.seen = 'the whole response, behind the end of the client’s direction';
    },
  },

  'a-lost-connection-cancels': {
    requirement: 'MSGI-VER-1',
    title: 'An exchange over HTTP/1.1 is cancelled when its connection is lost.',
    claims: ['http1'],
    app: async (x, kit) => {
      kit.follow(x);
      await kit.gate();
    },
    async run(trial) {
      await trial.open();
      const asked = await askAlone(trial, 'a');
      await trial.waits(asked);
      asked.plain.reset();
      const error = (await trial.report(asked, 'aborted')) as { readonly by?: string };
      if (error.by !== 'transport') trial.fail(`the exchange is cancelled by ${error.by}`);
      trial.seen = 'the exchange is cancelled by the transport';
    },
  },
});
