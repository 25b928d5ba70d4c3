/** The suite "abuse" against the reference server, and the guard that keeps it on this machine. */
import t from 'tap';
import { abuseCases } from '../cases/abuse/index.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import type { Endpoint } from '../subject.ts';
import { openTarget } from '../targets/index.ts';
import { checkLoopback } from '../targets/loopback.ts';
import { groupMeter } from '../targets/memory.ts';

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

t.test('the reference server stands every abuse, in any order', { timeout: 120_000 }, async t => {
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

t.test('no group, no measure', async t => {
  t.equal(groupMeter(2 ** 31 - 1), null);
});
