/**
 * The reference server beside node:http2, its core API, under h2load. Servers take turns within each round; figures are
 * medians over the rounds, and a ratio is the median of the ratios within a round, because machines drift. Exits with 1 when
 * a ratio that is asked for is missed.
 *
 *   npm run build && node bench/serve.js [rounds] [seconds]
 *
 * The server runs on core 0 and h2load on core 1 where `taskset` is there. CPU is that of the server process, in seconds for
 * 100,000 requests, or in milliseconds for each MiB: above about a million requests a second h2load is the bound, and only
 * CPU tells.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpu, median, start } from './started.js';

const run = promisify(execFile);
const [rounds = 9, seconds = 1] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
  process.stderr.write('usage: node bench/serve.js [rounds] [seconds]\n');
  process.exit(2);
}
const pins = existsSync('/usr/bin/taskset');
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
const content = join(folder, 'content');
writeFileSync(content, new Uint8Array(1_048_576).fill(0x62));

const servers = {
  'node:http2': ['bench/node-http2.js'],
  msgi: ['dist/msgi.js', 'serve', 'bench/hello.js', '--port', '0'],
};
const [base] = Object.keys(servers);

/**
 * Connections, streams in flight on each, path; `big` where a request moves 1 MiB. `rate` is the ratio to node:http2 that is
 * asked for, at least; `cpu` the part of its CPU, at most.
 */
const loads = {
  'hello h1x100': { shape: [1, 100, '/'] },
  'hello h10x100': { shape: [10, 100, '/'], rate: 8 },
  'hello h10x1': { shape: [10, 1, '/'], rate: 2 },
  'late h10x100': { shape: [10, 100, '/late'] },
  '1 MiB h1x10': { shape: [1, 10, '/big'], big: true, rate: 0.9, cpu: 1 },
  'upload h1x10': { shape: [1, 10, '/upload', '-d', content], big: true, cpu: 0.8 },
};

const pinned = (core, command) => (pins ? ['taskset', '-c', String(core), ...command] : command);

/** Of the client: 2^30-1 octets for stream and connection, so that no download ever waits for it. */
const WINDOWS = ['-w', '30', '-W', '30'];

/** What a server lets a client send at first: its setting, and what it has granted to the connection. */
async function windows({ address }) {
  const client = connect(address);
  const [settings] = await new Promise(resolve => client.once('remoteSettings', (...facts) => resolve(facts)));
  // The grant for the connection comes in a frame behind SETTINGS.
  await new Promise(resolve => client.ping(resolve));
  const { remoteWindowSize } = client.state;
  client.destroy();
  return `${settings.initialWindowSize} octets a stream, ${remoteWindowSize} a connection`;
}

async function measure({ address, pid }, [clients, streams, path, ...more]) {
  const shape = ['-c', clients, '-m', streams, ...WINDOWS, '-D', seconds, '--warm-up-time', 0, ...more].map(String);
  const before = cpu(pid);
  const [command, ...argv] = pinned(1, ['h2load', ...shape, `${address}${path}`]);
  const { stdout } = await run(command, argv);
  const spent = cpu(pid) - before;
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout);
  return { rate: done / seconds, cpu: spent / done, failed: Number(failed) };
}

/** Rounds of one load on all servers, after one that does not count. */
async function compare(started, shape) {
  const results = Object.fromEntries(Object.keys(servers).map(name => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of Object.keys(servers)) results[name].push(await measure(started[name], shape));
  }
  for (const list of Object.values(results)) list.shift();
  return results;
}

function line(load, name, list, against, { big, rate, cpu: share }) {
  const ratio = median(list.map((r, at) => r.rate / against[at].rate));
  const part = median(list.map((r, at) => r.cpu / against[at].cpu));
  const spent = median(list.map(r => r.cpu));
  const used = big ? `${(spent * 1000).toFixed(3)} ms/MiB` : `${(spent * 100_000).toFixed(3)} s/100k`;
  const failed = list.reduce((sum, r) => sum + r.failed, 0);
  const wants =
    name === base
      ? []
      : [...want('rate', ratio >= rate, `>= ${rate}`, rate), ...want('CPU', part <= share, `<= ${share}`, share)];
  if (failed > 0) process.exitCode = 1;
  return (
    `${load.padEnd(14)} ${name.padEnd(11)} ${Math.round(median(list.map(r => r.rate)))
      .toLocaleString('en')
      .padStart(10)} req/s` +
    `  x ${ratio.toFixed(2).padStart(6)}  CPU ${used}  x ${part.toFixed(2)}  failed ${failed}  ${wants.join(', ')}\n`
  );
}

function want(what, right, bound, number) {
  if (number === undefined) return [];
  if (!right) process.exitCode = 1;
  return [`${what} ${bound}: ${right ? 'ok' : 'MISSED'}`];
}

const started = {};
for (const [name, argv] of Object.entries(servers)) started[name] = await start(pinned(0, [process.execPath, ...argv]));
process.stdout.write(`windows: h2load 1073741823 octets a stream and a connection\n`);
for (const name of Object.keys(servers)) process.stdout.write(`windows: ${name} ${await windows(started[name])}\n`);
for (const [load, { shape, ...wants }] of Object.entries(loads)) {
  const results = await compare(started, shape);
  for (const [name, list] of Object.entries(results))
    process.stdout.write(line(load, name, list, results[base], wants));
}
for (const server of Object.values(started)) await server.stop();
rmSync(folder, { recursive: true });
