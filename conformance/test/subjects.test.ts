/** The whole catalogue against servers that others wrote, and against the reference server as a child process. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { catalogue } from '../cases/index.ts';
import { findH2spec, runH2spec } from '../h2spec/index.ts';
import type { Report } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { openTarget, type Target } from '../targets/index.ts';

/** Why the peer cannot be used on this machine, or false; where peers are required, its absence is a failure of the test. */
function absent(command: string): string | false {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', command], { stdio: 'ignore' });
    return false;
  } catch {
    return `${command} is not installed`;
  }
}

async function withTarget(name: string, work: (target: Target) => Promise<void>): Promise<void> {
  const target = await openTarget(name, {});
  try {
    await work(target);
  } finally {
    await target.stop();
  }
}

const judge = (target: Target, seed: number): Promise<Report> =>
  run(catalogue, target, { ...DEFAULT_OPTIONS, seed, timeout: 10_000 });

const verdicts = (report: Pick<Report, 'results'>): string[] =>
  report.results.map(({ id, verdict }) => `${id}: ${verdict}`);

t.test('the reference server passes every case, in any order', { timeout: 120_000 }, async t => {
  await withTarget('reference', async target => {
    for (const seed of [1, 2, 3]) {
      const { results } = await judge(target, seed);
      t.equal(results.length, catalogue.length);
      t.same(
        results
          .filter(({ verdict, reason }) => verdict !== 'pass' && reason !== 'not-claimed')
          .map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
        [],
        `seed ${seed}`,
      );
      t.ok(results.filter(({ limited }) => limited).length <= 4, 'at most four verdicts rest on a time limit');
    }
  });
});

/** Why h2spec cannot be run here, or false. */
function withoutH2spec(): string | false {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  try {
    findH2spec();
    return false;
  } catch {
    return 'h2spec is not installed';
  }
}

t.test('h2spec passes the reference server', { skip: withoutH2spec(), timeout: 120_000 }, async t => {
  await withTarget('reference', async target => {
    const results = await runH2spec(target, { binary: findH2spec() });
    t.ok(results.length >= 145, `${results.length} cases`);
    t.same(
      results.filter(({ verdict }) => verdict !== 'pass').map(({ id, title }) => `${id} ${title}`),
      [],
    );
  });
});

t.test('the reference server passes every case with the application behind a pipe', { timeout: 120_000 }, async t => {
  await withTarget('process', async target => {
    const { results } = await run(catalogue, target, { ...DEFAULT_OPTIONS, seed: 4, timeout: 10_000 });
    t.equal(results.length, catalogue.length);
    t.same(
      results
        .filter(
          result => result.verdict !== 'pass' && result.verdict !== 'not-applicable' && result.known === undefined,
        )
        .map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
      [],
    );
  });
});

t.test('node:http2 under MSGI breaks what its manifest says, and no more', { timeout: 240_000 }, async t => {
  await withTarget('to-node', async target => {
    const runs = [await judge(target, 6), await judge(target, 7)] as const;
    for (const { results } of runs) {
      const broken = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'error' || verdict === 'crash');
      t.same(
        broken.filter(({ known }) => known === undefined).map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
        [],
      );
      t.same(broken.map(({ id }) => id).sort(), Object.keys(target.expect).sort(), 'each known failure is one');
    }
    t.same(verdicts(runs[1]), verdicts(runs[0]), 'in another order');
  });
});

/** Why the server in Python cannot be used here, or false. */
function withoutH2(): string | false {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import h2'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no python3 with the h2 library';
  }
}

t.test(
  'a server in Python passes every case, or is known to fail it',
  { skip: withoutH2(), timeout: 120_000 },
  async t => {
    await withTarget('python-h2', async target => {
      const { results } = await run(catalogue, target, { ...DEFAULT_OPTIONS, seed: 5, timeout: 10_000 });
      const sound = ['pass', 'weak', 'not-applicable'];
      t.equal(results.length, catalogue.length);
      t.same(
        results
          .filter(({ verdict, known }) => !sound.includes(verdict) && known === undefined)
          .map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
        [],
      );
    });
  },
);

for (const [name, command] of [
  ['node-http2', 'node'],
  ['nginx', 'nginx'],
  ['nghttpd', 'nghttpd'],
  ['go', 'go'],
  ['apache', 'apache2'],
  ['h2o', 'h2o'],
  ['caddy', 'caddy'],
  ['haproxy', 'haproxy'],
  ['nghttpx', 'nghttpx'],
  ['hypercorn', 'hypercorn'],
] as const) {
  t.test(
    `${name}: no error, and the same verdicts in another order`,
    { skip: absent(command), timeout: 200_000 },
    async t => {
      await withTarget(name, async target => {
        const first = await judge(target, 11);
        const second = await judge(target, 12);
        const errors = first.results.filter(({ verdict }) => verdict === 'error');
        t.same(
          errors.map(({ id, seen }) => `${id}: ${seen}`),
          [],
        );
        // What the manifest says is a race is one.
        const steady = ({ results }: Report): string[] =>
          verdicts({ results: results.filter(({ id }) => target.races[id] === undefined) });
        t.same(steady(second), steady(first));
        t.ok(
          first.results.filter(({ verdict }) => verdict === 'pass').length >
            first.results.filter(({ verdict }) => verdict !== 'not-applicable').length / 2,
          'a sound server mostly passes',
        );
      });
    },
  );
}
