/** Sound subjects that are unlike the reference server: no case fails them, and few do not apply. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Result } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { select } from '../selection.ts';
import { openTarget } from '../targets/index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`unusual/${name}`, import.meta.url));

const RESOURCES = {
  small: { path: '/', size: 16 },
  large: { path: '/large', size: 2_097_152 },
  upload: { path: '/upload' },
  other: { path: '/other', size: 10 },
};

/** Runs the suites against a target that is described so. */
async function judged(t: Test, manifest: object, suites: readonly string[]): Promise<readonly Result[]> {
  const dir = mkdtempSync(join(tmpdir(), 'msgi-unusual-test-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'manifest.json');
  const addresses = { cleartext: 'http://127.0.0.1:{port}' };
  writeFileSync(file, JSON.stringify({ name: 'unusual', addresses, resources: RESOURCES, ...manifest }));
  const target = await openTarget(file, {});
  try {
    const cases = select({ suites }, target.facts.claims);
    const { results } = await run(cases, target, { ...DEFAULT_OPTIONS, seed: 1, timeout: 10_000 });
    return results;
  } finally {
    await target.stop();
  }
}

/** None of them is worse than not applicable, and no more than `most` are that for what the subject allows. */
function innocent(t: Test, results: readonly Result[], most: number): void {
  const ok = ['pass', 'not-applicable'];
  t.same(
    results.filter(({ verdict }) => !ok.includes(verdict)).map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
    [],
  );
  const without = results.filter(({ verdict, reason }) => verdict !== 'pass' && reason === 'not-exercised');
  t.ok(without.length <= most, `${without.length} cases do not apply for what the subject allows`);
}

const GATEWAY = ['multiplexing', 'streaming', 'push', 'lifecycle', 'flow', 'cancellation', 'messages', 'tunnels'];

const LIMITED = {
  start: ['{node}', fixture('limits.js'), '{application}', '{port}'],
  claims: ['http2', 'gateway', 'push', 'tunnel', 'priority-tree', 'priority-urgency', 'http1', 'exact-credit'],
};

t.test('a server that allows two streams at a time', { timeout: 120_000 }, async t => {
  const env = { MSGI_LIMITS: JSON.stringify({ concurrentStreams: 2 }) };
  innocent(t, await judged(t, { ...LIMITED, env }, GATEWAY), 25);
});

t.test('a server whose streams begin with a window of one octet', { timeout: 120_000 }, async t => {
  const env = { MSGI_LIMITS: JSON.stringify({ initialWindow: 1 }) };
  innocent(t, await judged(t, { ...LIMITED, env }, GATEWAY), 60);
});

t.test('a server with large windows', { timeout: 120_000 }, async t => {
  const env = { MSGI_LIMITS: JSON.stringify({ initialWindow: 2 ** 20, connectionWindow: 2 ** 21 }) };
  innocent(t, await judged(t, { ...LIMITED, env }, GATEWAY), 3);
});

/** The application behind a pipe with a man in the middle. */
const between = (program: string): object => ({
  start: [
    '{node}',
    '{package}/dist/msgi.js',
    'serve',
    fixture('between.js'),
    '--port',
    '{port}',
    '--protocol',
    'websocket',
  ],
  env: { MSGI_PROGRAM: '{host}', MSGI_APPLICATION: '{application}', MSGI_BETWEEN: program },
  claims: ['http2', 'gateway', 'exact-credit', 'push', 'tunnel', 'process'],
});

const PIPED = ['multiplexing', 'streaming', 'push', 'lifecycle', 'flow', 'process'];

t.test('a server whose pipe is slower than the control channel', { timeout: 120_000 }, async t => {
  innocent(t, await judged(t, between('late.js'), PIPED), 3);
});

t.test('a server that gives no room before the response begins', { timeout: 120_000 }, async t => {
  innocent(t, await judged(t, between('no-room.js'), ['lifecycle', 'flow', 'process']), 6);
});
