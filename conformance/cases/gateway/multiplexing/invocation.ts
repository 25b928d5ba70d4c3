/** When and how the application is called (section 1.5). */
import { data } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';

export default suite('multiplexing', {
  'all-invoked-while-held': {
    requirement: 'MSGI-MODEL-8',
    title: 'The application is called on each request of a connection while the earlier ones are under way.',
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

  'invoked-before-content': {
    requirement: 'MSGI-MODEL-9',
    title: 'The application is called before any content of the request has arrived.',
    app: async (x, kit) => {
      kit.report('ended', x.body.ended);
      while ((await x.body.read()) !== null);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const upload = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.reported(upload, 'ended', false);
      peer.send(data(upload.stream, new Uint8Array(10), { endStream: true }));
      await trial.answered(upload, 200, 0);
    },
  },

  'invoked-once': {
    requirement: 'MSGI-MODEL-7',
    title: 'The application is called once for each request, also where it fails.',
    app: {
      answers: x => x.respond(200),
      throws: () => {
        throw new Error('on purpose');
      },
      rejects: async () => {
        throw new Error('on purpose');
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const answers = trial.ask(peer, 'answers');
      const throws = trial.ask(peer, 'throws');
      const rejects = trial.ask(peer, 'rejects');
      await trial.answered(answers, 200);
      await trial.answered(throws, 500);
      await trial.answered(rejects, 500);
      await trial.quietApp(peer);
      for (const one of [answers, throws, rejects]) {
        const { length } = trial.app.of(one, 'invoked');
        if (length !== 1) trial.fail(`the application is called ${length} times on ${one.name}`);
      }
    },
  },

  'one-argument': {
    requirement: 'MSGI-MODEL-10',
    title: 'The application is called with the exchange as its only argument, as a member of its object.',
    app: x => x.respond(200),
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.answered(asked);
      await trial.invoked(asked);
      for (const { arguments: given, method } of trial.app.of(asked, 'invoked')) {
        if (given !== 1) trial.fail(`the application is called with ${given} arguments`);
        if (!method) trial.fail('the member app is not called on its object');
      }
      trial.seen = 'one argument, and this is the object';
    },
  },
});
