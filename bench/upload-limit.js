/**
 * Whether one upload can be held to a rate while its connection stays fast: examples/upload-limit.js, 64,000 octets a second,
 * under `--initial-window 16384`. Exits with 1 when a figure is outside.
 *
 *   npm run build && node bench/upload-limit.js [rounds]
 *
 * 1. curl over TLS, the example as it stands: two files whose difference is 320,000 octets. What was sent before the first grant is in
 *    both and cancels out. The connection has been used before, so that the client knows the window.
 * 2. node:http2, two uploads on one connection: the held one, and one that nothing holds. The rate of the held one is what the
 *    client could send over 5 s, from a second after its begin; the other one is measured alone and beside it, in turns, and
 *    the ratio is the median of the rounds.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { median, serve } from './started.js';

const LOWEST = 60_000;
const HIGHEST = 68_000;
const KEPT = 0.9;
const [rounds = 5] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write('usage: node bench/upload-limit.js [rounds]\n');
  process.exit(2);
}

function check(right, line) {
  process.stdout.write(`${right ? 'ok' : 'OUTSIDE'}  ${line}\n`);
  if (!right) process.exitCode = 1;
}

/** Seconds that curl takes for an upload, on a connection that it has used for another request before. */
async function curl(address, folder, octets) {
  const file = join(folder, String(octets));
  writeFileSync(file, new Uint8Array(octets));
  const first = ['-sk', '--http2', '-o', '/dev/null', address, '--next'];
  const second = ['-sk', '--http2', '--data-binary', `@${file}`, '-w', '%{time_total}', address];
  const { stdout } = await promisify(execFile)('curl', [...first, ...second]);
  const [, counted, seconds] = /^(\d+) octets\n([\d.]+)$/.exec(stdout);
  if (Number(counted) !== octets) throw new Error(`the server has counted ${counted} octets of ${octets}`);
  return Number(seconds);
}

async function withCurl() {
  const server = await serve(['examples/upload-limit.js', '--initial-window', '16384', '--tls']);
  const folder = mkdtempSync(join(tmpdir(), 'upload-'));
  try {
    const [short, long] = await Promise.all([80_000, 400_000].map(octets => curl(server.address, folder, octets)));
    const rate = Math.round(320_000 / (long - short));
    check(rate >= LOWEST && rate <= HIGHEST, `curl: one held upload, ${rate} octets/s (${LOWEST} to ${HIGHEST})`);
  } finally {
    rmSync(folder, { recursive: true });
    await server.stop();
  }
}

/** An upload without end; `octets` counts what was let go by flow control. */
function upload(client, path, chunk) {
  const stream = client.request({ ':method': 'POST', ':path': path });
  stream.on('error', () => {});
  const state = { octets: 0, stop: () => stream.close(8) };
  const content = new Uint8Array(chunk);
  const more = error => {
    if (error) return;
    state.octets += chunk;
    stream.write(content, more);
  };
  stream.write(content, error => more(error));
  return state;
}

/** Octets a second of several uploads over the same time. */
async function rates(seconds, ...uploads) {
  const [before, begin] = [uploads.map(({ octets }) => octets), performance.now()];
  await sleep(seconds * 1000);
  const spent = (performance.now() - begin) / 1000;
  return uploads.map(({ octets }, at) => (octets - before[at]) / spent);
}

async function together() {
  const server = await serve(['bench/uploads.js', '--initial-window', '16384']);
  const client = connect(server.address);
  await new Promise(resolve => client.once('remoteSettings', resolve));
  const free = upload(client, '/', 16_384);
  await rates(1, free);
  const kept = [];
  const frees = [];
  const helds = [];
  for (let round = 0; round < rounds; round += 1) {
    const [alone] = await rates(2, free);
    const held = upload(client, '/held', 100);
    await rates(1, free);
    const [beside, rate] = await rates(round === 0 ? 5 : 2, free, held);
    held.stop();
    const [afterwards] = await rates(2, free);
    frees.push(alone);
    kept.push(beside / ((alone + afterwards) / 2));
    helds.push(rate);
  }
  client.destroy();
  await server.stop();
  const held = Math.round(helds[0]);
  check(
    held >= LOWEST && held <= HIGHEST,
    `node:http2: the held one of two, ${held} octets/s over 5 s (${LOWEST} to ${HIGHEST})`,
  );
  const ratio = median(kept);
  const speed = Math.round(median(frees) / 1000).toLocaleString('en');
  check(ratio >= KEPT, `the other one keeps ${ratio.toFixed(3)} of its ${speed} kB/s alone (at least ${KEPT})`);
}

await withCurl();
await together();
