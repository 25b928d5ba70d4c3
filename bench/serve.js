/**
 * The reference server beside node:http2, under h2load. Servers take turns within each round; figures are medians over
 * the rounds, and a ratio is the median of the ratios within a round, because machines drift.
 *
 *   npm run build && node bench/serve.js [rounds] [seconds]
 *
 * The server runs on core 0 and h2load on core 1 where `taskset` is there. CPU is that of the server process, in seconds
 * for 100,000 requests: above about a million requests a second h2load is the bound, and only CPU tells.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [rounds = 5, seconds = 1] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
  process.stderr.write('usage: node bench/serve.js [rounds] [seconds]\n');
  process.exit(2);
}
const pins = existsSync('/usr/bin/taskset');

const servers = {
  'node:http2': ['bench/node-http2.js'],
  msgi: ['dist/msgi.js', 'serve', 'bench/hello.js', '--port', '0'],
};

/** Connections, streams in flight on each, path. Windows of the client are 2^30-1 octets throughout. */
const loads = {
  'hello h1x100': [1, 100, '/'],
  'hello h10x100': [10, 100, '/'],
  'hello h10x1': [10, 1, '/'],
  'late h10x100': [10, 100, '/late'],
  '1 MiB h1x10': [1, 10, '/big'],
};

async function start(args) {
  const command = pins ? ['taskset', '-c', '0', process.execPath] : [process.execPath];
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, address: JSON.parse(String(line)).address };
}

/** CPU time of a process so far, seconds. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measure({ child, address }, [clients, streams, path], duration) {
  const args = [
    '-c',
    clients,
    '-m',
    streams,
    '-w',
    30,
    '-W',
    30,
    '-D',
    duration,
    '--warm-up-time',
    0,
    `${address}${path}`,
  ];
  const before = cpu(child.pid);
  const { stdout } = pins
    ? await run('taskset', ['-c', '1', 'h2load', ...args.map(String)])
    : await run('h2load', args.map(String));
  const spent = cpu(child.pid) - before;
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout);
  return { rate: done / duration, cpu: (spent / done) * 100_000, failed: Number(failed) };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

const started = {};
for (const [name, args] of Object.entries(servers)) started[name] = await start(args);
for (const [load, shape] of Object.entries(loads)) {
  const results = Object.fromEntries(Object.keys(servers).map(name => [name, []]));
  for (const name of Object.keys(servers)) await measure(started[name], shape, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(servers)) results[name].push(await measure(started[name], shape, seconds));
  }
  const [base] = Object.keys(servers);
  for (const [name, list] of Object.entries(results)) {
    const rate = Math.round(median(list.map(r => r.rate))).toLocaleString('en');
    const ratio = median(list.map((r, i) => r.rate / results[base][i].rate)).toFixed(2);
    const cpuRatio = median(list.map((r, i) => results[base][i].cpu / r.cpu)).toFixed(2);
    const failed = list.reduce((sum, r) => sum + r.failed, 0);
    process.stdout.write(
      `${load.padEnd(14)} ${name.padEnd(11)} ${rate.padStart(10)} req/s  ratio ${ratio.padStart(6)}  ` +
        `CPU ${median(list.map(r => r.cpu)).toFixed(3)} s/100k  ratio ${cpuRatio.padStart(6)}  failed ${failed}\n`,
    );
  }
}
for (const { child } of Object.values(started)) child.kill();
