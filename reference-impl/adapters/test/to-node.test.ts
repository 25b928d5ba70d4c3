/** Applications on node:http2: the same messages as on the reference server, and the specification's rules for the rest. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type IncomingHttpHeaders,
  sensitiveHeaders,
} from 'node:http2';
import { type AddressInfo, createConnection } from 'node:net';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../../lint/index.ts';
import type { App, Close, Exchange, Notice, Sink } from '../../../spec/msgi.ts';
import { concat, Encoder, encodeFrame, headers, PREFACE_OCTETS, settings } from '../../../wire/index.ts';
import conformance from '../../apps/conformance.ts';
import { serve } from '../../server.ts';
import { type ServeNodeOptions, serveNode } from '../serve-node.ts';
import { Silence } from '../to-node/silence.ts';
import { toNode } from '../to-node.ts';

const execute = promisify(execFile);
const text = Object.freeze(['content-type', 'text/plain']);
const reports: string[] = [];
const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));

/** Every application of this file runs under the checker; what it finds fails the test. */
async function session(t: Test, app: App, options: ServeNodeOptions = {}): Promise<ClientHttp2Session> {
  const checked = lint(app, { checksum: true, report: error => error.side === 'server' && t.fail(formatLint(error)) });
  const server = await serveNode(checked, { report, grace: 100, ...options });
  const client = connect(server.address);
  client.on('error', () => {});
  t.teardown(async () => {
    client.destroy();
    await server.close();
  });
  await once(client, 'remoteSettings');
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  readonly code: number | undefined;
}

async function answered(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', fields => {
    trailers = fields;
  });
  const gone = once(stream, 'close');
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  await gone;
  const body = Buffer.concat(chunks).toString('latin1');
  return { status: head[':status'], headers: head, body, trailers, code: stream.rstCode };
}

const get = (client: ClientHttp2Session, path = '/') => answered(client.request({ ':path': path }));

function closed(x: Exchange): Promise<Close> {
  return new Promise(resolve => {
    x.watch((notice: Notice) => {
      if (notice.type === 'close') resolve(notice);
    });
  });
}

const table: Readonly<Record<string, App>> = {
  conformance,
  informs: x => {
    x.inform(103, ['link', '</a>; rel=preload']);
    x.respond(200, ['x-a', '1', 'x-a', '2', 'set-cookie', 'a=1', 'set-cookie', 'b=2'], 'h\u00e9');
  },
  statuses: x => x.respond(Number(x.request.target.slice(1)) || 200, text, 'content'),
  fails: () => {
    throw new Error('on purpose');
  },
  echo: async x => {
    const { method, scheme, target, fields } = x.request;
    const chunks: Uint8Array[] = [];
    for await (const chunk of x.body) chunks.push(chunk);
    const content = Buffer.concat(chunks).toString('latin1');
    x.respond(200, text, JSON.stringify([method, scheme, target, fields, content, x.body.trailers]));
  },
  streams: async x => {
    const out = x.start(200, ['content-type', 'text/plain', 'x-octets', '\u00e9']);
    for (let i = 0; i < 40; i += 1) await out.write('x'.repeat(10_000));
    await out.end(['x-sum', '400000']);
  },
};

const requests: readonly (readonly [path: string, method: string, content: string | null])[] = [
  ['/', 'GET', null],
  ['/', 'HEAD', null],
  ['/large', 'GET', null],
  ['/large', 'HEAD', null],
  ['/empty', 'GET', null],
  ['/trailers', 'GET', null],
  ['/trailers', 'HEAD', null],
  ['/204', 'GET', null],
  ['/304', 'GET', null],
  ['/a%2fb//../?x=1&y', 'GET', null],
  ['/echo', 'POST', 'z'.repeat(200_000)],
  ['/upload', 'PUT', ''],
];

/** Everything but the date, and the authority, which has another port. */
async function message(client: ClientHttp2Session, [path, method, content]: (typeof requests)[number]) {
  const fields = { ':path': path, ':method': method, cookie: ['a=1', 'b=2'], 'x-latin': '\u00fc', te: 'trailers' };
  const stream = client.request(fields, { endStream: content === null, waitForTrailers: content !== null });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'x-end': '1' }));
  const interim: unknown[] = [];
  stream.on('headers', headers => interim.push({ ...headers }));
  if (content !== null) stream.end(content);
  const { headers, ...rest } = await answered(stream);
  const { date, ...others } = headers;
  return JSON.stringify([interim, typeof date, others, rest.trailers, rest.body, rest.status, rest.code]);
}

t.test('the same message as on the reference server', async t => {
  for (const [name, app] of Object.entries(table)) {
    const reference = await serve(app, { report: () => {} });
    const there = connect(reference.address);
    const here = await session(t, app);
    for (const request of requests) {
      t.equal(await message(here, request), await message(there, request), `${name} ${request[1]} ${request[0]}`);
    }
    there.destroy();
    await reference.close();
  }
});

t.test('reading grants, and holding back holds back the peer', async t => {
  let numbers = (): readonly number[] => [];
  let granted = () => {};
  const client = await session(t, async x => {
    numbers = () => [x.body.buffered, x.body.window];
    t.equal(x.caps.credit, 'coarse');
    x.body.manual();
    await new Promise<void>(resolve => {
      granted = resolve;
    });
    let octets = 0;
    x.body.credit(1_000_000);
    for await (const chunk of x.body) octets += chunk.length;
    x.respond(200, text, `${octets}`);
  });
  const other = client.request({ ':path': '/', ':method': 'POST' });
  other.end(Buffer.alloc(300_000));
  // The PING is behind whatever the window let through.
  await new Promise<void>(resolve => {
    const look = () => client.ping(() => (numbers()[0] === 65_535 ? resolve() : look()));
    look();
  });
  t.same(numbers(), [65_535, 0]);
  granted();
  t.match(await answered(other), { status: 200, body: '300000' });
});

t.test('an upload that nobody reads does not hold another one', async t => {
  const client = await session(t, async x => {
    if (x.request.target === '/held') await closed(x);
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    x.respond(200, text, `${octets}`);
  });
  const held = client.request({ ':path': '/held', ':method': 'POST' });
  held.on('error', () => {});
  held.write(Buffer.alloc(200_000));
  const read = client.request({ ':path': '/', ':method': 'POST' });
  read.end(Buffer.alloc(1_000_000));
  t.match(await answered(read), { body: '1000000' });
  held.close(8);
});

t.test('a client that takes nothing makes write wait', async t => {
  let sink: Sink | null = null;
  const end = new Promise<Close>(resolve => {
    void session(t, async x => {
      resolve(closed(x));
      sink = x.start(200, text);
      for (;;) await sink.write(new Uint8Array(50_000));
    }).then(async client => {
      const stream = client.request({ ':path': '/' });
      stream.on('error', () => {});
      stream.pause();
      await new Promise<void>(done => {
        const look = () => client.ping(() => ((sink?.buffered ?? 0) > 65_536 ? done() : look()));
        look();
      });
      t.equal(sink?.window, 0);
      stream.close(5);
    });
  });
  const close = await end;
  t.match(close, { complete: false, code: 5, by: 'peer', status: 200 });
  t.ok(close.sent <= 65_535, 'no more than the window was handed on');
});

t.test('codes go both ways', async t => {
  const seen: Promise<Close>[] = [];
  const client = await session(t, async x => {
    seen.push(closed(x));
    if (x.request.target === '/reset') x.reset(11);
    else if (x.request.target === '/zero') x.reset(0);
    else await x.body.read();
  });
  for (const [path, code] of [
    ['/reset', 11],
    ['/zero', 0],
  ] as const) {
    const stream = client.request({ ':path': path, ':method': 'POST' });
    stream.on('error', () => {});
    stream.resume();
    await new Promise(resolve => stream.once('close', resolve));
    t.equal(stream.rstCode, code);
    t.match(await seen.pop(), { complete: false, code, by: 'app', status: 0 });
  }
});

t.test('a transport that is lost', async t => {
  let running: (close: Promise<Close>) => void = () => {};
  const began = new Promise<{ readonly end: Promise<Close> }>(resolve => {
    running = end => resolve({ end });
  });
  const server = await serveNode(
    async x => {
      running(closed(x));
      await x.body.read();
    },
    { report },
  );
  const socket = createConnection({ port: server.port, host: '127.0.0.1' });
  const fields = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a'];
  const head = headers(1, new Encoder().encode(fields), { endStream: false });
  socket.write(concat([PREFACE_OCTETS, encodeFrame(settings([])), encodeFrame(head)]));
  const { end } = await began;
  socket.destroy();
  t.match(await end, { complete: false, code: 8, by: 'transport', status: 0 });
  await server.close();
});

t.test('failures of the application: 500 before the response, INTERNAL_ERROR after, and a report', async t => {
  reports.length = 0;
  const client = await session(t, async x => {
    if (x.request.target === '/open') await x.start(200).write('part');
    throw new Error(`fails ${x.request.target}`);
  });
  t.match(await get(client, '/idle'), { status: 500, body: '' });
  const open = client.request({ ':path': '/open' });
  open.resume();
  const [error] = (await once(open, 'error')) as [Error];
  t.match(error.message, /NGHTTP2_INTERNAL_ERROR/);
  t.same(reports, ['fails /idle', 'fails /open']);
});

t.test('100 is sent at the first read that waits, 103 before the response', async t => {
  const client = await session(t, async x => {
    await x.body.read();
    t.ok(x.inform(103, ['link', '</style.css>']));
    x.respond(200);
  });
  const stream = client.request({ ':path': '/', ':method': 'POST', expect: '100-continue' });
  const interim: unknown[] = [];
  stream.on('headers', fields => interim.push(fields[':status']));
  stream.once('continue', () => stream.end('content'));
  t.match(await answered(stream), { status: 200 });
  t.same(interim, [100, 103]);
});

t.test('promises', async t => {
  const results: boolean[] = [];
  const client = await session(t, x => {
    if (x.pushed) return x.respond(200, ['x-caps', String(x.caps.push)], `pushed ${x.request.method}`);
    results.push(x.push({ target: '/style.css', fields: ['x-why', 'page'] }));
    results.push(x.push({ target: '/other', authority: 'elsewhere' }));
    results.push(x.push({ target: '/own' }, y => y.respond(404)));
    x.respond(200, [], 'page');
    results.push(x.push({ target: '/late' }));
  });
  const pushes: Promise<unknown[]>[] = [];
  client.on('stream', (stream, request) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const head = once(stream, 'push');
    pushes.push(
      once(stream, 'end').then(async () => {
        const [response] = (await head) as [IncomingHttpHeaders];
        return [request[':path'], response[':status'], response['x-caps'], Buffer.concat(chunks).toString()];
      }),
    );
  });
  t.match(await get(client), { status: 200, body: 'page' });
  t.same(results, [true, false, true, false]);
  t.same(await Promise.all(pushes), [
    ['/style.css', 200, 'false', 'pushed GET'],
    ['/own', 404, undefined, ''],
  ]);
});

t.test('a client that takes no promises', async t => {
  const server = await serveNode(x => x.respond(200, [], `${x.caps.push} ${x.push({ target: '/a' })}`), { report });
  const client = connect(server.address, { settings: { enablePush: false } });
  t.match(await get(client), { body: 'false false' });
  client.destroy();
  await server.close();
});

t.test('never-indexed fields stay so, both ways', async t => {
  const seen: unknown[] = [];
  const client = await session(t, x => {
    seen.push(x.request.fields.sensitive);
    x.respond(200, Object.assign(['x-secret', '1', 'x-open', '2', 'set-cookie', 'a'], { sensitive: ['x-secret'] }));
  });
  const fields = { ':path': '/', 'x-token': 'abc', [sensitiveHeaders]: ['x-token'] };
  const { headers } = await answered(client.request(fields));
  t.same(seen, [['x-token']]);
  t.same((headers as { [sensitiveHeaders]?: string[] })[sensitiveHeaders], ['x-secret', 'set-cookie']);
});

t.test('malformed requests reach no application', async t => {
  let calls = 0;
  const client = await session(t, x => {
    calls += 1;
    x.respond(200);
  });
  for (const fields of [
    { ':path': '/', ':authority': 'here', host: 'elsewhere' },
    { ':path': '/a#b' },
    { ':path': '/', ':authority': 'user@host' },
  ]) {
    const stream = client.request(fields);
    const [error] = (await once(stream, 'error')) as [Error];
    t.match(error.message, /NGHTTP2_PROTOCOL_ERROR/);
  }
  t.equal(calls, 0);
});

t.test('tunnels: plain and extended CONNECT where they are listed', async t => {
  const app: App = async x => {
    t.match(x.caps, { tunnel: true });
    const out = x.start(200);
    await out.write(`${x.request.protocol} ${x.request.target}: `);
    for await (const chunk of x.body) await out.write(chunk);
    await out.end();
  };
  const client = await session(t, app, { protocols: ['', 'websocket'] });
  t.equal(client.remoteSettings.enableConnectProtocol, true);
  const plain = client.request({ ':method': 'CONNECT', ':authority': 'a:1' }, { endStream: false });
  plain.end('there and back');
  t.match(await answered(plain), { status: 200, body: ' : there and back' });
  const extended = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', ':scheme': 'http' };
  const socket = client.request({ ...extended, ':authority': 'a' }, { endStream: false });
  socket.end('hello');
  t.match(await answered(socket), { status: 200, body: 'websocket /chat: hello' });
  const unlisted = client.request({ ...extended, ':protocol': 'else', ':authority': 'a' }, { endStream: true });
  t.match(await answered(unlisted), { status: 501 });
});

t.test('the limit counts applications of failed exchanges', async t => {
  let release = () => {};
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  const ends: Promise<Close>[] = [];
  const app: App = async x => {
    ends.push(closed(x));
    await held;
    x.respond(200);
  };
  const client = await session(t, app, { maxConcurrentStreams: 1 });
  const first = client.request({ ':path': '/1' });
  first.on('error', () => {});
  first.resume();
  while (ends.length === 0) await new Promise<void>(resolve => client.ping(() => resolve()));
  first.close(8);
  await ends[0];
  const second = client.request({ ':path': '/2' });
  const [error] = (await once(second, 'error')) as [Error];
  t.match(error.message, /NGHTTP2_REFUSED_STREAM/);
  release();
  await held;
  t.match(await get(client, '/3'), { status: 200 });
});

t.test('field lines keep their order, and those of a name that is single are joined', async t => {
  const lines = ['x-b', '1', 'set-cookie', 'a=1', 'x-a', '2', 'set-cookie', 'b=2', 'x-b', '3', 'x-b', '4'];
  const single = ['x', '1', 'x', '2', 'x', '3', 'etag', '"a"', 'etag', '"b"'];
  const client = await session(t, async x => {
    const out = x.start(200, x.request.target === '/single' ? single : lines);
    await out.end(['x-z', '1', 'x-y', '2', 'x-z', '3']);
  });
  const raw = async (path: string): Promise<readonly string[]> => {
    const stream = client.request({ ':path': path });
    stream.resume();
    const [, , section] = (await once(stream, 'response')) as [unknown, unknown, readonly string[]];
    const [, , trailers] = (await once(stream, 'trailers')) as [unknown, unknown, readonly string[]];
    const named = section.filter((_, at) => !/^(:|date)/.test(section[at - (at % 2)] as string));
    return [...named, ...trailers];
  };
  t.same(await raw('/'), [...lines, 'x-z', '1', 'x-y', '2', 'x-z', '3']);
  // A name of one letter has two keys: its third line stands with the first.
  const joined = ['x', '1', 'x', '3', 'x', '2', 'etag', '"a", "b"'];
  t.same(await raw('/single'), [...joined, 'x-z', '1', 'x-y', '2', 'x-z', '3']);
});

t.test('ready waits for a window that is shut, and is told when it opens', async t => {
  const steps: number[] = [];
  const app: App = async x => {
    const out = x.start(200);
    steps.push(out.window);
    steps.push(await out.ready());
    await out.end();
  };
  const server = await serveNode(app, { report });
  const client = connect(server.address, { settings: { initialWindowSize: 0 } });
  await once(client, 'remoteSettings');
  const answer = answered(client.request({ ':path': '/' }));
  await new Promise<void>(resolve => client.ping(() => client.ping(() => resolve())));
  t.same(steps, [0]);
  client.settings({ initialWindowSize: 16 });
  t.match(await answer, { status: 200, body: '' });
  t.same(steps, [0, 16]);
  client.destroy();
  await server.close();
});

t.test('who asks for room before the head sends none', async t => {
  const app: App = async x => {
    const room = x.connection.locals['msgi.room'] as (id: number) => number;
    t.equal(room(x.id), 0);
    await new Promise(resolve => setImmediate(resolve));
    x.respond(404);
  };
  const server = await serveNode(app, { report });
  const client = connect(server.address, { settings: { initialWindowSize: 0 } });
  await once(client, 'remoteSettings');
  t.match(await get(client), { status: 404 });
  client.destroy();
  await server.close();
});

t.test('a connection that nghttp2 has ended without a word to node', async t => {
  let running: (close: Promise<Close>) => void = () => {};
  const began = new Promise<{ readonly end: Promise<Close> }>(resolve => {
    running = end => resolve({ end });
  });
  const app: App = async x => {
    running(closed(x));
    await once(x.signal, 'abort');
  };
  const server = await serveNode(app, { report, silence: 1 });
  const socket = createConnection({ port: server.port, host: '127.0.0.1' });
  const head = headers(
    1,
    new Encoder().encode([':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a']),
    {
      endStream: true,
    },
  );
  socket.write(concat([PREFACE_OCTETS, encodeFrame(settings([])), encodeFrame(head)]));
  const { end } = await began;
  // A PING of seven octets is an error of the connection (RFC 9113 section 6.7).
  socket.write(Uint8Array.from([0, 0, 7, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]));
  t.match(await end, { complete: false, code: 8, by: 'transport', status: 0 });
  socket.destroy();
  await server.close();
});

t.test('a peer that answers PING is left alone, however silent it is', t => {
  const silence = new Silence(100);
  t.equal(silence.look(0, true, 10), 'nothing');
  t.equal(silence.look(99, true, 10), 'nothing');
  t.equal(silence.look(100, true, 10), 'ask');
  t.equal(silence.look(199, true, 10), 'nothing');
  t.equal(silence.look(200, true, 27), 'nothing', 'it has answered');
  t.equal(silence.look(300, true, 27), 'ask');
  t.equal(silence.look(400, true, 27), 'end');
  t.equal(silence.look(900, false, 27), 'nothing', 'nothing runs');
  t.end();
});

t.test('a deadline, and the end of the server', async t => {
  const steps: string[] = [];
  const hosted = {
    app: async (x: Exchange) => {
      x.watch(notice => steps.push(notice.type));
      if (x.request.target === '/deadline') x.deadline(50);
      await once(x.signal, 'abort');
    },
    start: () => void steps.push('start'),
    drain: () => void steps.push('drain server'),
    stop: () => void steps.push('stop'),
  };
  const server = await serveNode(hosted, { report, grace: 50 });
  const client = connect(server.address);
  t.match(await get(client, '/deadline'), { status: 503 });
  const left = answered(client.request({ ':path': '/left' }));
  await new Promise<void>(resolve => client.ping(() => resolve()));
  const end = once(client, 'goaway');
  await server.close();
  t.match(await left, { status: 503 });
  t.equal((await end)[0], 0);
  t.same(steps, ['start', 'close', 'drain server', 'drain', 'close', 'stop']);
});

t.test("on a server of somebody else's, with its own settings", async t => {
  const host = toNode(conformance, { report });
  const server = createServer({ settings: { initialWindowSize: 1024 } });
  server.on('stream', host.onStream as Parameters<typeof server.on>[1]);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const upload = client.request({ ':path': '/upload', ':method': 'POST' });
  upload.end(Buffer.alloc(100_000));
  t.match(await answered(upload), { body: '100000\n' });
  client.destroy();
  server.close();
});

t.test('clients of others', { skip: !existsSync('/usr/bin/nghttp') && 'needs nghttp' }, async t => {
  const server = await serveNode(conformance, { report });
  t.teardown(() => server.close());
  const { stdout } = await execute('nghttp', ['-nv', `${server.address}/trailers`]);
  t.match(stdout, /x-checksum: 42/);
  const curl = ['-s', '--http2-prior-knowledge', '--data-binary', 'x'.repeat(100_000), `${server.address}/upload`];
  t.equal((await execute('curl', curl)).stdout, '100000\n');
});
