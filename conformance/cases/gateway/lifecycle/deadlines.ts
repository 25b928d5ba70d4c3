/** Deadlines, and what a limit does to an exchange in each state (sections 3.1 and 3.8). */

import type { Handler } from '../../../application/kit.ts';
import { reportedError } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import { Failed } from '../../../outcome.ts';
import { errorOf, outcome, tight, told, WINDOW, WRITTEN } from './acts.ts';

const LONGEST = 2 ** 31 - 1;

/** Milliseconds of a deadline that can be told from none. */
const SHORT = 300;

const upload = { method: 'POST', endStream: false } as const;

const WRONG: readonly unknown[] = [0, -1, 1.5, 2 ** 31, Number.NaN, Number.NEGATIVE_INFINITY, '5', null];

/** Waits for the failure of the exchange, and reports it. */
const failing: Handler = async (x, kit) => {
  const { signal } = x;
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve));
  const { name, code = null, by = null } = reportedError(signal.reason);
  kit.report('failed', [name, code, by, x.state]);
};

export default suite('lifecycle', {
  'deadlines-are-checked': {
    requirement: 'MSGI-LIFE-51',
    title: 'The member deadline throws a TypeError for what is neither an integer of 1 to 2^31 - 1 nor Infinity.',
    app: async (x, kit) => {
      for (const wrong of WRONG) kit.report('wrong', await outcome(() => x.deadline(wrong as number)));
      const right: Json[] = [];
      for (const ms of [LONGEST, Number.POSITIVE_INFINITY]) right.push(await outcome(() => x.deadline(ms)));
      kit.report('right', right);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      for (const [n, value] of WRONG.entries()) {
        const given = await trial.app.report(asked, 'wrong', n + 1);
        if (given !== 'TypeError') trial.fail(`deadline(${value}) gives ${given}`);
      }
      await trial.reported(asked, 'right', ['nothing', 'nothing']);
      await trial.answered(asked, 200, 0);
    },
  },

  'the-last-deadline-counts': {
    requirement: 'MSGI-LIFE-52',
    title: 'The last deadline replaces those before it, and Infinity lifts it.',
    app: async (x, kit) => {
      x.deadline(kit.name === 'shortened' ? LONGEST : 1);
      x.deadline({ shortened: 1, lifted: Number.POSITIVE_INFINITY, prolonged: LONGEST }[kit.name] as number);
      if (kit.name === 'shortened') return failing(x, kit);
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const [lifted, prolonged] = [trial.ask(peer, 'lifted'), trial.ask(peer, 'prolonged')];
      await trial.waits(lifted);
      await trial.waits(prolonged);
      // A deadline that is later than theirs were.
      const shortened = trial.ask(peer, 'shortened');
      await trial.answered(shortened, 503);
      await trial.quietApp(peer);
      for (const one of [lifted, prolonged]) {
        trial.release(one);
        await trial.answered(one, 200, 0);
      }
    },
  },

  'never-early-and-hardly-late': {
    requirement: 'MSGI-LIFE-53',
    title: 'A deadline ends the exchange not before its time, and at most 1,000 ms after it.',
    app: (x, kit) => {
      x.deadline(SHORT);
      return failing(x, kit);
    },
    async run(trial) {
      const peer = await trial.open();
      // Before these answers, which are slow by intention.
      const most = SHORT + 1000 + peer.limit;
      const all = await Promise.all([1, 2, 3, 4].map(n => trial.timed(peer, `a-${n}`)));
      for (const { asked, ms } of all) {
        // The call came after the request was sent, and the end before it was seen. Clocks of whole milliseconds will do.
        const whole = Math.ceil(ms);
        const seen = `a deadline of ${SHORT} ms ends the exchange ${whole} ms after it was asked for`;
        if (whole < SHORT) trial.fail(seen);
        await trial.reported(asked, 'failed', ['ExchangeError', 8, 'server', 'dead']);
        if (ms > most) throw new Failed(seen, undefined, true);
      }
    },
  },

  'deadlines-outlive-the-response': {
    requirement: 'MSGI-LIFE-54',
    title: 'A deadline keeps running behind a complete response until the request is over.',
    app: async (x, kit) => {
      // Long enough for a response that is given at once to be complete before.
      x.deadline(SHORT);
      await x.start(202).end();
      const { name, code = null, by = null } = reportedError(await errorOf(() => x.body.read()));
      kit.report('read', [name, code, by]);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.answered(asked, 202, 0);
      await trial.reported(asked, 'read', ['ExchangeError', 8, 'server']);
    },
  },

  'a-drain-ends-in-spite-of-deadlines': {
    requirement: 'MSGI-LIFE-55',
    title: 'A deadline beyond the grace limit does not move it: the drain ends the exchange.',
    claims: ['drain'],
    alone: { grace: 100 },
    app: async (x, kit) => {
      x.deadline(kit.name === 'long' ? LONGEST : Number.POSITIVE_INFINITY);
      kit.report('set');
      await failing(x, kit);
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const [long, none] = [trial.ask(peer, 'long'), trial.ask(peer, 'none')];
      await trial.report(long, 'set');
      await trial.report(none, 'set');
      trial.process.signal('SIGTERM');
      for (const one of [long, none]) await trial.reported(one, 'failed', ['ExchangeError', 8, 'server', 'dead']);
    },
  },

  'a-limit-in-idle': {
    requirement: 'MSGI-LIFE-17',
    title: 'A limit answers 503 on an idle exchange, and fails it with CANCEL by server.',
    app: (x, kit) => {
      kit.follow(x);
      x.deadline(1);
      return failing(x, kit);
    },
    async run(trial) {
      const peer = await trial.open();
      const get = trial.ask(peer, 'get');
      const post = trial.ask(peer, 'post', upload);
      for (const one of [get, post]) {
        await trial.reported(one, 'failed', ['ExchangeError', 8, 'server', 'dead']);
        await trial.answered(one, 503);
        const { code, by, status, complete } = (await told(trial, one, 'close')) as Record<string, Json>;
        const seen = [code, by, status, complete].join();
        if (seen !== '8,server,503,false') trial.fail(`the close of ${one.name} has ${seen}`);
      }
      await trial.quietApp(peer);
      const { resets } = peer.stream(post.stream);
      if (resets.some(code => code !== 0)) trial.fail(`RST_STREAM with code ${resets[0]} behind the 503`);
    },
  },

  'a-limit-within-the-response': {
    requirement: 'MSGI-LIFE-18',
    title: 'A limit fails a response that is open, or done and not complete, with CANCEL by server.',
    app: async (x, kit) => {
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      if (kit.name === 'done') out.end();
      await kit.gate();
      x.deadline(1);
      await failing(x, kit);
    },
    async run(trial) {
      const peer = await tight(trial);
      const both = [trial.ask(peer, 'open'), trial.ask(peer, 'done')];
      for (const one of both) {
        const there = (): boolean => peer.over || peer.stream(one.stream).octets >= WINDOW;
        await peer.until(there, `${WINDOW} octets of ${one.name}`);
        trial.release(one);
      }
      for (const one of both) {
        await trial.reported(one, 'failed', ['ExchangeError', 8, 'server', one.name === 'open' ? 'dead' : 'done']);
        const { resets, gotEnd, octets } = await peer.answer(one.stream);
        if (gotEnd || resets[0] !== 8) trial.fail(`${one.name}: RST_STREAM with code ${resets[0]}, not CANCEL`);
        if (octets !== WINDOW) trial.fail(`${one.name}: ${octets} octets are sent where ${WINDOW} had room`);
      }
      trial.seen = 'RST_STREAM CANCEL of both';
    },
  },

  'a-limit-behind-the-response': {
    requirement: 'MSGI-LIFE-19',
    title: 'A limit behind a complete response fails the request half alone, with CANCEL by server.',
    app: async (x, kit) => {
      kit.follow(x);
      await x.start(202).end();
      x.deadline(1);
      const { name, code = null, by = null } = reportedError(await errorOf(() => x.body.read()));
      kit.report('read', [name, code, by]);
      kit.report('left', [x.state, x.signal.aborted]);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.reported(asked, 'read', ['ExchangeError', 8, 'server']);
      await trial.reported(asked, 'left', ['done', false]);
      const close = { type: 'close', complete: true, code: 8, by: 'server', status: 202, sent: 0, received: 0 };
      await trial.reported(asked, 'close', close);
      await trial.answered(asked, 202, 0);
    },
  },
});
