/** The drain of a whole server (section 10.2). */
import { ERROR_CODE } from '../../../../wire/index.ts';
import { turns } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { describeEnd } from '../../../trial.ts';

const TURNS = 50;

export default suite('drain', {
  'the-application-is-told-first': {
    requirement: 'MSGI-SPAN-6',
    title: 'The application is told of a drain once, before its exchanges are.',
    claims: ['drain'],
    alone: {},
    app: async (x, kit) => {
      kit.follow(x);
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      trial.needOneProcess();
      peer.drains = true;
      const held = trial.ask(peer, 'a');
      await trial.waits(held);
      trial.process.signal('SIGTERM');
      await trial.report(held, 'drain');
      await trial.lifespan('drain');
      const order = trial.app.all.flatMap(message =>
        message.event === 'lifespan' || (message.event === 'report' && message.name === 'drain') ? [message.event] : [],
      );
      if (order[0] !== 'lifespan') trial.fail('the exchange is told before the application is');
      trial.release(held);
      await trial.answered(held, 200, 0);
      await trial.lifespan('stop');
      const drains = trial.app.all.filter(message => message.event === 'lifespan' && message.member === 'drain');
      if (drains.length !== 1) trial.fail(`the application is told of the drain ${drains.length} times`);
      trial.seen = 'drain of the application, then the notice of the exchange, then stop';
    },
  },

  'an-idle-connection-hears-of-the-end': {
    requirement: 'rfc9113/5.4.1/4',
    also: ['rfc9113/6.8/2', 'rfc9113/9.1/4'],
    title: 'A server that is told to stop sends GOAWAY on an idle connection before it closes it.',
    claims: ['drain'],
    alone: {},
    app: x => x.respond(200),
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      trial.expected = 'GOAWAY, then the end of the connection';
      trial.process.signal('SIGTERM');
      await peer.until(() => peer.end !== null, 'the end of the connection');
      trial.seen = describeEnd(peer);
      if (peer.goaways.length === 0) trial.weak(`${describeEnd(peer)}, without GOAWAY`);
    },
  },

  'a-drain-that-throws-stops-nothing': {
    requirement: 'MSGI-SPAN-7',
    also: ['MSGI-SPAN-16'],
    title: 'A server whose application throws at drain drains all the same.',
    claims: ['drain'],
    alone: {},
    app: async (x, kit) => {
      x.watch(({ type }) => {
        if (type === 'drain') kit.report('draining', x.connection.draining);
      });
      await kit.gate();
      x.respond(200);
    },
    exports: application => ({
      ...application,
      drain() {
        application.drain?.();
        throw new Error('on purpose');
      },
    }),
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const held = trial.ask(peer, 'a');
      await trial.waits(held);
      trial.process.signal('SIGTERM');
      await trial.reported(held, 'draining', true);
      trial.release(held);
      await trial.answered(held, 200, 0);
      await trial.lifespan('stop');
      trial.seen = `the exchange is told and answered, and the server ends: ${await trial.ended()}`;
    },
  },

  'stop-is-last-and-awaited': {
    requirement: 'MSGI-SPAN-3',
    title: 'The server calls stop once, behind the last exchange, and awaits it before it ends.',
    claims: ['drain'],
    alone: {},
    app: async (x, kit) => {
      await kit.gate();
      x.respond(200);
    },
    exports: application => ({
      ...application,
      async stop() {
        // Other turns of the loop: who does not await is gone by then, and nothing is told.
        await turns(TURNS);
        await application.stop?.();
      },
    }),
    async run(trial) {
      const peer = await trial.open();
      trial.needOneProcess();
      peer.drains = true;
      const held = trial.ask(peer, 'a');
      await trial.waits(held);
      trial.process.signal('SIGTERM');
      await trial.lifespan('drain');
      trial.release(held);
      await trial.answered(held, 200, 0);
      const how = await trial.ended();
      const order = trial.app.all.flatMap(message => {
        if (message.event === 'settled') return ['settled'];
        return message.event === 'lifespan' ? [message.member] : [];
      });
      if (order.join(', ') !== 'drain, settled, stop')
        trial.fail(`the application sees ${order.join(', ')}, and then the server ends (${how})`);
      trial.seen = `drain, settled, stop; then the server ends (${how})`;
    },
  },

  'the-grace-limit-cancels': {
    requirement: 'MSGI-SPAN-12',
    title: 'What is left at the grace limit is ended: 503 without a response, else RST_STREAM with CANCEL.',
    claims: ['drain'],
    alone: { grace: 100 },
    app: {
      silent: async (x, kit) => {
        kit.follow(x);
        await kit.gate();
      },
      begun: async (x, kit) => {
        kit.follow(x);
        const out = x.start(200);
        await out.write('part');
        await kit.gate();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const silent = trial.ask(peer, 'silent');
      const begun = trial.ask(peer, 'begun');
      await trial.waits(silent);
      await trial.waits(begun);
      trial.process.signal('SIGTERM');
      for (const asked of [silent, begun]) {
        trial.expected = `${asked.name} is cancelled by the server`;
        const { code, by } = (await trial.report(asked, 'aborted')) as { readonly code?: number; readonly by?: string };
        if (code !== ERROR_CODE.CANCEL || by !== 'server')
          trial.fail(`${asked.name} is cancelled with code ${code} by ${by}, not with CANCEL by server`);
      }
      await trial.answered(silent, 503);
      const { resets } = await peer.answer(begun.stream);
      if (resets[0] !== ERROR_CODE.CANCEL) trial.fail(`begun ends with RST_STREAM code ${resets[0] ?? 'none'}`);
      trial.seen = '503 where there was no response, RST_STREAM CANCEL where there was';
    },
  },

  'nobody-is-waited-for-beyond-the-kill-limit': {
    requirement: 'MSGI-SPAN-13',
    title: 'A server ends behind the kill limit although an application has not settled.',
    claims: ['drain'],
    alone: { grace: 50, kill: 50 },
    app: (_, kit) => kit.gate(),
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const held = trial.ask(peer, 'a');
      await trial.waits(held);
      trial.process.signal('SIGTERM');
      const how = await trial.ended();
      if (trial.wasSettled(held)) trial.fail('the application has settled, so that nothing is shown');
      trial.seen = `the server ends (${how}) while the application waits`;
    },
  },
});
