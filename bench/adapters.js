/**
 * Adapters under h2load: one handler on node:http2's compatibility API and, by `fromNode`, on the reference server; one
 * application on node:http2 by `toNode`, beside the same on its core API. Servers take turns within each round; a ratio is
 * the median of the ratios within a round.
 *
 *   npm run build && node bench/adapters.js [rounds] [seconds]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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
  { core: ['bench/node-http2.js'], toNode: ['dist/reference-impl/adapters/node-main.js', 'bench/hello.js'] },
];
const loads = { 'hello h1x100': [1, 100, '/'], 'hello h10x10': [10, 10, '/'], '1 MiB h1x10': [1, 10, '/big'] };

async function start(args) {
  const command = pins ? ['taskset', '-c', '0', process.execPath] : [process.execPath];
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, address: JSON.parse(String(line)).address };
}

/** Requests a second; fails where one request did. */
async function rate(address, [clients, streams, path], duration) {
  const shape = ['-c', clients, '-m', streams, '-w', 30, '-W', 30, '-D', duration, '--warm-up-time', 0];
  const words = ['h2load', ...shape.map(String), `${address}${path}`];
  const [command, ...args] = pins ? ['taskset', '-c', '1', ...words] : words;
  const { stdout } = await run(command, args);
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout);
  if (Number(failed) > 0) throw new Error(`${failed} requests of ${address}${path} failed`);
  return done / duration;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

for (const pair of pairs) {
  const [base, adapter] = Object.keys(pair);
  const first = await start(pair[base]);
  const second = await start(pair[adapter]);
  for (const [load, shape] of Object.entries(loads)) {
    for (const { address } of [first, second]) await rate(address, shape, 1);
    const results = [];
    for (let round = 0; round < rounds; round += 1) {
      results.push([await rate(first.address, shape, seconds), await rate(second.address, shape, seconds)]);
    }
    const [before, after] = [0, 1].map(i => Math.round(median(results.map(pair => pair[i]))).toLocaleString('en'));
    const ratio = median(results.map(([a, b]) => b / a)).toFixed(2);
    process.stdout.write(
      `${load.padEnd(14)} ${base} ${before.padStart(9)} req/s  ${adapter} ${after.padStart(9)} req/s  ratio ${ratio}\n`,
    );
  }
  for (const { child } of [first, second]) child.kill();
}
