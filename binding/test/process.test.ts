/** Hosts as processes: started, replaced when they crash, and stopped; and what they print does not matter. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { ForwardExchange, ForwardSink } from '../../helpers/index.ts';
import { serve } from '../../reference-impl/server.ts';
import type { Application, Fields } from '../../spec/msgi.ts';
import { encode, hostReader } from '../codec.ts';
import type { Head } from '../messages.ts';
import { type ProcessOptions, processApp } from '../server/index.ts';
import { ServerPipe } from '../server/pipe.ts';
import { carrier, listenTo } from '../stdio.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const app = fileURLToPath(new URL('hosts/app.mjs', import.meta.url));
/** As it is built: starting from source takes seconds. */
const command = [process.execPath, join(root, 'dist', 'msgi.js'), 'process'];

async function hosting(
  t: Test,
  options: ProcessOptions = {},
  around: (hosted: Application) => Application = hosted => hosted,
) {
  const reports: string[] = [];
  const report = (error: Error) => void reports.push(error.message);
  const hosted = processApp([...command, app], { startTimeout: 30_000, report, ...options });
  const server = await serve(around(hosted), { grace: 100, report: () => {} });
  t.teardown(() => server.close());
  const client = connect(server.address);
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  return { server, client, reports };
}

async function get(client: ClientHttp2Session, path: string): Promise<{ status: unknown; body: string; code: number }> {
  const stream = client.request({ ':path': path });
  stream.on('error', () => {});
  let status: unknown = 0;
  let body = '';
  stream.on('response', headers => {
    status = headers[':status'];
  });
  stream.setEncoding('latin1').on('data', chunk => {
    body += chunk;
  });
  await new Promise(resolve => stream.on('close', resolve));
  return { status, body, code: stream.rstCode ?? 0 };
}

/** Asked for until there is one: a new process takes its time, and says 503 so long. */
async function pid(client: ClientHttp2Session): Promise<string> {
  for (;;) {
    const { status, body } = await get(client, '/pid');
    if (status === 200) return body;
    if (status !== 503) throw new Error(`${status}`);
    await delay(20);
  }
}

t.test('what the application prints is no frame, whoever prints it', async t => {
  const { client, reports } = await hosting(t);
  t.match(await get(client, '/print'), { status: 200, body: 'printed' });
  t.match(await get(client, '/'), { status: 200, body: 'ok' });
  t.same(reports, []);
});

t.test('a process that crashes: 502 in idle, a reset in open, a new one, and the others go on', async t => {
  const { client, reports } = await hosting(t);
  const first = await pid(client);
  t.equal((await get(client, '/crash')).status, 502);
  const second = await pid(client);
  t.not(second, first);
  t.equal(reports.length, 1);

  const stream = client.request({ ':path': '/half', ':method': 'POST' });
  stream.on('error', () => {});
  await once(stream, 'response');
  stream.end();
  await new Promise(resolve => stream.on('close', resolve));
  t.equal(stream.rstCode, 2);
  t.not(await pid(client), second);
  t.equal(reports.length, 2);
});

t.test('middleware around it sees the content of its responses', async t => {
  class Upper extends ForwardSink {
    override write(chunk: Uint8Array | string) {
      return super.write(
        Buffer.from(chunk as Uint8Array)
          .toString('utf8')
          .toUpperCase(),
      );
    }
  }
  class Loud extends ForwardExchange {
    override start(status: number, fields?: Fields) {
      return new Upper(super.start(status, fields));
    }
  }
  const { client } = await hosting(t, {}, hosted => ({ ...hosted, app: x => hosted.app(new Loud(x)) }));
  t.match(await get(client, '/print'), { status: 200, body: 'PRINTED' });
});

t.test('two processes share the exchanges', async t => {
  const { client } = await hosting(t, { processes: 2 });
  const held = client.request({ ':path': '/', ':method': 'POST' });
  const pids = new Set<string>();
  while (pids.size < 2) {
    const answers = await Promise.all([pid(client), pid(client), pid(client)]);
    for (const each of answers) pids.add(each);
  }
  held.end();
  await once(held.resume(), 'end');
  t.equal(pids.size, 2);
});

t.test('a program that is no host', async t => {
  const starting = (argv: readonly string[], options: ProcessOptions = {}) =>
    processApp(argv, { startTimeout: 30_000, ...options }).start?.({ spec: '1.0', server: 'test' });
  await t.rejects(async () => starting(['/does/not/exist']), /cannot be started/);
  await t.rejects(async () => starting(['false']), /exit status 1/);
  // It reads on: one that is gone when HELLO is written to it has simply ended.
  const web = ['sh', '-c', 'echo "HTTP/1.1 400 Bad Request, and more"; cat > /dev/null'];
  await t.rejects(async () => starting(web), /MSGI-PROC-/);
  await t.rejects(async () => starting(['sleep', '60'], { startTimeout: 50 }), /no HELLO within 50 ms/);
  const env = { ...process.env, REFUSES: '1' };
  await t.rejects(async () => starting([...command, app], { env }), /exit status 1/);
  t.throws(() => processApp([]), TypeError);
  t.throws(() => processApp(['a'], { processes: 0 }), TypeError);
});

t.test('drain, and stop', async t => {
  const { server, client } = await hosting(t);
  const drained = get(client, '/drain');
  await pid(client);
  await server.close();
  t.match(await drained, { status: 200, body: 'drained' });
});

t.test('a host on a unix socket', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'msgi-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [file = '', ...args] = command;
  const path = join(folder, 'pipe');
  const host = spawn(file, [...args, '--socket', path, app], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  host.stderr.setEncoding('utf8').on('data', chunk => said.push(chunk));
  let printed = '';
  for await (const chunk of host.stdout) {
    printed += chunk;
    if (printed.includes('{')) break;
  }
  t.match(printed, /"address":/);
  for (const round of [1, 2]) {
    const socket = dial(path);
    await once(socket, 'connect');
    const ready = new Promise<void>((resolve, reject) => {
      const pipe = new ServerPipe(carrier(socket), { ready: resolve, ended: error => reject(error) });
      listenTo(socket, socket, pipe);
    });
    await ready;
    socket.destroy();
    t.pass(`pipe ${round}`);
  }
  host.kill('SIGTERM');
  const [status] = await once(host, 'close');
  t.equal(status, 0);
  t.equal(said.join('').match(/start/g)?.length, 1, 'started once for both');
  t.equal(said.join('').match(/stop/g)?.length, 1);
});

const caps = {
  multiplex: true,
  duplex: true,
  push: false,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'none',
  reset: 'code',
} as const;

/** An exchange whose application waits for ever. */
const waiting: Head = {
  connection: 1,
  id: 1,
  request: {
    version: '2',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    target: '/drain',
    base: '',
    protocol: '',
    fields: [],
  },
  caps,
  priority: { scheme: 'none', urgency: 3, incremental: false },
  window: 0,
  room: 0,
  pushed: false,
  ended: true,
};

t.test('a pipe that the host closes is closed for its server, though an application still runs', async t => {
  // Sockets, which are what Node.js gives to a child, can be shut down in one direction; pipes are closed or not.
  const folder = mkdtempSync(join(tmpdir(), 'msgi-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  execFileSync('mkfifo', [input, output]);
  const [file = '', ...args] = command;
  const words = ['-c', 'exec "$0" "$@" < "$IN" > "$OUT"', file, ...args, app];
  const env = { ...process.env, IN: input, OUT: output };
  const host = spawn('sh', words, { env, stdio: ['ignore', 'ignore', 'ignore'], detached: true });
  t.teardown(() => process.kill(-(host.pid as number), 'SIGKILL'));
  const [to, from] = [createWriteStream(input), createReadStream(output)];
  t.teardown(() => to.destroy());
  to.on('error', () => {});
  const ended = once(from, 'end');
  const reader = hostReader(65_536);
  const types: string[] = [];
  from.on('data', octets => {
    for (const { type } of reader.read(octets as Uint8Array)) types.push(type);
    if (types.length > 1) return;
    to.write(encode({ type: 'OPEN', number: 1, payload: { peer: null, local: null, tls: null } }));
    to.write(encode({ type: 'HEAD', number: 3, payload: waiting }));
    to.write(encode({ type: 'SENT', number: 999, payload: null }));
  });
  to.write(encode({ type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_536, name: 'test' } }));
  await ended;
  t.same(types, ['HELLO']);
  t.equal(host.exitCode, null, 'and the process still waits for its application');
});
