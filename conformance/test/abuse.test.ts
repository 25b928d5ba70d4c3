/** The suite "abuse" against the reference server, and the guard that keeps it on this machine. */
import t from 'tap';
import { FRAME_TYPE, ping } from '../../wire/index.ts';
import { type AbuseCase, type AbuseCaseBody, abuses } from '../abuse/case.ts';
import { inTime } from '../abuse/patience.ts';
import { abuseCases } from '../cases/abuse/index.ts';
import { keeps, ofType } from '../faults/abuse/servers.ts';
import { attempt } from '../runner/attempt.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import type { Endpoint } from '../subject.ts';
import { openTarget } from '../targets/index.ts';
import { checkLoopback } from '../targets/loopback.ts';
import { groupMeter } from '../targets/memory.ts';
import { subjectAt, targetAt, toy } from './toy.ts';

const at = (host: string): Endpoint => ({ scheme: 'http', host, port: 80 });

t.test('addresses of the loopback are free to abuse, no others', async t => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', 'localhost'])
    await t.resolves(checkLoopback(at(host)), host);
  for (const host of [
    '192.0.2.1',
    '10.0.0.1',
    '0.0.0.0',
    '::',
    '2001:db8::1',
    '::ffff:192.0.2.1',
    'no-such-name.invalid',
  ])
    await t.rejects(checkLoopback(at(host)), { name: 'TargetError', message: /say --i-own-this-server/ }, host);
});

t.test('a fault has the memory that it takes, and gives it back', async t => {
  const rss = (): number => process.memoryUsage.rss() / 2 ** 20;
  const { wire, free } = keeps(ofType(FRAME_TYPE.PING), 2 ** 20)();
  const before = rss();
  const { toServer } = wire({ toClient: () => {}, toServer: () => {}, close: () => {} });
  for (let n = 0; n < 400; n += 1) toServer?.(ping(new Uint8Array(8)));
  const taken = rss() - before;
  t.ok(taken > 200 && taken < 300, `${taken} MiB of 400 are taken: enough to be seen, and no more`);
  free?.();
  t.ok(rss() - before < 40, 'it is given back at once');
});

t.test('the reference server stands every abuse, in any order', { timeout: 240_000 }, async t => {
  const target = await openTarget('reference', { loopbackOnly: true });
  try {
    for (const seed of [1, 2]) {
      const { results } = await run(abuseCases, target, { ...DEFAULT_OPTIONS, seed, timeout: 20_000 });
      t.equal(results.length, abuseCases.length);
      t.same(
        results.filter(({ verdict }) => verdict !== 'pass').map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
        [],
        `seed ${seed}`,
      );
    }
    if (process.platform === 'linux') {
      const octets = target.meter?.()?.() ?? 0;
      t.ok(octets > 2 ** 24 && octets < 2 ** 30, `the memory of the server is measured: ${octets} octets`);
    }
  } finally {
    await target.stop();
  }
  t.equal(target.meter?.() ?? null, null, 'a server that has ended has none');
});

t.test(
  'a deadline is held against the server where the wait alone was long, else the case has another try',
  async t => {
    const { port } = await toy(t);
    const tries = { starved: 0, late: 0, slow: 0 };
    const waits = (least: number, seen: () => boolean): AbuseCaseBody['run'] => {
      return async trial => {
        const peer = await trial.begin();
        await inTime(peer.until(seen, 'the answer'), least, ms => `nothing for ${ms} ms`);
      };
    };
    const body = (name: keyof typeof tries, least: number, last: number): AbuseCaseBody => ({
      title: `the title of ${name}`,
      bound: 'nothing',
      cve: [],
      run: trial => {
        tries[name] += 1;
        const mine = tries[name];
        return waits(least, () => mine >= last)(trial);
      },
    });
    const chosen = abuses({
      starved: body('starved', 0, 9),
      late: body('late', 60_000, 2),
      slow: body('slow', 60_000, 9),
    });
    const { results } = await run(chosen, targetAt(port), { ...DEFAULT_OPTIONS, seed: 1, timeout: 200 });
    const told = Object.fromEntries(results.map(({ id, verdict, reason, seen }) => [id, { verdict, reason, seen }]));
    t.match(told['abuse/starved'], { verdict: 'fail', reason: 'deadline', seen: /^nothing for \d+ ms$/ });
    t.match(told['abuse/late'], { verdict: 'pass' });
    t.match(told['abuse/slow'], { verdict: 'error', reason: 'deadline', seen: /while the kit waits for the answer$/ });
    t.same(tries, { starved: 1, late: 2, slow: 2 });
    const one = await attempt(chosen[0] as AbuseCase, subjectAt(port), 200, wait => wait);
    t.match(one, { verdict: 'fail', limited: true, parked: [] }, 'and what it holds is let go for the next case');
  },
);

t.test('no group, no measure', async t => {
  t.equal(groupMeter(2 ** 31 - 1), null);
});
