/** Promises that are made, and the exchanges that answer them (section 6.1). */
import { suite } from '../../../gateway/case.ts';
import { place, promised } from './promised.ts';

export default suite('push', {
  'a-promise-is-queued': {
    requirement: 'MSGI-PUSH-1',
    title: 'To a client that takes promises push gives true, and PUSH_PROMISE and the response come.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        kit.report('caps', x.caps.push);
        kit.report('push', x.push({ target: kit.path('style') }));
        x.respond(200, [], 'page');
      },
      style: x => x.respond(200, [], 'style'),
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'caps', true);
      await trial.reported(page, 'push', true);
      const style = await promised(trial, page, 'style');
      await trial.answered(page, 200, 4);
      await trial.answered(style, 200, 5);
    },
  },

  'a-promise-of-head': {
    requirement: 'MSGI-PUSH-1',
    title: 'HEAD can be promised: the response has no content.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        kit.report('push', x.push({ target: kit.path('style'), method: 'HEAD' }));
        x.respond(200);
      },
      style: (x, kit) => {
        kit.report('method', x.request.method);
        x.respond(200, [], 'style');
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'push', true);
      const style = await promised(trial, page, 'style');
      await trial.reported(style, 'method', 'HEAD');
      await trial.answered(style, 200, 0);
    },
  },

  'before-what-refers-to-it': {
    requirement: 'MSGI-PUSH-10',
    also: ['rfc9113/8.4.1/4'],
    title: 'A promise goes out before the content that is given after it.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        const out = x.start(200);
        kit.report('push', x.push({ target: kit.path('style') }));
        await out.write('names it');
        await kit.gate();
        await out.end();
      },
      style: async (x, kit) => {
        await kit.gate();
        x.respond(200);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'push', true);
      await promised(trial, page, 'style');
      await peer.until(() => peer.over || place(page, 'DATA', page.stream) >= 0, 'the content of page');
      if (place(page, 'DATA', page.stream) < place(page, 'PUSH_PROMISE', page.stream))
        trial.fail('the content that names the promised resource comes before PUSH_PROMISE');
      trial.release(page);
      await trial.answered(page, 200, 8);
    },
  },

  'before-the-head': {
    requirement: 'MSGI-PUSH-11',
    title: 'A push is taken before the head of the response, and its promise is not held back until then.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        kit.report('push', x.push({ target: kit.path('style') }));
        await kit.gate();
        x.respond(200);
      },
      style: x => x.respond(200, [], 'style'),
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'push', true);
      const style = await promised(trial, page, 'style');
      await trial.answered(style, 200, 5);
      trial.release(page);
      await trial.answered(page, 200, 0);
      if (place(page, 'HEADERS', page.stream) < place(page, 'PUSH_PROMISE', page.stream))
        trial.fail('the head of the response comes before PUSH_PROMISE');
    },
  },

  'invoked-as-promised': {
    requirement: 'MSGI-PUSH-12',
    title:
      'The application is invoked on the promised request, which is whole: pushed is true, base "", the body ended.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        x.push({ target: `${kit.path('style')}?v=1`, fields: ['x-promised', 'yes', 'accept', 'text/css'] });
        kit.report('pushed', x.pushed);
        x.respond(200);
      },
      style: (x, kit) => {
        const { method, scheme, authority, base, protocol, fields } = x.request;
        kit.report('pushed', x.pushed);
        kit.report('request', { method, scheme, authority, base, protocol, fields: [...fields] });
        kit.report('target', x.request.target.slice(-4));
        kit.report('body', [x.body.ended, x.body.buffered, x.body.window]);
        kit.report('id', x.id);
        x.respond(200, [], 'style');
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'pushed', false);
      const style = trial.exchange('style');
      await trial.reported(style, 'pushed', true);
      const { endpoint, authority } = trial.subject;
      const fields = ['x-promised', 'yes', 'accept', 'text/css'];
      const head = { method: 'GET', scheme: endpoint.scheme, authority, base: '', protocol: '', fields };
      await trial.reported(style, 'request', head);
      await trial.reported(style, 'target', '?v=1');
      await trial.reported(style, 'body', [true, 0, 0]);
      const stream = await trial.report(style, 'id');
      await peer.until(() => peer.over || peer.ledger.highestPromised === stream, 'the promise with the id of style');
      await trial.answered({ ...style, peer, stream: stream as number }, 200, 5);
    },
  },

  'the-app-of-the-call': {
    requirement: 'MSGI-PUSH-13',
    title: 'The app that push is given answers the promise, and the hosted application where none is given.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        x.push({ target: kit.path('own') }, y => {
          kit.report('own', y.pushed);
          y.respond(200, [], 'own');
        });
        x.push({ target: kit.path('hosted') });
        x.respond(200);
      },
      own: x => x.respond(404),
      hosted: x => x.respond(200, [], 'hosted'),
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      const own = await promised(trial, page, 'own');
      const hosted = await promised(trial, page, 'hosted');
      await trial.invoked(hosted);
      await trial.answered(hosted, 200, 6);
      await peer.answer(own.stream);
      if (trial.wasInvoked(own)) trial.fail('the hosted application is invoked where push is given another one');
      await trial.reported(page, 'own', true);
      await trial.answered(own, 200, 3);
    },
  },

  'in-a-later-turn': {
    requirement: 'MSGI-PUSH-14',
    title: 'The application of a pushed exchange is called in a later turn, never inside push.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        const { locals } = x.connection;
        locals['kit.turn'] = 'present';
        const turn = (): string => locals['kit.turn'] as string;
        x.push({ target: kit.path('own') }, y => {
          kit.report('own', turn());
          y.respond(200);
        });
        x.push({ target: kit.path('hosted') });
        // What the promise reactions of this turn do is within it.
        for (let n = 0; n < 10; n += 1) await null;
        locals['kit.turn'] = 'later';
        x.respond(200);
      },
      hosted: (x, kit) => {
        kit.report('turn', x.connection.locals['kit.turn'] as string);
        x.respond(200);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'own', 'later');
      await trial.reported(trial.exchange('hosted'), 'turn', 'later');
    },
  },
});
