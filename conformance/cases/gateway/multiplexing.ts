/** Many exchanges of one connection at a time (chapter 1 of the specification). */
import { suite } from '../../gateway/case.ts';

export default suite('multiplexing', {
  'all-invoked-while-held': {
    requirement: 'MSGI-MODEL-8',
    title: 'The application is invoked on each request of a connection while the earlier ones are under way.',
    app: async (x, kit) => {
      await kit.gate();
      x.respond(200, [], kit.name);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(name => trial.ask(peer, name));
      for (const one of asked) await trial.waits(one);
      for (const one of asked.toReversed()) {
        trial.release(one);
        await trial.answered(one, 200, 1);
      }
    },
  },
});
