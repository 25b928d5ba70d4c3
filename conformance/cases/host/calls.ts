/** Calls of the application, and when it is called (section 11.4). */
import type { HostCaseBody } from '../../host/case.ts';
import type { DrivenExchange } from '../../host/exchange.ts';
import type { Json, Member } from '../../host/messages.ts';
import type { HeadOptions, HostTrial } from '../../host/trial.ts';

type Wrong = readonly [member: Member, ...args: readonly Json[]];

const PAGE = { target: '/x' } as const;

/** What no server may take before the response (chapters 2, 3, 5 and 6). */
const WRONG_IN_IDLE: readonly Wrong[] = [
  ['inform', 101],
  ['inform', 99],
  ['inform', 200],
  ['inform', 103, ['odd']],
  ['inform', 103, ['Upper', 'x']],
  ['respond', 199],
  ['respond', 600],
  ['respond', 200.5],
  ['respond', 200, ['x', ' lead']],
  ['respond', 200, ['x', 'a\nb']],
  ['respond', 200, ['x', '\u0101']],
  ['respond', 200, ['', 'x']],
  ['respond', 200, ['connection', 'close']],
  ['respond', 200, ['content-length', '3'], 'four'],
  ['start', 100],
  ['start', 200, ['x-name', 'a\u0000']],
  ['start', 200, ['content-length', 'x']],
  ['push', { target: 'x' }],
  ['push', { target: '/a b' }],
  ['push', { ...PAGE, method: 'POST' }],
  ['push', { ...PAGE, fields: ['host', 'x'] }],
  ['push', PAGE, 5],
  ['prioritize', 8, false],
  ['prioritize', -1, false],
  ['deadline', 0],
  ['deadline', 2 ** 31],
  ['reset', 7],
  ['reset', -1],
  ['watch', 5],
  ['body.credit', -1],
  ['body.credit', 2 ** 31],
  ['body.stop', -1],
];

/** What no sink may take. */
const WRONG_IN_OPEN: readonly Wrong[] = [
  ['sink.write', 5],
  ['sink.end', ['odd']],
  ['sink.end', ['content-length', '1']],
  ['sink.end', ['x', 'a\rb']],
];

/** Calls that give no TypeError. */
async function taken(x: DrivenExchange, calls: readonly Wrong[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [member, ...args] of calls) {
    const { error } = await x.outcome(x.begin(member, ...args));
    if (error?.name !== 'TypeError') found.push(`${member}(${args.map(arg => JSON.stringify(arg)).join(', ')})`);
  }
  return found;
}

async function refusesPush(trial: HostTrial, x: DrivenExchange, where: string): Promise<void> {
  const value = await x.call('push', { target: trial.path('pushed') });
  if (value !== false) trial.fail(`push gives ${JSON.stringify(value)} ${where}`);
}

export default {
  'heads-wait-for-nobody': {
    requirement: 'MSGI-PROC-21',
    title: 'The host calls the application on each HEAD without waiting for other exchanges.',
    async run(trial) {
      await trial.open();
      const all = ['a', 'b', 'c'].map(name => trial.head(name));
      for (const x of all) await x.invoked();
      for (const x of all.toReversed()) await x.serve();
      trial.seen = 'three applications run at a time';
    },
  },

  'arguments-are-checked-at-the-call': {
    requirement: 'MSGI-PROC-31',
    title: 'Arguments that no server may take are TypeErrors at the call, and nothing goes to the server.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { method: 'POST', content: true });
      const idle = await taken(x, WRONG_IN_IDLE);
      if (idle.length > 0) trial.fail(`there is no TypeError for ${idle.join(', ')}`);
      await x.call('start', 200);
      const open = await taken(x, WRONG_IN_OPEN);
      if (open.length > 0) trial.fail(`there is no TypeError for ${open.join(', ')}`);
      x.begin('sink.end');
      await x.whole();
      const types = x.types.join(', ');
      if (types !== 'START, END') trial.fail(`the host writes ${types} where START, END is all that is right`);
      trial.seen = `${WRONG_IN_IDLE.length + WRONG_IN_OPEN.length} calls are TypeErrors`;
    },
  },

  'arguments-are-checked-on-dead-exchanges': {
    requirement: 'MSGI-PROC-31',
    also: ['MSGI-LIFE-1'],
    title: 'Arguments are checked also where the exchange is dead already.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { method: 'POST', content: true });
      x.fail();
      await x.abort();
      const found = await taken(x, WRONG_IN_IDLE);
      if (found.length > 0) trial.fail(`there is no TypeError on a dead exchange for ${found.join(', ')}`);
      trial.seen = `${WRONG_IN_IDLE.length} calls are TypeErrors`;
    },
  },

  'inform-is-true-when-it-is-sent': {
    requirement: 'MSGI-PROC-33',
    title: 'The host gives true at inform, and sends INFORM.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      const value = await x.call('inform', 103, ['link', '</a.css>']);
      if (value !== true) trial.fail(`inform gives ${JSON.stringify(value)} where caps.inform is true`);
      const { status, fields } = await x.message('INFORM');
      if (status !== 103 || fields.join() !== 'link,</a.css>') trial.fail(`INFORM has ${status} and ${fields}`);
      await x.serve();
      trial.seen = 'true, and INFORM';
    },
  },

  'inform-is-false-where-it-is-not-sent': {
    requirement: 'MSGI-PROC-33',
    title: 'The host gives false at inform where caps.inform is false, and does not send INFORM.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { version: '1.0', caps: { inform: false } });
      const value = await x.call('inform', 103, ['link', '</a.css>']);
      await x.serve();
      if (x.of('INFORM').length > 0) trial.fail('INFORM is sent where caps.inform is false');
      if (value !== false) trial.fail(`inform gives ${JSON.stringify(value)} where caps.inform is false`);
      trial.seen = 'false, and no INFORM';
    },
  },

  'push-is-true-when-it-is-sent': {
    requirement: 'MSGI-PROC-34',
    title: 'The host gives true at push, and sends PUSH, before the response and within it.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      const before = await x.call('push', { target: trial.path('b') });
      await x.call('start', 200);
      const within = await x.call('push', { target: trial.path('c'), method: 'HEAD', fields: ['accept', 'text/css'] });
      if (before !== true || within !== true)
        trial.fail(`push gives ${before} before the response, ${within} within it`);
      const [first, second] = [await x.message('PUSH'), await x.message('PUSH', 2)];
      if (first.target !== trial.path('b') || first.method !== 'GET') trial.fail(`the first PUSH is ${first.target}`);
      if (second.method !== 'HEAD' || second.fields.join() !== 'accept,text/css')
        trial.fail(`the second PUSH has ${second.method} and ${second.fields}`);
      for (const { promise } of [first, second]) trial.pipe.send('RESET', promise, { code: 7, by: 'server' });
      x.begin('sink.end');
      await x.whole();
      x.complete();
      trial.seen = 'true, and PUSH, twice';
    },
  },

  'push-is-false-where-it-is-not-sent': {
    requirement: 'MSGI-PROC-34',
    title:
      'The host gives false at push, and does not send PUSH, where caps.push is false or a rule that it can see forbids it.',
    async run(trial) {
      await trial.open();
      const ask = (name: string, options: HeadOptions = {}): Promise<DrivenExchange> => trial.ask(name, options);
      await refusesPush(trial, await ask('a', { caps: { push: false } }), 'where caps.push is false');
      const tunnel = { method: 'CONNECT', protocol: 'websocket', content: true, caps: { tunnel: true } } as const;
      await refusesPush(trial, await ask('b', tunnel), 'on a CONNECT');
      const parent = await ask('c');
      await parent.call('push', { target: trial.path('d') });
      const pushed = trial.grant('d', await parent.message('PUSH'));
      await pushed.invoked();
      await refusesPush(trial, pushed, 'on a pushed exchange');
      await parent.call('respond', 200);
      await refusesPush(trial, parent, 'when the response is done');
      const bare = await ask('e', { method: 'HEAD' });
      await bare.call('start', 200);
      await refusesPush(trial, bare, 'when the head of a response without content is out');
      const dead = await ask('f');
      dead.fail();
      await dead.abort();
      await refusesPush(trial, dead, 'on a dead exchange');
      const last = trial.connect();
      const drained = await ask('g', { connection: last });
      trial.pipe.send('DRAIN', last, null);
      await drained.notice('drain');
      await refusesPush(trial, drained, 'on a connection that drains');
      await trial.quiet();
      const sent = trial.exchanges.filter(x => x !== parent && x.of('PUSH').length > 0).map(({ name }) => name);
      if (sent.length > 0) trial.fail(`PUSH is sent for ${sent.join(', ')}, although push gave false`);
      trial.seen = 'push gives false at each of seven';
    },
  },

  'the-application-of-a-promise': {
    requirement: 'MSGI-PROC-36',
    title: 'On HEAD of a promise the application of the call runs, and the hosted one where the call had none.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('push', { target: trial.path('b') }, true);
      await x.call('push', { target: trial.path('c') });
      const [first, second] = [await x.message('PUSH'), await x.message('PUSH', 2)];
      // The second one first: what belongs to which is told by the number.
      const [hosted, given] = [trial.grant('c', second), trial.grant('b', first)];
      for (const one of [hosted, given]) await one.invoked();
      if (hosted.invocation?.app !== 'hosted') trial.fail('the promise without an app runs that of another call');
      if (given.invocation?.app !== 'given') trial.fail('the promise with an app runs the hosted application');
      if (given.invocation?.pushed !== true) trial.fail('pushed is false on a pushed exchange');
      for (const one of [given, hosted, x]) await one.serve();
      trial.seen = 'each promise has its application';
    },
  },

  'a-promise-that-is-refused': {
    requirement: 'MSGI-PROC-36',
    title: 'A promise that the server refuses runs no application.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('push', { target: trial.path('b') }, true);
      const { promise, target } = await x.message('PUSH');
      trial.pipe.send('RESET', promise, { code: 7, by: 'server' });
      await x.serve();
      await trial.quiet();
      if (trial.app.of('invoked').some(one => one.target === target))
        trial.fail('an application runs on the refused promise');
      trial.seen = 'nothing runs on it';
    },
  },

  'promises-are-even-and-rise': {
    requirement: 'MSGI-PROC-12',
    also: ['MSGI-PROC-13'],
    title: 'The host gives even numbers, rising from 2, to the exchanges that it promises, and none twice.',
    passive: true,
    async run(trial) {
      await trial.open();
      const numbers: number[] = [];
      for (const name of ['a', 'b']) {
        const x = await trial.ask(name);
        for (const nth of [1, 2]) {
          await x.call('push', { target: trial.path(`${name}-${nth}`) });
          const push = await x.message('PUSH', nth);
          numbers.push(push.promise);
          trial.pipe.send('RESET', push.promise, { code: 7, by: 'server' });
        }
        await x.serve();
      }
      trial.seen = `the promises are ${numbers.join(', ')}`;
    },
  },
} satisfies Readonly<Record<string, HostCaseBody>>;
