/** What is wrong wherever it runs, and what depends on the state (the head of chapter 3). */
import type { Exchange, Sink } from '../../../../spec/msgi.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import { brought, left, outcome, STATES, type State, tight } from './acts.ts';

/** Values that are no value of the type, as a program without types would give them. */
const wrong = (value: unknown): never => value as never;

const WRONG: Readonly<Record<string, (x: Exchange, out: Sink | null) => unknown>> = {
  inform: x => x.inform(99),
  respond: x => x.respond(99),
  start: x => x.start(99),
  write: (_, out) => out?.write(wrong(7)),
  end: (_, out) => out?.end(['content-length', '1']),
  push: x => x.push({ target: 'no-path' }),
  prioritize: x => x.prioritize(8),
  deadline: x => x.deadline(0),
  reset: x => x.reset(-1),
  watch: x => x.watch(wrong(null)),
  credit: x => x.body.credit(-1),
  stop: x => x.body.stop(-1),
};

const STATUSES: readonly unknown[] = [0, 100, 199, 600, 200.5, -200, Number.NaN, '200', null, 2 ** 32 + 200];

export default suite('lifecycle', {
  'arguments-first': {
    requirement: 'MSGI-LIFE-1',
    title: 'A member with a wrong argument throws a TypeError in every state, also on a dead exchange.',
    app: async (x, kit) => {
      const state = kit.name as State;
      const out = brought(x, state);
      const given: Record<string, Json> = {};
      for (const [member, call] of Object.entries(WRONG))
        if (out !== null || (member !== 'write' && member !== 'end')) given[member] = await outcome(() => call(x, out));
      kit.report('given', given);
      kit.report('state', x.state);
      left(x, out);
    },
    async run(trial) {
      const peer = await tight(trial);
      for (const state of STATES) {
        const asked = trial.ask(peer, state);
        const given = (await trial.report(asked, 'given')) as Record<string, string>;
        for (const [member, what] of Object.entries(given))
          if (what !== 'TypeError') trial.fail(`${member} with a wrong argument gives ${what} in ${state}`);
        await trial.reported(asked, 'state', state);
      }
    },
  },

  'statuses-are-checked': {
    requirement: 'MSGI-LIFE-7',
    title:
      'The members respond and start throw a TypeError for a status that is not an integer of 200 to 599, and take the others.',
    app: {
      respond: async (x, kit) => {
        for (const status of STATUSES) kit.report('given', await outcome(() => x.respond(wrong(status))));
        x.respond(599);
      },
      start: async (x, kit) => {
        for (const status of STATUSES) kit.report('given', await outcome(() => x.start(wrong(status))));
        await x.start(200).end();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [member, status] of [
        ['respond', 599],
        ['start', 200],
      ] as const) {
        const asked = trial.ask(peer, member);
        for (const [n, wanted] of STATUSES.entries()) {
          const given = await trial.app.report(asked, 'given', n + 1);
          if (given !== 'TypeError') trial.fail(`${member} gives ${given} for the status ${JSON.stringify(wanted)}`);
        }
        await trial.answered(asked, status, 0);
      }
    },
  },

  'mistakes-are-thrown': {
    requirement: 'MSGI-LIFE-2',
    title: 'A TypeError is thrown at the call, also by a member that gives a promise.',
    app: async (x, kit) => {
      const out = x.start(200);
      const given: Record<string, Json> = { 'write of a number': await outcome(() => out.write(wrong(7))) };
      given['end with a wrong trailer'] = await outcome(() => out.end(['content-length', '1']));
      const first = x.body.read();
      given['a second read'] = await outcome(() => x.body.read());
      await out.end();
      given['write behind the end'] = await outcome(() => out.write('x'));
      given['a second end'] = await outcome(() => out.end());
      kit.report('given', given);
      await first;
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      const given = (await trial.report(asked, 'given')) as Record<string, string>;
      for (const [what, name] of Object.entries(given)) if (name !== 'TypeError') trial.fail(`${what} gives ${name}`);
      trial.seen = 'each TypeError is thrown';
    },
  },

  'a-dead-exchange-has-no-lengths': {
    requirement: 'MSGI-LIFE-57',
    title:
      'The members write and end of a dead exchange give its error where they would throw for the length of an open one.',
    app: async (x, kit) => {
      const out = x.start(200, ['content-length', '10']);
      x.reset();
      kit.report('write', await outcome(() => out.write(new Uint8Array(11))));
      kit.report('end', await outcome(() => out.end()));
      kit.report('respond', await outcome(() => x.respond(200, ['content-length', '5'], 'four')));
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'write', 'ExchangeError');
      await trial.reported(asked, 'end', 'ExchangeError');
      // MSGI-LEN-2 judges arguments, so it holds in every state.
      await trial.reported(asked, 'respond', 'TypeError');
    },
  },

  'a-dead-tunnel-has-no-trailers': {
    requirement: 'MSGI-LIFE-57',
    title: 'A call of end with trailers gives the error of a dead tunnel, and respond with 2xx is a TypeError there.',
    claims: ['tunnel'],
    app: async (x, kit) => {
      const out = x.start(200);
      x.reset();
      kit.report('end', await outcome(() => out.end(['x-sum', '1'])));
      kit.report('respond', await outcome(() => x.respond(200)));
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'CONNECT', protocol: 'websocket', endStream: false });
      await trial.reported(asked, 'end', 'ExchangeError');
      await trial.reported(asked, 'respond', 'TypeError');
    },
  },
});
