/** The end of a server, and of its connections (chapter 10 of the specification). */
import { suite } from '../../../gateway/case.ts';

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
});
