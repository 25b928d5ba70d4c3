/**
 * Adapters under h2load: one handler on node:http2's compatibility API and, by `fromNode`, on the reference server; the
 * same for a Fetch handler, behind the smallest bridge and by `fromFetch`; one
 * application on node:http2 by `toNode`, beside the same on its core API. Servers take turns within each round; a ratio is
 * the median of the ratios within a round. Beside requests a second, CPU time of the server for each request: other work
 * on the machine does not count there, and above 1 the adapter is the cheaper one.
 *
 *   npm run build && node bench/adapters.js [rounds] [seconds]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [rounds = 5, seconds = 1] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
  process.stderr.write('usage: node bench/adapters.js [rounds] [seconds]\n');
  process.exit(2);
}
const pins = existsSync('/usr/bin/taskset');

/** Each pair: what is compared with, and the adapter. */
const pairs = [
  { compat: ['bench/node-handler.js'], fromNode: ['dist/msgi.js', 'serve', 'bench/from-node.js', '--port', '0'] },
  { bridge: ['bench/fetch-on-node.js'], fromFetch: ['dist/msgi.js', 'serve', 'bench/from-fetch.js', '--port', '0'] },
  { core: ['bench/node-http2.js'], toNode: ['dist/reference-impl/adapters/node-main.js', 'bench/hello.js'] },
];
const folder = mkdtempSync(join(tmpdir(), 'adapters-'));
const content = join(folder, 'content');
writeFileSync(content, Buffer.alloc(1_048_576, 0x62));
process.once('exit', () => rmSync(folder, { recursive: true }));

/** Connections, streams in flight on each, path, and what h2load is told besides. */
const loads = {
  'hello h1x100': [1, 100, '/'],
  'hello h10x10': [10, 10, '/'],
  '1 MiB h1x10': [1, 10, '/big'],
  '1 MiB piped': [1, 10, '/piped'],
  '1 MiB up': [1, 10, '/upload', '-d', content],
};
/** Those of hello.js, which has no "/piped". */
const CORE = Object.keys(loads).filter(load => load !== '1 MiB piped');

async function start(args) {
  const command = pins ? ['taskset', '-c', '0', process.execPath] : [process.execPath];
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  const [line] = await once(child.stdout, 'data');
  return { child, address: JSON.parse(String(line)).address };
}

/** Milliseconds of CPU that a process has used; 0 where the system does not tell. */
function cpu(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const [user, system] = readFileSync(file, 'latin1').split(') ')[1].split(' ').slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** Requests a second, and milliseconds of CPU for each; fails where one request did. */
async function measure({ address, child }, [clients, streams, path, ...more], duration) {
  const shape = ['-c', clients, '-m', streams, '-w', 30, '-W', 30, '-D', duration, '--warm-up-time', 0, ...more];
  const words = ['h2load', ...shape.map(String), `${address}${path}`];
  const [command, ...args] = pins ? ['taskset', '-c', '1', ...words] : words;
  const before = cpu(child.pid);
  const { stdout } = await run(command, args);
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout);
  if (Number(failed) > 0) throw new Error(`${failed} requests of ${address}${path} failed`);
  return { rate: done / duration, cost: (cpu(child.pid) - before) / done };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

for (const pair of pairs) {
  const [base, adapter] = Object.keys(pair);
  const first = await start(pair[base]);
  const second = await start(pair[adapter]);
  for (const load of base === 'core' ? CORE : Object.keys(loads)) {
    const shape = loads[load];
    for (const server of [first, second]) await measure(server, shape, 1);
    const results = [];
    for (let round = 0; round < rounds; round += 1) {
      results.push([await measure(first, shape, seconds), await measure(second, shape, seconds)]);
    }
    const [before, after] = [0, 1].map(i => Math.round(median(results.map(pair => pair[i].rate))).toLocaleString('en'));
    const ratio = median(results.map(([a, b]) => b.rate / a.rate)).toFixed(2);
    const cheaper = median(results.map(([a, b]) => a.cost / b.cost)).toFixed(2);
    process.stdout.write(
      `${load.padEnd(14)} ${base} ${before.padStart(9)} req/s  ${adapter} ${after.padStart(9)} req/s  ratio ${ratio}, by CPU ${cheaper}\n`,
    );
  }
  for (const { child } of [first, second]) child.kill();
}
