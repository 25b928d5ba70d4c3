/** The server in Python with clients that others wrote: what it says on the wire, and what its application is told. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';

const PYTHON = '/usr/bin/python3';
const here = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const execute = promisify(execFile);
const required = process.env['MSGI_REQUIRE_PEERS'] === '1';

function withoutH2(): string | false {
  if (required) return false;
  try {
    execFileSync(PYTHON, ['-c', 'import h2'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no python3 with the h2 library';
  }
}

function needs(path: string): string | false {
  return existsSync(path) || required ? false : `${path} is not installed`;
}

interface Served {
  readonly address: string;
  readonly child: ChildProcess;
  readonly stderr: () => string;
}

async function served(t: Test, ...options: readonly string[]): Promise<Served> {
  const command = [process.execPath, join(root, 'dist/msgi.js'), 'process', '--lint', join(here, 'test/app.mjs')];
  const child = spawn(PYTHON, [join(here, 'serve.py'), ...options, '--', ...command], {
    env: { ...process.env, MSGI_CONTROL: 'passed on' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  let line = '';
  for await (const chunk of child.stdout) {
    line += chunk;
    if (line.includes('\n')) break;
  }
  if (line === '') throw new Error(`it did not start: ${stderr}`);
  return { ...(JSON.parse(line) as { address: string }), child, stderr: () => stderr };
}

/** Ends it as an operator does; gives what was printed. */
async function stopped({ child, stderr }: Served): Promise<string> {
  child.kill('SIGTERM');
  const [status] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
  return `${stderr()}status ${status}`;
}

function session(t: Test, { address }: Served): ClientHttp2Session {
  const client = connect(address);
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  return client;
}

interface Answer {
  readonly status: unknown;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  readonly code: number;
}

async function answered(stream: ClientHttp2Stream): Promise<Answer> {
  let [status, body, trailers]: [unknown, string, IncomingHttpHeaders] = [0, '', {}];
  stream.on('error', () => {});
  stream.on('response', headers => {
    status = headers[':status'];
  });
  stream.on('trailers', fields => {
    trailers = fields;
  });
  stream.setEncoding('latin1').on('data', chunk => {
    body += chunk;
  });
  await new Promise(resolve => stream.on('close', resolve));
  return { status, body, trailers, code: stream.rstCode ?? 0 };
}

const get = (client: ClientHttp2Session, path: string, more: IncomingHttpHeaders = {}): Promise<Answer> =>
  answered(client.request({ ':path': path, ...more }));

function post(client: ClientHttp2Session, path: string, body?: Buffer): ClientHttp2Stream {
  const stream = client.request({ ':path': path, ':method': 'POST' });
  if (body !== undefined) stream.end(body);
  return stream;
}

const ping = (client: ClientHttp2Session): Promise<void> =>
  new Promise((resolve, reject) => client.ping(error => (error === null ? resolve() : reject(error))));

const skip = withoutH2();

t.test('requests and responses, as node:http2 sees them', { skip }, async t => {
  const host = await served(t);
  const client = session(t, host);
  t.match(await get(client, '/'), { status: 200, body: 'hello\n' });
  const { request, id, tls, peer } = JSON.parse((await get(client, '/facts?a=%2f', { cookie: 'a=1' })).body);
  t.match(request, { version: '2', method: 'GET', scheme: 'http', target: '/facts?a=%2f', base: '', protocol: '' });
  t.match([id % 2, tls, typeof peer.port], [1, null, 'number']);
  t.equal((await get(client, '/env')).body, 'passed on');

  const content = Buffer.alloc(1_000_000, 'content');
  const digest = createHash('sha256').update(content).digest('hex');
  t.equal((await answered(post(client, '/hash', content))).body, digest);
  const echo = await answered(post(client, '/echo', content));
  t.ok(Buffer.from(echo.body, 'latin1').equals(content));
  t.equal(echo.trailers['x-octets'], '1000000');

  const early = post(client, '/early');
  early.write('some');
  t.match(await answered(early), { status: 200, body: 'early', code: 0 });
  t.match(await get(client, '/fail'), { status: 500, body: '' });
  t.match(await get(client, '/reset'), { status: 200, code: 11 });

  const informed = client.request({ ':path': '/inform', priority: 'u=1, i' });
  const hints: unknown[] = [];
  informed.on('headers', headers => hints.push(headers[':status']));
  t.equal((await answered(informed)).body, 'urgency 1 true');
  t.same(hints, [103]);
  const said = await stopped(host);
  t.notMatch(said, /server MSGI-/, 'the checker finds nothing');
  t.match(said, /drain\nstop\nstatus 0/);
});

t.test('a reset of the client is seen with its code and party, and so is its loss', { skip }, async t => {
  const host = await served(t);
  const [client, other] = [session(t, host), session(t, host)];
  const upload = post(client, '/wait');
  upload.on('error', () => {});
  await once(upload, 'response');
  upload.destroy(new Error('enough'));
  let events = '';
  while (!events.includes('close')) events += `${(await get(client, '/events')).body}\n`;
  t.match(events, /ExchangeError 2 peer/);
  t.match(events, /close false 2 peer/);

  const lost = post(other, '/wait');
  lost.on('error', () => {});
  await once(lost, 'response');
  other.destroy();
  events = '';
  while (!events.includes('close')) events += `${(await get(client, '/events')).body}\n`;
  // node:http2 resets its streams before it leaves, or just leaves.
  t.match(events, /close false 8 (peer|transport)/);
  t.notMatch(await stopped(host), /server MSGI-/);
});

t.test('credit that is withheld reaches the client', { skip }, async t => {
  const host = await served(t, '--initial-window', '1024');
  const client = session(t, host);
  await once(client, 'remoteSettings');
  await get(client, '/');
  const upload = post(client, '/held');
  let progress = '';
  upload.setEncoding('latin1').on('data', chunk => {
    progress += chunk;
  });
  upload.end(Buffer.alloc(3000));
  while (!progress.includes('1024;')) await once(upload, 'data');
  await ping(client);
  await ping(client);
  t.equal((await get(client, '/look')).body, '0 0', 'nothing came beyond the allowance');
  t.equal((await get(client, '/grant')).body, '500');
  while (!progress.includes('1524;')) await once(upload, 'data');
  await ping(client);
  t.equal((await get(client, '/look')).body, '0 0');
  const held = Buffer.alloc(300_000);
  t.match((await answered(post(client, '/hash', held))).status, 200, 'another upload of the connection runs on');
  for (let left = 1476; left > 0; left -= 500) await get(client, '/grant');
  await once(upload, 'end');
  t.match(progress, /3000;$/);
  t.notMatch(await stopped(host), /server MSGI-/);
});

t.test('promises', { skip }, async t => {
  const host = await served(t);
  const client = session(t, host);
  const pushed = new Promise<string>(resolve => {
    client.on('stream', (stream, headers) => {
      let body = '';
      stream.on('data', chunk => {
        body += chunk;
      });
      stream.on('end', () => resolve(`${headers[':path']} ${body}`));
    });
  });
  t.equal((await get(client, '/push')).body, 'true true');
  t.equal(await pushed, '/pushed pushed true');
  const wary = connect(host.address, { settings: { enablePush: false } });
  t.teardown(() => wary.destroy());
  await once(wary, 'connect');
  t.equal((await get(wary, '/push')).body, 'false false');
  t.notMatch(await stopped(host), /server MSGI-/);
});

t.test('a crash of the application, and a drain', { skip }, async t => {
  const host = await served(t);
  const client = session(t, host);
  t.equal((await get(client, '/crash')).status, 502);
  let status: unknown;
  while (status !== 200) {
    ({ status } = await get(client, '/'));
    if (status !== 200) t.equal(status, 503);
    await delay(50);
  }
  const last = client.request({ ':path': '/drain' });
  const response = answered(last);
  await once(last, 'response');
  const goaway = once(client, 'goaway');
  const over = stopped(host);
  t.match(await response, { status: 200, body: 'waiting;', code: 0 });
  await goaway;
  t.match(await over, /status 0/);
});

t.test('curl, nghttp and h2load', { skip }, async t => {
  const host = await served(t);
  const folder = mkdtempSync(join(tmpdir(), 'msgi-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'upload');
  const content = Buffer.alloc(700_000, 'upload');
  writeFileSync(file, content);
  await t.test('curl', { skip: needs('/usr/bin/curl') }, async t => {
    const curl = ['-sS', '--max-time', '20', '--http2-prior-knowledge'];
    const { stdout } = await execute('curl', [...curl, '-T', file, `${host.address}/hash`]);
    t.equal(stdout, createHash('sha256').update(content).digest('hex'));
    const { stdout: waited } = await execute('curl', [
      ...curl,
      '-H',
      'expect: 100-continue',
      '--data-binary',
      `@${file}`,
      '-w',
      ' %{http_code}',
      `${host.address}/hash`,
    ]);
    t.match(waited, / 200$/);
  });
  await t.test('nghttp', { skip: needs('/usr/bin/nghttp') }, async t => {
    const { stdout } = await execute('nghttp', ['-v', '-d', file, `${host.address}/echo`], { maxBuffer: 2 ** 26 });
    t.match(stdout, /x-octets: 700000/);
  });
  await t.test('h2load', { skip: needs('/usr/bin/h2load') }, async t => {
    const { stdout } = await execute('h2load', ['-n', '500', '-c', '4', '-m', '50', `${host.address}/`]);
    t.match(stdout, /500 succeeded, 0 failed/);
  });
  t.notMatch(await stopped(host), /server MSGI-/);
});
