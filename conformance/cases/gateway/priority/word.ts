/** The word of the application (section 7.4). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { words } from './facts.ts';

/** Arguments that `prioritize` does not take, by the names that reports have. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  negative: [-1],
  eight: [8],
  fraction: [1.5],
  text: ['1'],
  nothing: [],
  NaN: [Number.NaN],
  'a number for incremental': [1, 1],
  'null for incremental': [1, null],
};

const prioritizes: Handler = (x, kit) => {
  for (const [name, given] of Object.entries(WRONG)) {
    try {
      Reflect.apply(x.prioritize, x, [...given]);
      kit.report(name, 'taken');
    } catch (error) {
      kit.report(name, error instanceof TypeError ? 'TypeError' : String(error));
    }
  }
  x.respond(200);
};

export default suite('priority', {
  'prioritize-checks-its-arguments': {
    requirement: 'MSGI-PRIO-15',
    title:
      'A call of prioritize throws a TypeError for an urgency that is no integer of 0 to 7, and for an incremental that is no boolean.',
    app: prioritizes,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a');
      for (const name of Object.keys(WRONG)) await trial.reported(a, name, 'TypeError');
      await trial.answered(a, 200, 0);
    },
  },

  'prioritize-is-not-the-peers-word': {
    requirement: 'MSGI-PRIO-17',
    title: 'A call of prioritize changes nothing in priority, and gives no notice.',
    app: async (x, kit) => {
      kit.follow(x);
      kit.report('before', words(x));
      x.prioritize(0, true);
      x.prioritize(7);
      kit.report('after', words(x));
      await kit.gate();
      kit.report('at last', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=2'] });
      const before = await trial.report(a, 'before');
      await trial.reported(a, 'after', before);
      await trial.quietApp(peer);
      const notices = trial.app.reports(a, 'priority').length;
      if (notices > 0) trial.fail(`${notices} notices of priority, and the peer has said nothing`);
      trial.release(a);
      await trial.reported(a, 'at last', before);
    },
  },

  'prioritize-on-http1': {
    requirement: 'MSGI-PRIO-21',
    claims: ['http1'],
    title: 'On HTTP/1.1 prioritize is taken and does nothing.',
    app: (x, kit) => {
      x.prioritize(0, true);
      kit.report('taken');
      x.respond(200, [], 'fine');
    },
    async run(trial) {
      await trial.open();
      const http1 = await trial.http1();
      const a = trial.exchange('a');
      http1.write(`GET ${a.path} HTTP/1.1\r\nhost: ${trial.subject.authority}\r\n\r\n`);
      await trial.reported(a, 'taken', null);
      const answer = await http1.read(/^HTTP\/1\.1 200[\s\S]*fine/, 'the answer');
      if (answer === null) trial.fail('no answer of status 200 with the whole content');
    },
  },
});
