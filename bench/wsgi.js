/**
 * `msgi serve --wsgi` beside gunicorn's threads behind nginx, and hypercorn: one WSGI application, equal processes and
 * threads, HTTP/2 in cleartext, under h2load. Servers take turns within each round; figures are medians over the rounds, and
 * a ratio is the median of the ratios within a round. Exits with 1 when a ratio that is asked for is missed.
 *
 *   npm run build && node bench/wsgi.js [rounds] [seconds] [processes] [threads]
 *
 * It needs h2load, nginx, and a virtual environment with gunicorn and hypercorn, which BENCH_VENV names:
 *
 *   python3 -m venv /tmp/bench && /tmp/bench/bin/pip install gunicorn hypercorn
 *   BENCH_VENV=/tmp/bench node bench/wsgi.js
 *
 * All processes of a server run on core 0 and h2load on core 1 where `taskset` is there. CPU is that of all of them, for one
 * request; on a machine that is busy with something else it tells more than the rate. nginx keeps its connections to gunicorn open and is else as it comes: it takes an upload whole before gunicorn sees
 * it. hypercorn runs WSGI applications in the threads of asyncio, whose number it does not let one choose.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { median } from './started.js';

const run = promisify(execFile);
const [rounds = 7, seconds = 2, processes = 1, threads = 8] = process.argv.slice(2).map(Number);
if (![rounds, processes, threads].every(n => Number.isInteger(n) && n > 0) || !(seconds > 0)) {
  process.stderr.write('usage: node bench/wsgi.js [rounds] [seconds] [processes] [threads]\n');
  process.exit(2);
}

const pins = existsSync('/usr/bin/taskset');
const pinned = (core, command) => (pins ? ['taskset', '-c', String(core), ...command] : command);
const folder = mkdtempSync(join(tmpdir(), 'wsgi-'));
// Where nginx is started by root, it works as somebody else.
chmodSync(folder, 0o755);
const content = join(folder, 'content');
writeFileSync(content, new Uint8Array(1_048_576).fill(0x62));
process.once('exit', () => rmSync(folder, { recursive: true }));

const bin = name => join(process.env['BENCH_VENV'] ?? '/nowhere', 'bin', name);

function wanted() {
  const missing = [];
  for (const name of ['gunicorn', 'hypercorn']) if (!existsSync(bin(name))) missing.push(name);
  for (const [name, flag] of Object.entries({ nginx: '-v', h2load: '--version' })) {
    try {
      execFileSync(name, [flag], { stdio: 'ignore' });
    } catch {
      missing.push(name);
    }
  }
  if (missing.length === 0) return;
  process.stderr.write(
    `bench/wsgi.js: no ${missing.join(', ')}: apt-get install nginx-light nghttp2-client;\n` +
      'python3 -m venv /tmp/bench && /tmp/bench/bin/pip install gunicorn hypercorn; BENCH_VENV=/tmp/bench\n',
  );
  process.exit(2);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}

const NGINX = (port, socket) => `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream gunicorn { server unix:${socket}; keepalive 100; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} http2;
    location / {
      proxy_pass http://gunicorn; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`;

const app = 'wsgi_app:application';
const servers = {
  msgi: port => {
    const argv = ['serve', '--wsgi', app, '--chdir', 'bench', '--venv', process.env['BENCH_VENV'], '--port', `${port}`];
    return [[process.execPath, 'dist/msgi.js', ...argv, '--processes', `${processes}`, '--threads', `${threads}`]];
  },
  'gunicorn+nginx': port => {
    const socket = join(folder, 'gunicorn.sock');
    writeFileSync(join(folder, 'nginx.conf'), NGINX(port, socket));
    const size = ['--workers', `${processes}`, '--threads', `${threads}`];
    const gunicorn = [bin('gunicorn'), '--chdir', 'bench', '--bind', `unix:${socket}`, '--worker-class', 'gthread'];
    return [
      [...gunicorn, ...size, '--keep-alive', '75', '--log-level', 'error', app],
      ['nginx', '-c', join(folder, 'nginx.conf')],
    ];
  },
  hypercorn: port => {
    const argv = ['--bind', `127.0.0.1:${port}`, '--workers', `${processes}`, '--log-level', 'error'];
    return [[bin('hypercorn'), ...argv, `wsgi:${app}`]];
  },
};

async function start(name) {
  const port = await freePort();
  const children = servers[name](port).map(([command, ...argv]) => {
    const [file, ...rest] = pinned(0, [command, ...argv]);
    // hypercorn imports from PYTHONPATH; a group of its own, so that workers end with it.
    const env = { ...process.env, PYTHONPATH: 'bench' };
    // What hypercorn says of clients that leave is not of interest; that a server does not answer is told below.
    return spawn(file, rest, { env, stdio: 'ignore', detached: true });
  });
  const end = () => {
    for (const { pid } of children) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  };
  process.once('exit', end);
  await answers(name, port);
  return { address: `http://127.0.0.1:${port}`, pids: children.map(child => child.pid), end };
}

/** CPU time so far of these processes and what they have started, seconds. */
function cpu(pids) {
  const found = new Map();
  for (const name of readdirSync('/proc').filter(entry => /^[0-9]+$/.test(entry))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ');
      found.set(Number(name), { parent: Number(fields[1]), spent: (Number(fields[11]) + Number(fields[12])) / 100 });
    } catch {
      // It has ended.
    }
  }
  const ours = pid => found.has(pid) && (pids.includes(pid) || ours(found.get(pid).parent));
  return [...found].reduce((sum, [pid, { spent }]) => (ours(pid) ? sum + spent : sum), 0);
}

/** Waits for the first 200, 20 seconds at most. */
async function answers(name, port) {
  for (let tries = 0; tries < 200; tries += 1) {
    const client = connect(`http://127.0.0.1:${port}`);
    const status = await new Promise(resolve => {
      client.on('error', () => resolve(0));
      const stream = client.request({ ':path': '/' });
      stream.on('error', () => resolve(0));
      stream.on('response', headers => resolve(headers[':status']));
    });
    client.destroy();
    if (status === 200) return;
    await delay(100);
  }
  throw new Error(`${name} does not answer`);
}

/** The ratios of the rate that are asked for, at least, where a load is one of many small requests. */
const asked = { 'gunicorn+nginx': 1, hypercorn: 2 };
/** Connections, streams in flight on each, path. A load that moves 1 MiB for each request is measured and not judged. */
const loads = {
  'hello h1x100': [1, 100, '/'],
  'hello h10x10': [10, 10, '/'],
  'hello h10x1': [10, 1, '/'],
  '1 MiB h1x10': [1, 10, '/big'],
  '64 blocks h1x10': [1, 10, '/blocks'],
  'upload h1x10': [1, 10, '/upload', '-d', content],
};
/** Of the client: 2^30-1 octets for stream and connection, so that no download ever waits for it. */
const WINDOWS = ['-w', '30', '-W', '30'];

async function measure({ address, pids }, [clients, streams, path, ...more]) {
  const shape = ['-c', clients, '-m', streams, ...WINDOWS, '-D', seconds, '--warm-up-time', 0, ...more].map(String);
  const [command, ...argv] = pinned(1, ['h2load', ...shape, `${address}${path}`]);
  const before = cpu(pids);
  const { stdout } = await run(command, argv);
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout);
  return { rate: done / seconds, cpu: ((cpu(pids) - before) / done) * 1e6, failed: Number(failed) };
}

/** Rounds of one load on all servers, after one that does not count. */
async function compare(started, shape) {
  const results = Object.fromEntries(Object.keys(servers).map(name => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of Object.keys(servers)) {
      const result = await measure(started[name], shape);
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}

function line(load, name, { msgi, [name]: list }) {
  const rate = Math.round(median(list.map(result => result.rate)));
  const failed = list.reduce((sum, result) => sum + result.failed, 0);
  const spent = Math.round(median(list.map(result => result.cpu)));
  const text =
    `${load.padEnd(16)} ${name.padEnd(15)} ${rate.toLocaleString('en').padStart(9)} req/s  failed ${failed}` +
    `  CPU ${Number.isFinite(spent) ? spent : '-'} us`;
  if (name === 'msgi') {
    if (failed > 0) process.exitCode = 1;
    return `${text}\n`;
  }
  const ratio = median(list.map((result, at) => msgi[at].rate / result.rate));
  const times = rate === 0 ? `${text}  none is answered` : `${text}  msgi is x ${ratio.toFixed(2)}`;
  if (!load.startsWith('hello')) return `${times}\n`;
  if (!(ratio >= asked[name])) process.exitCode = 1;
  return `${times}, >= ${asked[name]}: ${ratio >= asked[name] ? 'ok' : 'MISSED'}\n`;
}

wanted();
const started = {};
for (const name of Object.keys(servers)) started[name] = await start(name);
process.stdout.write(`${processes} processes of ${threads} threads each\n`);
for (const [load, shape] of Object.entries(loads)) {
  const results = await compare(started, shape);
  for (const name of Object.keys(servers)) process.stdout.write(line(load, name, results));
}
for (const { end } of Object.values(started)) end();
process.exit();
