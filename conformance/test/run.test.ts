/** How a run goes, and what becomes of its cases. */
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { data, FLAG, FRAME_TYPE, headers, indexed, ping, rstStream, settings } from '../../wire/index.ts';
import type { Case } from '../case.ts';
import { connectionError, ignored } from '../expect.ts';
import type { Peer } from '../peer/peer.ts';
import { exitStatus, type Result, type Verdict } from '../result.ts';
import { calibrate } from '../runner/calibrate.ts';
import { Deadline } from '../runner/deadline.ts';
import { DEFAULT_OPTIONS, type Listener } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { shuffle } from '../runner/shuffle.ts';
import { Slots } from '../runner/slots.ts';
import { type Target, TargetError } from '../targets/target.ts';
import {
  type Body,
  bareClose,
  cases,
  complaint,
  fails,
  judge,
  only,
  onOrder,
  order,
  passes,
  refuse,
  soundServer,
  tried,
  verdicts,
} from './judging.ts';
import { type Link, type Manners, mortal, targetAt, toy } from './toy.ts';

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

  const { port: closed } = await toy(t, ({ type, flags }, { send }) => {
    if (type === FRAME_TYPE.SETTINGS && (flags & FLAG.ACK) === 0) send(settings([['MAX_CONCURRENT_STREAMS', 0]]));
    return false;
  });
  t.match(
    await complaint(calibrate(targetAt(closed), 2000)),
    /SETTINGS_MAX_CONCURRENT_STREAMS is still 0 after 2000 ms/,
  );

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
