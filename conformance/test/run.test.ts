import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import {
  concat,
  continuation,
  data,
  encodeFrame,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  indexed,
  literal,
  ping,
  plainBlock,
  pushPromise,
  rstStream,
  settings,
  settingsAck,
  sizeUpdate,
  windowUpdate,
} from '../../wire/index.ts';
import { type Case, type CaseBody, chapter } from '../case.ts';
import { connectionError, ignored, streamError } from '../expect.ts';
import { Ledger } from '../peer/ledger.ts';
import type { Peer } from '../peer/peer.ts';
import { describeBlock, Transcript } from '../peer/transcript.ts';
import { exitStatus, type Report, type Result, type Verdict } from '../result.ts';
import { type Attempt, attempt } from '../runner/attempt.ts';
import { calibrate } from '../runner/calibrate.ts';
import { Deadline } from '../runner/deadline.ts';
import { DEFAULT_OPTIONS, type Listener, type RunOptions } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { shuffle } from '../runner/shuffle.ts';
import { Slots } from '../runner/slots.ts';
import { type Target, TargetError } from '../targets/target.ts';
import type { Trial } from '../trial.ts';
import { CONTENT, type Link, type Manners, mortal, ORDER, subjectAt, targetAt, toy } from './toy.ts';

type Body = CaseBody['run'];

const order = (stream = 0): Frame => frame(ORDER, 0, stream, [1]);

/** Cases "toy/…" with one body each. */
function cases(bodies: Readonly<Record<string, Body | (Partial<CaseBody> & { readonly run: Body })>>): readonly Case[] {
  const full = Object.entries(bodies).map(([slug, body]) => {
    const rest = typeof body === 'function' ? { run: body } : body;
    return [slug, { requirement: 'rfc9113/5.5/2', title: `the title of ${slug}`, ...rest }] as const;
  });
  return chapter('toy', Object.fromEntries(full) as Record<string, CaseBody>);
}

const passes: Body = async trial => void (await trial.open());
const fails: Body = async trial => {
  await trial.open();
  trial.fail('it is wrong');
};

function judge(
  chosen: readonly Case[],
  target: Target,
  options: Partial<RunOptions> = {},
  ...listeners: readonly Listener[]
): Promise<Report> {
  return run(chosen, target, { ...DEFAULT_OPTIONS, timeout: 3000, ...options }, listeners);
}

function only(report: Report, slug: string): Result {
  const result = report.results.find(({ id }) => id === `toy/${slug}`);
  if (result === undefined) throw new Error(`no result of toy/${slug}`);
  return result;
}

const verdicts = ({ results }: Report): Record<string, Verdict> =>
  Object.fromEntries(results.map(({ id, verdict }) => [id.slice(4), verdict]));

/** One try against a toy, its connections closed. */
async function tried(port: number, body: Body, timeout = 3000): Promise<Attempt> {
  const one = await attempt(cases({ one: body })[0] as Case, subjectAt(port), timeout, wait => wait);
  for (const peer of one.parked) peer.close();
  return one;
}

/** The same for a body that makes its own assertions: it must come to its end. */
async function passed(t: Test, port: number, body: Body): Promise<void> {
  const { verdict, seen } = await tried(port, body);
  t.equal(verdict, 'pass', seen);
}

/** Manners that carry out the kit's order, and are sound otherwise. */
const onOrder =
  (obey: (link: Link, frame: Frame) => void): Manners =>
  (frame, link) => {
    if (frame.type !== ORDER) return false;
    obey(link, frame);
    return true;
  };

const bareClose = ({ socket }: Link): void => void socket.end();
const refuse = (link: Link): void => {
  link.send(goaway(3, 'PROTOCOL_ERROR'));
  link.socket.end();
};

/** A server of Node's own: what the kit says of a sound subject does not rest on the toy. */
async function soundServer(t: Test): Promise<number> {
  const server = createHttp2((request, response) => {
    request.resume();
    const content = request.url === '/large' ? 'l'.repeat(100_000) : CONTENT;
    if (request.url === '/' || request.url === '/large') response.end(content);
    else response.writeHead(404).end('not found');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function complaint(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    reason => reason,
  );
  if (error instanceof TargetError) return error.message;
  throw error ?? new Error('no TargetError came');
}

// --- verdicts ----------------------------------------------------------------------------------------------------------

t.test('every way in which a case ends is a verdict', async t => {
  const report = await judge(
    cases({
      pass: async trial => ignored(trial, await trial.open(), order()),
      weak: async trial => {
        await trial.open();
        trial.weak('poorer');
      },
      fail: async trial => connectionError(trial, await trial.open(), 'PROTOCOL_ERROR', order()),
      none: { needs: ['tls'], run: passes },
      'not-exercised': async trial => trial.notApplicable('there was no occasion'),
      uncontrolled: async () => {},
      own: async trial => {
        const peer = await trial.open();
        peer.send(data(peer.nextStream(), 'on an idle stream'));
      },
      thrown: async () => {
        throw new RangeError('a bug of the case');
      },
      synchronous: (() => {
        throw new RangeError('a bug before the first await');
      }) as unknown as Body,
      'answered-in-vain': async trial => {
        const peer = await trial.open({ control: false });
        await peer.answer(99);
      },
    }),
    targetAt(await soundServer(t)),
  );
  t.same(verdicts(report), {
    pass: 'pass',
    weak: 'weak',
    fail: 'fail',
    none: 'not-applicable',
    'not-exercised': 'not-applicable',
    uncontrolled: 'error',
    own: 'error',
    thrown: 'error',
    synchronous: 'error',
    'answered-in-vain': 'error',
  });
  t.match(only(report, 'none'), { reason: 'no-resource', seen: /no TLS address/ });
  t.match(only(report, 'own'), { reason: 'own-traffic', seen: /DATA on stream 5: the stream is not open/ });
  t.match(only(report, 'uncontrolled'), { reason: 'kit', seen: /without a positive control/ });
  t.match(only(report, 'fail').seen, /the connection lives on/);
  t.match(only(report, 'fail').rerun, /--case toy\/fail --seed 0$/);
  t.equal(only(report, 'weak').seen, 'poorer');
  t.equal(only(report, 'none').expected, 'the title of none');
});

t.test('the deadline says what was awaited', async t => {
  const silent = (path: string): Manners => {
    return ({ type, payload }) => type === FRAME_TYPE.HEADERS && Buffer.from(payload).includes(path);
  };
  const { port } = await toy(t, silent('/never'));
  const body: Body = async trial => {
    const peer = await trial.open();
    await peer.answer(peer.ask({ path: '/never' }));
  };
  t.match(await tried(port, body, 700), {
    verdict: 'fail',
    reason: 'deadline',
    seen: /^the deadline of 700 ms passed while the kit waited for the end of the answer on stream 5$/,
  });
});

t.test('a fence that is not answered is told from an answer that does not come', async t => {
  const { port } = await toy(t, ({ type }) => type === FRAME_TYPE.PING);
  const one = await tried(port, async trial => void (await (await trial.open()).fence()), 700);
  t.match(one, { verdict: 'fail', reason: 'barrier-unanswered', seen: /a PING acknowledgement/ });
});

t.test('a case that does not heed its deadline is a fault of the kit', async t => {
  const { port } = await toy(t);
  const one = await tried(port, () => new Promise(() => {}), 20);
  t.match(one, { verdict: 'error', reason: 'kit', seen: /behind its deadline/ });
});

t.test('the deadline stands while a case sits out a limit', async t => {
  const { port } = await toy(t);
  const one = await tried(
    port,
    async trial => {
      const peer = await trial.open();
      t.equal(await trial.idle(peer.within(900, () => false, 'nothing')), false);
      await peer.fence();
    },
    700,
  );
  t.equal(one.verdict, 'pass');
  const deadline = new Deadline(1);
  await new Promise(resolve => deadline.signal.addEventListener('abort', resolve));
  t.equal(deadline.signal.aborted, true);
});

// --- races -------------------------------------------------------------------------------------------------------------

t.test('GOAWAY or a bare close: five tries, the worse counts, and the counts are shown', async t => {
  let turn = 0;
  const { port } = await toy(
    t,
    onOrder(link => (turn++ % 2 === 0 ? refuse(link) : bareClose(link))),
  );
  const body: Body = async trial => connectionError(trial, await trial.open(), 'PROTOCOL_ERROR', order());
  const report = await judge(cases({ race: body }), targetAt(port));
  t.match(only(report, 'race'), { verdict: 'weak', tries: { pass: 3, weak: 2 }, seen: /without a GOAWAY/ });
  t.equal(exitStatus(report.results, 1), 0);
  t.equal(exitStatus(report.results, 1, true), 1);
});

t.test('tries that differ in more are flaky, and a race that the target names is known', async t => {
  let turn = 0;
  const { port } = await toy(
    t,
    onOrder(link => {
      turn += 1;
      if (turn % 2 === 1) refuse(link);
    }),
  );
  const chosen = cases({
    race: async trial => connectionError(trial, await trial.open(), 'PROTOCOL_ERROR', order()),
    broken: fails,
    steady: passes,
  });
  const unnamed = await judge(chosen.slice(0, 1), targetAt(port));
  t.match(only(unnamed, 'race'), { verdict: 'flaky', tries: { pass: 3, fail: 2 } });
  t.equal(only(unnamed, 'race').known, undefined);
  t.equal(exitStatus(unnamed.results, 1), 1);

  turn = 0;
  const races = { 'toy/race': 'two threads', 'toy/broken': 'a hope', 'toy/steady': 'it was' };
  const named = await judge(chosen, targetAt(port, { races }), { jobs: 1 });
  t.match(only(named, 'race'), {
    verdict: 'flaky',
    reason: 'races',
    known: 'two threads',
    tries: { pass: 3, fail: 2 },
  });
  t.match(only(named, 'broken'), { verdict: 'fail', tries: { fail: 5 } });
  t.equal(only(named, 'broken').known, undefined, 'what always fails is no race');
  t.match(only(named, 'steady'), { verdict: 'pass', tries: { pass: 5 } });
  t.equal(exitStatus([only(named, 'race'), only(named, 'steady')], 2), 0);
  t.equal(exitStatus(named.results, 3), 1);
});

t.test('--repeat tries every case so often, and demands the same verdict each time', async t => {
  let tries = 0;
  const wavering: Body = async trial => {
    await trial.open();
    tries += 1;
    if (tries === 3) trial.weak('this once');
  };
  const { port } = await toy(t);
  const report = await judge(cases({ steady: passes, wavering }), targetAt(port), { repeat: 3 });
  t.match(only(report, 'steady'), { verdict: 'pass', tries: { pass: 3 } });
  t.match(only(report, 'wavering'), { verdict: 'flaky', tries: { pass: 2, weak: 1 } });
  t.equal(exitStatus(report.results, 2), 1);
});

t.test('known failures fail nothing, and one that passes fails the run', async t => {
  const { port } = await toy(t);
  const expect = { 'toy/broken': 'a bug upstream', 'toy/mended': 'was a bug' };
  const report = await judge(cases({ broken: fails, mended: passes }), targetAt(port, { expect }));
  t.match(only(report, 'broken'), { verdict: 'fail', known: 'a bug upstream' });
  t.match(only(report, 'mended'), { verdict: 'pass', known: 'was a bug' });
  t.equal(exitStatus([only(report, 'broken')], 1), 0);
  t.equal(exitStatus(report.results, 2), 1);
});

t.test('the exit status', async t => {
  const one = (verdict: Verdict, known?: string): Result =>
    ({ verdict, ...(known === undefined ? {} : { known }) }) as Result;
  const table: readonly (readonly [Verdict, number, number, number, number])[] = [
    // verdict, plain, known, strict, strict and known
    ['pass', 0, 1, 0, 1],
    ['weak', 0, 0, 1, 0],
    ['fail', 1, 0, 1, 0],
    ['flaky', 1, 0, 1, 0],
    ['crash', 1, 1, 1, 1],
    ['not-applicable', 0, 0, 0, 0],
    ['error', 2, 2, 2, 2],
  ];
  for (const [verdict, ...expected] of table) {
    const statuses = [false, true].flatMap(strict => [
      exitStatus([one(verdict)], 1, strict),
      exitStatus([one(verdict, 'why')], 1, strict),
    ]);
    t.same(statuses, expected, verdict);
  }
  t.equal(exitStatus([one('pass')], 2), 2, 'a case that was not run');
  t.equal(exitStatus([one('fail'), one('error')], 2), 2, 'the kit could not do its work wins');
});

// --- crashes -----------------------------------------------------------------------------------------------------------

t.test('a crash is told with the case that causes it, and the run goes on', async t => {
  const subject = await toy(
    t,
    onOrder(() => life.kill()),
  );
  const life = mortal(subject);
  const deadly: Body = async trial => connectionError(trial, await trial.open(), 'PROTOCOL_ERROR', order());
  const bodies = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`sound-${n}`, passes]));
  for (const jobs of [1, 4]) {
    const report = await judge(cases({ ...bodies, deadly }), targetAt(subject.port, life), { jobs, seed: jobs });
    t.match(only(report, 'deadly'), { verdict: 'crash', seen: /signal SIGSEGV.*under this case/, output: /assertion/ });
    t.ok(only(report, 'deadly').transcript.some(({ type, direction }) => type === '0xf0' && direction === '>'));
    t.equal(report.results.filter(({ verdict }) => verdict === 'pass').length, 12);
    t.equal(exitStatus(report.results, 13), 1);
  }
});

t.test('a crash that no case brings about alone is still told', async t => {
  let killed = 0;
  const subject = await toy(
    t,
    onOrder(() => {
      killed += 1;
      if (killed === 1) life.kill();
    }),
  );
  const life = mortal(subject);
  const body: Body = async trial => ignored(trial, await trial.open(), order());
  const report = await judge(cases({ a: body, b: body }), targetAt(subject.port, life), { jobs: 2 });
  t.same(Object.values(verdicts(report)).sort(), ['crash', 'pass']);
  const crash = report.results.find(({ verdict }) => verdict === 'crash');
  t.match(crash, { seen: /none of them alone brings it down/, output: /assertion/ });
});

t.test('a subject that cannot be started again ends the run with what there is', async t => {
  const subject = await toy(
    t,
    onOrder(() => life.kill()),
  );
  const life = mortal(subject, () => Promise.reject(new TargetError('toy: its port is taken')));
  const deadly: Body = async trial => ignored(trial, await trial.open(), order());
  const chosen = cases({ deadly, later: { limited: true, run: passes }, latest: { limited: true, run: passes } });
  const report = await judge(chosen, targetAt(subject.port, life));
  t.same(verdicts(report), { deadly: 'crash' });
  t.match(only(report, 'deadly'), { seen: /cannot be started again: toy: its port is taken/, output: /assertion/ });
  t.equal(report.selected, 3);
  t.equal(exitStatus(report.results, report.selected), 2);
});

t.test('a subject that ends by itself again and again does not hold the run', async t => {
  const subject = await toy(t);
  let calibrated = false;
  const crash = (): Target['crash'] extends () => infer C ? C : never =>
    calibrated ? { how: 'exit status 1', output: '' } : null;
  const listener: Listener = { start: () => (calibrated = true) };
  await t.rejects(judge(cases({ a: passes }), targetAt(subject.port, { crash }), {}, listener), TargetError);
});

// --- time limits -------------------------------------------------------------------------------------------------------

t.test('cases that may rest on a time limit run last, and alone', async t => {
  const { port } = await toy(t);
  let underWay = 0;
  const begun: string[] = [];
  const crowds: number[] = [];
  const body =
    (name: string): Body =>
    async trial => {
      underWay += 1;
      begun.push(name);
      const peer = await trial.open();
      crowds.push(underWay);
      await peer.fence();
      if (name === 'limited') t.equal(underWay, 1);
      underWay -= 1;
    };
  const bodies = Array.from({ length: 6 }, (_, n) => [
    [`free-${n}`, { run: body('free') }],
    [`limited-${n}`, { limited: true as const, run: body('limited') }],
  ]).flat();
  await judge(cases(Object.fromEntries(bodies)), targetAt(port));
  t.same(begun, [...Array(6).fill('free'), ...Array(6).fill('limited')]);
  t.ok(Math.max(...crowds) > 1, 'the others run side by side');
});

t.test('a verdict that rests on a limit although others were under way is found again alone', async t => {
  const { port } = await toy(t);
  const log: string[] = [];
  const limited: Body = async trial => {
    log.push('limited');
    await trial.open();
    trial.limited = true;
  };
  const free: Body = async trial => {
    await trial.open();
    log.push('free');
  };
  const report = await judge(cases({ limited, a: free, b: free, c: free }), targetAt(port));
  t.match(only(report, 'limited'), { verdict: 'pass', limited: true });
  t.equal(log.at(-1), 'limited');
  t.equal(log.filter(name => name === 'limited').length, 2);
});

t.test('a case that runs into its deadline is tried once more, with twice the time', async t => {
  const { port } = await toy(t);
  const tries = { late: 0, never: 0 };
  const wait = (peer: Peer, done: () => boolean): Promise<void> => peer.until(done, 'what is late');
  const late: Body = async trial => {
    tries.late += 1;
    const first = tries.late === 1;
    await wait(await trial.open(), () => !first);
  };
  const never: Body = async trial => {
    tries.never += 1;
    await wait(await trial.open(), () => false);
  };
  const report = await judge(cases({ late, never, free: passes }), targetAt(port), { timeout: 400 });
  t.same(verdicts(report), { late: 'pass', never: 'fail', free: 'pass' });
  t.same(tries, { late: 2, never: 2 });
  t.match(only(report, 'never'), { reason: 'deadline', seen: /^the deadline of 800 ms passed .* what is late$/ });
});

t.test('a frame behind a verdict that rests on a limit makes it an error', async t => {
  let parked: Link | undefined;
  const { port } = await toy(
    t,
    onOrder((link, { stream }) => {
      if (stream === 0) parked = link;
      else parked?.send(rstStream(1, 'PROTOCOL_ERROR'));
      link.send(settings());
    }),
  );
  for (const ending of ['pass', 'fail'] as const) {
    let peer: Peer | undefined;
    const limited: Body = async trial => {
      peer = await trial.open();
      await peer.fence(order());
      trial.limited = true;
      if (ending === 'fail') trial.fail('no reaction within 250 ms');
    };
    const prompt: Body = async trial => {
      const other = await trial.open();
      const seen = (peer as Peer).received.length;
      await other.fence(order(5));
      t.ok(await (peer as Peer).within(2000, () => (peer as Peer).received.length > seen, 'the late frame'));
    };
    const chosen = cases({ limited: { limited: true, run: limited }, prompt: { limited: true, run: prompt } });
    const seed = [0, 1, 2, 3, 4].find(one => ordered(chosen, one)) as number;
    const revised: string[] = [];
    const report = await judge(chosen, targetAt(port), { seed }, { revised: ({ id }) => void revised.push(id) });
    t.match(only(report, 'limited'), { verdict: 'error', reason: 'late-frame', seen: /^1 frame came after/ });
    t.equal(only(report, 'limited').transcript.at(-1)?.type, 'RST_STREAM');
    t.same(revised, ['toy/limited']);
  }

  function ordered(chosen: readonly Case[], seed: number): boolean {
    return shuffleOf(chosen, seed)[0] === 'limited';
  }
});

t.test('places: a case that sits out a limit gives its place back, and goes on at once', async t => {
  const slots = new Slots(1);
  const log: string[] = [];
  let wake = (): void => {};
  const waiting = new Promise<void>(resolve => {
    wake = resolve;
  });
  let finish = (): void => {};
  const busy = new Promise<void>(resolve => {
    finish = resolve;
  });
  const first = slots.hold(async idle => {
    await idle(waiting);
    log.push('first goes on');
  });
  const second = slots.hold(async () => {
    log.push('second begins');
    wake();
    await first;
    await busy;
  });
  const third = slots.hold(async () => void log.push('third begins'));
  await first;
  t.same(log, ['second begins', 'first goes on']);
  finish();
  await Promise.all([second, third]);
  t.equal(log.at(-1), 'third begins');
});

// --- what the subject sends of its own accord --------------------------------------------------------------------------

t.test('a violation seen in passing counts for the passive case of its row, or for the case that saw it', async t => {
  // The reserved bit of the stream identifier, RFC 9113 §4.1.
  const { port } = await toy(
    t,
    onOrder(link => link.send({ ...ping([1, 2, 3, 4, 5, 6, 7, 8]), reserved: true })),
  );
  const seeing: Body = async trial => ignored(trial, await trial.open(), order());
  const chosen = cases({
    seeing,
    judge: { passive: true, requirement: 'rfc9113/4.1/5', run: passes },
    about: { requirement: 'rfc9113/4.1/5', run: seeing },
    bystander: { requirement: 'rfc9113/4.1/5', run: passes },
  });
  const [seer, passive, about, bystander] = chosen as [Case, Case, Case, Case];
  const revised: Verdict[] = [];
  const both = await judge(
    [seer, passive],
    targetAt(port),
    {},
    { revised: ({ verdict }) => void revised.push(verdict) },
  );
  t.same(verdicts(both), { seeing: 'pass', judge: 'fail' });
  t.match(only(both, 'judge'), { reason: 'passive', seen: /reserved bit.*seen in toy\/seeing/ });
  t.ok(
    only(both, 'judge').transcript.some(({ type }) => type === '0xf0'),
    'with the frames that show it',
  );
  t.same(revised, ['fail']);
  t.match(only(await judge([seer], targetAt(port)), 'seeing'), { verdict: 'fail', reason: 'passive' });
  t.same(verdicts(await judge([seer, bystander], targetAt(port))), { seeing: 'fail', bystander: 'pass' });
  t.match(only(await judge([about, passive], targetAt(port)), 'about'), { verdict: 'fail', reason: 'passive' });
});

// --- the order and the end of a run ------------------------------------------------------------------------------------

const many = cases(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`case-${n}`, passes])));

function shuffleOf(chosen: readonly Case[], seed: number): readonly string[] {
  return shuffle(chosen, seed).map(({ id }) => id.slice(4));
}

t.test('the seed makes the order; the report is in that of the catalogue', async t => {
  const { port } = await toy(t);
  const orderOf = async (seed: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    const report = await judge(many, targetAt(port), { seed, jobs: 1 }, { result: ({ id }) => void ids.push(id) });
    t.same(
      report.results.map(({ id }) => id),
      many.map(({ id }) => id),
    );
    t.equal(report.seed, seed);
    return ids;
  };
  const first = await orderOf(7);
  t.same(await orderOf(7), first);
  t.notSame(await orderOf(8), first);
  t.same([...first].sort(), many.map(({ id }) => id).sort());
});

t.test('--bail stops at the first result that fails the run, and at no known failure', async t => {
  const { port } = await toy(t);
  const chosen = cases({
    broken: fails,
    ...Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`c${n}`, passes])),
  });
  const seed = [...Array(50).keys()].find(one => shuffleOf(chosen, one).indexOf('broken') === 2) as number;
  const stopped = await judge(chosen, targetAt(port), { seed, jobs: 1, bail: true });
  t.equal(stopped.results.length, 3);
  t.equal(stopped.selected, 10);
  const expect = { 'toy/broken': 'known' };
  t.equal((await judge(chosen, targetAt(port, { expect }), { seed, jobs: 1, bail: true })).results.length, 10);
});

t.test('an aborted run gives what it has', async t => {
  const { port } = await toy(t);
  const abort = new AbortController();
  const listener: Listener = { result: (_, done) => void (done === 4 && abort.abort()) };
  const options = { ...DEFAULT_OPTIONS, jobs: 1 };
  const report = await run(many, targetAt(port), options, [listener], abort.signal);
  t.equal(report.results.length, 4);
});

t.test('two cases of one id are not two results', async t => {
  const { port } = await toy(t);
  const [one] = cases({ one: passes }) as [Case];
  await t.rejects(judge([one, one], targetAt(port)), /2 cases were chosen and 1 were run/);
});

// --- rude subjects -----------------------------------------------------------------------------------------------------

/** Writes the octets again and again, as fast as the kit reads. */
function flood({ socket }: Link, octets: Uint8Array): void {
  const pour = (): void => {
    while (socket.writable && socket.write(octets));
    if (socket.writable) socket.once('drain', pour);
  };
  pour();
}

const times = (count: number, one: Frame): Uint8Array => concat(Array(count).fill(encodeFrame(one)));

t.test('a flood ends the case, whatever it is made of', async t => {
  const floods: Readonly<Record<string, Uint8Array>> = {
    PING: times(1000, ping([1, 2, 3, 4, 5, 6, 7, 8])),
    'PING acknowledgements': times(1000, ping([1, 2, 3, 4, 5, 6, 7, 8], true)),
    SETTINGS: times(1000, settings([['ENABLE_PUSH', 1]])),
    'empty DATA': times(1000, data(1, '')),
    'full DATA': times(10, data(1, 'x'.repeat(16_384))),
    GOAWAY: times(1000, goaway(1)),
    'frames of 16 MiB': encodeFrame(frame(0xf1, 0, 0, new Uint8Array(2 ** 24 - 1))),
    'empty CONTINUATION': times(1000, continuation(1, new Uint8Array(0), false)),
    'full CONTINUATION': times(10, continuation(1, new Uint8Array(16_384), false)),
    'RST_STREAM of other streams': times(1000, rstStream(4)),
    PUSH_PROMISE: times(1000, pushPromise(1, 2, indexed(2))),
  };
  for (const [name, octets] of Object.entries(floods)) {
    const { port } = await toy(
      t,
      onOrder(link => flood(link, octets)),
    );
    let peer: Peer | undefined;
    const one = await tried(port, async trial => {
      peer = await trial.open();
      await peer.fence(order());
      await peer.until(() => false, 'the end of the flood');
    });
    t.match(one, { verdict: 'fail', seen: /floods the connection/ }, name);
    t.ok(one.transcript.length <= 2500, name);
    t.ok((peer?.received.length ?? Number.NaN) <= 50_000, name);
    const kept = peer?.received.reduce((sum, { frame }) => sum + frame.payload.length, 0);
    t.ok((kept ?? Number.NaN) <= 2 ** 25, name);
    t.equal(new Set(one.findings.map(({ requirement }) => requirement)).size, one.findings.length, name);
  }
});

t.test('of a large response the frames are kept, and not all of the content', async t => {
  const frames = 1280;
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type !== FRAME_TYPE.HEADERS || stream !== 5) return false;
    const piece = data(5, 'x'.repeat(16_384));
    send(headers(5, indexed(8)), ...Array(frames).fill(piece), data(5, '', { endStream: true }));
    return true;
  });
  const one = await tried(port, async trial => {
    const peer = await trial.open({ roomy: true, settings: [['INITIAL_WINDOW_SIZE', 2 ** 31 - 1]] });
    const record = await peer.answer(peer.ask());
    t.equal(record.octets, frames * 16_384);
    const received = peer.received.filter(({ frame, payload }) => frame.stream === 5 && payload.type === 'DATA');
    t.equal(received.length, frames + 1);
    const kept = received.reduce((sum, { frame }) => sum + frame.payload.length, 0);
    t.ok(kept <= 2 ** 23, `${kept} octets`);
  });
  t.equal(one.verdict, 'pass');
});

t.test('other frames that never cease are no missing acknowledgement', async t => {
  const { port } = await toy(t, ({ type, payload }, { send }) => {
    if (type === FRAME_TYPE.PING) send(windowUpdate(0, 1), ping(payload, true), windowUpdate(0, 1));
    return type === FRAME_TYPE.PING;
  });
  const one = await tried(port, async trial => void (await (await trial.open()).fence()), 700);
  t.equal(one.verdict, 'fail');
  t.match(one.seen, /floods|two PING round trips without another frame/);
  t.not(one.reason, 'barrier-unanswered');
});

t.test('octets that are no frames end the case, and are shown', async t => {
  const half = encodeFrame(data(5, 'x'.repeat(100))).subarray(0, 40);
  const texts: Readonly<Record<string, Uint8Array | string>> = {
    'half a frame': half,
    'HTTP/1.1 mid-connection': 'HTTP/1.1 400 Bad Request\r\n\r\n',
    'a frame of 16 MiB announced': Uint8Array.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 7),
  };
  for (const [name, octets] of Object.entries(texts)) {
    const { port } = await toy(
      t,
      onOrder(({ octets: write }) => write(octets)),
    );
    const one = await tried(port, async trial => void (await (await trial.open()).fence(order())), 700);
    t.match(one, { verdict: 'fail', reason: 'barrier-unanswered' }, name);
    const [last] = one.transcript.slice(-1);
    t.match(last, { type: 'OCTETS', direction: '<', payload: /octets that are no whole frame/ }, name);
    t.ok(last?.raw.startsWith(Buffer.from(octets).toString('hex')), name);
  }
});

t.test('garbage instead of frames ends the case', async t => {
  let state = 1;
  const garbage = Uint8Array.from({ length: 200_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state >>> 16;
  });
  const { port } = await toy(
    t,
    onOrder(link => {
      link.octets(garbage);
      link.socket.end();
    }),
  );
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    await peer.fence(order());
    await peer.until(() => peer.end !== null, 'the end');
    trial.fail('garbage');
  });
  t.equal(one.verdict, 'fail');
});

t.test('a subject that leaves, resets or is not there', async t => {
  const { port } = await toy(
    t,
    onOrder(({ socket }, { stream }) => void (stream === 0 ? socket.end() : socket.resetAndDestroy())),
  );
  const cut = (stream: number): Body => {
    return async trial => {
      const peer = await trial.open();
      await peer.fence(order(stream));
      await peer.until(() => peer.end !== null, 'the end');
      peer.send(ping([1, 2, 3, 4, 5, 6, 7, 8]));
      trial.fail(`${peer.end}`);
    };
  };
  const fin = await tried(port, cut(0));
  t.match(fin, { seen: 'FIN', cut: true });
  t.match(fin.transcript.at(-1), { type: 'PING', note: /not sent/ });
  t.match(await tried(port, cut(1)), { seen: 'RESET', cut: true });
  t.equal((await tried(port, passes)).cut, false);
  const gone = await toy(t);
  await gone.die();
  t.match(await tried(gone.port, passes), { verdict: 'error', reason: 'dial', seen: /ECONNREFUSED/ });
});

// --- before the run ----------------------------------------------------------------------------------------------------

t.test('a subject that cannot be judged is told with the fix', async t => {
  const http1 = createHttp((_, response) => void response.end('hello'));
  const mute = createServer(socket => void socket.on('error', () => {}));
  for (const server of [http1, mute]) {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
  }
  const at = (server: { address(): unknown }): Target => targetAt((server.address() as AddressInfo).port);
  t.match(await complaint(calibrate(at(http1), 2000)), /answers in HTTP\/1\.1: enable HTTP\/2 with prior knowledge/);
  t.match(await complaint(calibrate(at(mute), 100)), /did not complete the HTTP\/2 handshake in 100 ms.*--timeout/);

  const gone = await toy(t);
  await gone.die();
  t.match(await complaint(calibrate(targetAt(gone.port), 2000)), /cannot connect.*ECONNREFUSED/);

  const { port } = await toy(t);
  const resources = (small: string, size?: number, large = '/large'): Target =>
    targetAt(port, {}, { small: { path: small, ...(size === undefined ? {} : { size }) }, large: { path: large } });
  t.match(await complaint(calibrate(resources('/empty'), 2000)), /GET \/empty has no content.*--resource small=/);
  t.match(await complaint(calibrate(resources('/nowhere'), 2000)), /GET \/nowhere answers 404.*--resource small=/);
  t.match(await complaint(calibrate(resources('/', 17), 2000)), /has 16 octets where the manifest says 17/);
  t.match(await complaint(calibrate(resources('/', 16, '/'), 2000)), /resources\.large wants a 200 of at least 100000/);

  const { port: closed } = await toy(t, ({ type }, { send }) => {
    if (type === FRAME_TYPE.SETTINGS) send(settings([['MAX_CONCURRENT_STREAMS', 0]]));
    return false;
  });
  t.match(await complaint(calibrate(targetAt(closed), 2000)), /SETTINGS_MAX_CONCURRENT_STREAMS is reached/);

  const { port: never } = await toy(t, ({ type }) => type === FRAME_TYPE.HEADERS);
  t.match(await complaint(calibrate(targetAt(never), 700)), /GET \/ got no answer in 700 ms.*--resource small=/);
});

t.test('what the subject serves is learnt', async t => {
  const { port } = await toy(t);
  t.match(await calibrate(targetAt(port), 2000), {
    small: { path: '/', status: 200, size: 16 },
    large: { path: '/large', status: 200, size: 100_000 },
    other: { status: 404, size: 9 },
    upload: null,
    tls: null,
  });
});

t.test('a subject that refuses everything is judged, and passes nothing', async t => {
  const refusing: Manners = ({ type }, link) => {
    if (type === FRAME_TYPE.HEADERS) refuse(link);
    return type === FRAME_TYPE.HEADERS;
  };
  const garbled: Manners = ({ type, stream }, { send }) => {
    if (type === FRAME_TYPE.HEADERS) send(headers(stream, indexed(0), { endStream: true }));
    return type === FRAME_TYPE.HEADERS;
  };
  const refused: Body = async trial => connectionError(trial, await trial.open(), 'PROTOCOL_ERROR', order());
  for (const manners of [refusing, garbled]) {
    const { port } = await toy(t, manners);
    t.equal(only(await judge(cases({ refused }), targetAt(port)), 'refused').verdict, 'fail');
  }
});

// --- fences ------------------------------------------------------------------------------------------------------------

interface Fence {
  readonly outcome: string;
  readonly pings: number;
  readonly resets: number;
}

/** Fences an order against a toy that deals with the n-th PING behind it as it likes. */
async function fenced(t: Test, react: (n: number, link: Link, ack: Frame) => boolean): Promise<Fence> {
  let pings = 0;
  let ordered = false;
  const { port } = await toy(t, ({ type, payload, flags }, link) => {
    ordered ||= type === ORDER;
    if (!ordered || type !== FRAME_TYPE.PING || flags !== 0) return type === ORDER;
    pings += 1;
    return react(pings, link, ping(payload, true));
  });
  let resets = 0;
  let outcome = '';
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    outcome = await peer.fence(order());
    resets = peer.received.filter(({ payload }) => payload.type === 'RST_STREAM').length;
  });
  t.match(one.verdict, 'pass');
  return { outcome, pings, resets };
}

t.test('the fence: two PINGs one after the other, and any other frame between them starts it anew', async t => {
  t.same(await fenced(t, () => false), { outcome: 'quiet', pings: 2, resets: 0 }, 'nothing comes');
  const before = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(rstStream(1), ack);
    return n === 1;
  });
  t.same(before, { outcome: 'quiet', pings: 3, resets: 1 }, 'before the first acknowledgement');
  const behind = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(ack, rstStream(1));
    return n === 1;
  });
  t.equal(behind.resets, 1, 'in the read of the first acknowledgement');
  const between = await fenced(t, (n, { send }, ack) => {
    if (n === 2) send(rstStream(1), ack);
    return n === 2;
  });
  t.same(between, { outcome: 'quiet', pings: 4, resets: 1 }, 'between the first and the second');
  const last = await fenced(t, (n, { send }, ack) => {
    if (n === 2) send(ack, rstStream(1));
    return n === 2;
  });
  t.equal(last.resets, 1, 'in the read of the second: it is drained first');
});

t.test('the fence: what the subject pings does not count, and GOAWAY ends it', async t => {
  const own = await fenced(t, (n, { send }, ack) => {
    send(ping([n, 0, 0, 0, 0, 0, 0, 0]), ack);
    return true;
  });
  t.same(own, { outcome: 'quiet', pings: 2, resets: 0 });
  const wrong = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(ping([9, 9, 9, 9, 9, 9, 9, 9], true), goaway(1), ack);
    return n === 1;
  });
  t.same(wrong, { outcome: 'over', pings: 1, resets: 0 }, 'only its own octets answer a PING');
});

t.test('the stimulus goes out in one write with the first PING', async t => {
  const reads: number[] = [];
  const { port, links } = await toy(t);
  await passed(t, port, async trial => {
    const peer = await trial.open();
    links[0]?.socket.on('data', chunk => reads.push(chunk.length));
    await peer.fence(order(), order());
  });
  t.same(reads, [2 * 10 + 17, 17]);
});

t.test('what the kit owes goes out behind the read, never after GOAWAY', async t => {
  const answer = async (...frames: readonly Frame[]): Promise<readonly Frame[]> => {
    let at = 0;
    const { port, links } = await toy(
      t,
      onOrder(link => {
        at = link.frames.length;
        link.send(...frames);
      }),
    );
    let closed: Promise<unknown> = Promise.resolve();
    await tried(port, async trial => {
      const peer = await trial.open();
      const { socket } = links[0] as Link;
      closed = new Promise(resolve => socket.on('close', resolve));
      await peer.fence(order());
    });
    await closed;
    return (links[0] as Link).frames.slice(at).filter(({ flags }) => flags === 1);
  };
  const opaque = [1, 1, 1, 1, 1, 1, 1, 1];
  t.same(await answer(settings(), ping(opaque)), [settingsAck(), ping(Uint8Array.from(opaque), true)]);
  t.same(await answer(settings(), ping(opaque), goaway(1)), []);
});

t.test('what the kit owes waits for the end of a field block that the case left open', async t => {
  const { port, links } = await toy(t, ({ type, flags, stream }, { send }) => {
    if (type === ORDER) send(settings());
    const open = type === FRAME_TYPE.HEADERS && (flags & 4) === 0;
    if (open) send(settings([['MAX_FRAME_SIZE', 1]]), ping([7, 7, 7, 7, 7, 7, 7, 7]));
    if (type === FRAME_TYPE.CONTINUATION) send(headers(stream, indexed(8), { endStream: true }));
    return open;
  });
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    const block = plainBlock(peer.fieldsOf());
    const stream = peer.nextStream();
    const seen = peer.received.length;
    peer.send(headers(stream, block.subarray(0, 20), { endStream: true, endHeaders: false }));
    await peer.until(() => peer.received.length >= seen + 2, 'a PING');
    peer.send(continuation(stream, block.subarray(20)));
    await peer.answer(stream);
    await peer.fence();
  });
  t.equal(one.verdict, 'pass');
  const types = (links[0] as Link).frames.map(({ type, flags }) => `${type}/${flags & 5}`);
  const at = types.indexOf(`${FRAME_TYPE.HEADERS}/1`);
  t.same(types.slice(at, at + 4), ['1/1', '9/4', '4/1', '6/1']);
});

t.test('RST_STREAM is the reaction, a whole response is none', async t => {
  const body =
    (skipped: number): Body =>
    async trial => {
      const peer = await trial.open();
      for (let i = 0; i < skipped; i += 1) peer.nextStream();
      const post = peer.request({ method: 'POST', endStream: false });
      await streamError(trial, peer, post.stream, 'PROTOCOL_ERROR', { ...post, type: ORDER }, post);
    };
  const { port } = await toy(t, ({ type, stream }, link) => {
    if (type === ORDER) {
      if (stream === 5) link.send(rstStream(5, 'PROTOCOL_ERROR'));
      else link.send(headers(stream, indexed(8), { endStream: true }), rstStream(stream, 'NO_ERROR'));
    }
    return type === ORDER || (type === FRAME_TYPE.HEADERS && stream > 3);
  });
  t.match(await tried(port, body(0)), { verdict: 'pass', seen: /RST_STREAM PROTOCOL_ERROR on stream 5/ });
  t.match(await tried(port, body(1)), { verdict: 'fail', seen: /the stream is served: status 200/ });
});

t.test('credit does not lengthen the slowest answer', async t => {
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type === FRAME_TYPE.WINDOW_UPDATE && stream === 5) send(data(5, 'y', { endStream: true }));
    if (type === FRAME_TYPE.HEADERS && stream === 5) send(headers(5, indexed(8)), data(5, 'x'));
    return stream === 5;
  });
  await passed(t, port, async trial => {
    const peer = await trial.open();
    const held = peer.ask();
    await peer.until(() => peer.stream(held).octets === 1, 'the first octet');
    await peer.within(300, () => false, 'nothing');
    const before = peer.slowest;
    const start = performance.now();
    peer.send(windowUpdate(held, 1));
    await peer.answer(held);
    t.ok(peer.slowest <= Math.max(before, performance.now() - start), `${peer.slowest} ms`);
    t.equal(peer.limit, Math.max(250, Math.ceil(20 * peer.slowest)));
  });
});

t.test('CONTINUATION of a promise does not end the stream', async t => {
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type === ORDER) send(pushPromise(5, 2, indexed(2), { endHeaders: false }), continuation(5, indexed(6)));
    return type === ORDER || (type === FRAME_TYPE.HEADERS && stream === 5);
  });
  await passed(t, port, async trial => {
    const peer = await trial.open();
    const get = peer.ask();
    await peer.fence(order());
    t.equal(peer.ledger.stream(2)?.promised, true);
    t.equal(peer.stream(get).gotEnd, false);
  });
});

// --- the books ---------------------------------------------------------------------------------------------------------

t.test('windows follow SETTINGS of both sides', async t => {
  const ledger = new Ledger();
  const before = ledger.open(1);
  t.same([before.sendWindow, before.receiveWindow], [65_535, 65_535]);

  ledger.applyTheirs([[4, 100]]);
  t.equal(before.sendWindow, 100);
  before.sendWindow -= 100;
  ledger.applyTheirs([[4, 10]]);
  t.equal(before.sendWindow, -90, 'a shrink may go below zero');
  t.equal(ledger.open(3).sendWindow, 10);

  ledger.sendOurs([['INITIAL_WINDOW_SIZE', 100_000]]);
  t.equal(before.receiveWindow, 100_000, 'growth is granted when it is sent');
  ledger.sendOurs([['INITIAL_WINDOW_SIZE', 5]]);
  t.equal(before.receiveWindow, 100_000, 'a shrink is not');
  t.equal(ledger.largest('INITIAL_WINDOW_SIZE'), 100_000);
  ledger.acknowledge();
  t.equal(before.receiveWindow, 100_000, 'the first acknowledgement is of the first SETTINGS');
  t.equal(ledger.setting('ours', 'INITIAL_WINDOW_SIZE'), 100_000);
  ledger.acknowledge();
  t.equal(before.receiveWindow, 5);
  t.equal(ledger.open(5).receiveWindow, 5);
  t.equal(ledger.acknowledge(), undefined);

  t.equal(ledger.activeStreams, 3);
  before.sentEnd = true;
  before.gotEnd = true;
  t.equal(ledger.activeStreams, 2);
  ledger.open(2, true);
  t.same([ledger.activeStreams, ledger.highestPromised, ledger.highestSent], [2, 2, 5]);
});

t.test('the kit waits for the acknowledgement of the SETTINGS it means', async t => {
  let waiting = 0;
  const { port } = await toy(t, ({ type, flags }, { send }) => {
    if (type === FRAME_TYPE.PING) {
      for (; waiting > 0; waiting -= 1) send(settingsAck());
      return false;
    }
    if (type !== FRAME_TYPE.SETTINGS || flags !== 0) return false;
    waiting += 1;
    if (waiting === 2) send(settingsAck());
    return true;
  });
  await passed(t, port, async (trial: Trial) => {
    const peer = await trial.dial();
    peer.preface([], ping([1, 2, 3, 4, 5, 6, 7, 8]));
    await trial.handshaken(peer);
    peer.send(settings([['MAX_FRAME_SIZE', 20_000]]));
    let changed = false;
    const change = peer.change(['MAX_FRAME_SIZE', 30_000]).then(() => {
      changed = true;
    });
    await peer.until(() => peer.settingsAcks === 2, 'the first of two');
    t.equal(changed, false);
    await peer.fence();
    await change;
    t.equal(peer.ledger.setting('ours', 'MAX_FRAME_SIZE'), 30_000);
    await trial.control(peer);
  });
});

// --- transcripts -------------------------------------------------------------------------------------------------------

t.test('field blocks of the kit are told by their instructions', async t => {
  t.equal(
    describeBlock(
      concat([
        sizeUpdate(0),
        indexed(2),
        indexed(62),
        literal(':path', '/x'),
        literal(4, '/y', 'incremental', true),
        literal(70, 'v', 'never'),
        literal('x-empty', ''),
      ]),
    ),
    'size update 0; index 2 (:method GET); index 62; :path /x; :path /y; name of index 70 v; x-empty',
  );
  t.equal(describeBlock(Uint8Array.of(0x40, 0x7f)), null);
  t.equal(describeBlock(new Uint8Array(0)), null);
  t.match(describeBlock(concat(Array(500).fill(indexed(2)))), /; and 400 more$/);

  const { port } = await toy(t);
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    const block = plainBlock([':method', 'GET', ':path', '/']);
    peer.violate(
      headers(5, block.subarray(0, 5), { endHeaders: false }),
      continuation(5, block.subarray(5, 14), false),
      continuation(5, indexed(2)),
      headers(7, indexed(4), { endHeaders: false }),
      continuation(7, indexed(62)),
      pushPromise(1, 2, indexed(3)),
    );
    await peer.until(() => true, 'nothing');
  });
  const said = one.transcript.filter(({ note }) => note === 'on purpose').map(({ payload }) => payload);
  t.same(said, [
    'fragment of 5 octets',
    'fragment of 9 octets',
    'fragment of 1 octets',
    'index 4 (:path /)',
    'index 62',
    'promises 2; index 3 (:method POST)',
  ]);
  const control = one.transcript.find(({ direction, type }) => direction === '>' && type === 'HEADERS');
  t.match(control?.payload, /^:method GET; :scheme http; :authority 127\.0\.0\.1:\d+; :path \/$/);
  const answer = one.transcript.find(({ direction, type }) => direction === '<' && type === 'HEADERS');
  t.match(answer?.payload, /^:status 200; date /);
});

t.test('a long record keeps its beginning and its end, and says what is left out', async t => {
  const record = (count: number, payload = ''): Transcript => {
    const transcript = new Transcript();
    for (let i = 0; i < count; i += 1) transcript.event('<', 1, `E${i}`, payload);
    return transcript;
  };
  t.equal(record(2500).entries.length, 2500);
  t.notOk(record(2500).entries.some(({ note }) => note !== undefined));
  for (const count of [2501, 2999, 3000, 3001, 10_000]) {
    const { entries } = record(count);
    t.equal(entries.length, 2500);
    t.equal(entries[1999]?.type, 'E1999');
    t.equal(entries[2000]?.type, `E${count - 500}`);
    t.equal(entries[2000]?.note, `${count - 2500} entries before this one are left out`);
    t.equal(entries.at(-1)?.type, `E${count - 1}`);
    t.equal(entries.filter(({ note }) => note !== undefined).length, 1);
  }
  const wordy = record(2400, 'w'.repeat(1000)).entries;
  t.ok(wordy.length < 800, 'or so many characters');
  t.equal(wordy.at(-1)?.type, 'E2399');
});
