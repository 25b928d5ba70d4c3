/** One message on every version (MSGI-CAPS-6), tunnels, TLS, and clients that others wrote. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { get as getTls, Agent as TlsAgent } from 'node:https';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../lint/index.ts';
import type { App, Close, Exchange, Fields } from '../../spec/msgi.ts';
import conformance from '../apps/conformance.ts';
import { type ServeOptions, serve } from '../server.ts';

const execute = promisify(execFile);
const text: Fields = Object.freeze(['content-type', 'text/plain']);

async function hosting(t: Test, app: App, options: ServeOptions = {}) {
  const checked = lint(app, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  const server = await serve(checked, { report: () => {}, grace: 100, ...options });
  t.teardown(() => server.close());
  return server;
}

type Version = '1.0' | '1.1' | '2';
const VERSIONS: readonly Version[] = ['1.0', '1.1', '2'];

interface Asked {
  readonly method?: string;
  readonly target?: string;
  readonly fields?: Fields;
  readonly body?: string;
}

/** What a client gets: `whole` false where it can see that there was to be more. */
interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly content: string;
  readonly whole: boolean;
}

/** All but what MSGI-CAPS-6 lets differ: the date and framing. */
const FRAMING = ['date', 'connection', 'transfer-encoding', 'content-length'];

async function askHttp1(port: number, version: Version, asked: Asked): Promise<Answer> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  let failed = false;
  socket.on('error', () => {
    failed = true;
  });
  const { method = 'GET', target = '/', fields = [], body } = asked;
  const lines = [`${method} ${target} HTTP/${version}`, 'host: a', 'connection: close'];
  for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body, 'latin1')}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`, 'latin1');
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  await once(socket, 'close').catch(() => {});
  return parsed(Buffer.concat(chunks).toString('latin1'), method, !failed);
}

function parsed(received: string, method: string, ended: boolean): Answer {
  const rest = received.replace(/^(?:HTTP\/1\.1 1[0-9]{2} [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '');
  const [head = '', ...behind] = rest.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const pairs = lines.map(text => text.split(/: ?/, 2) as [string, string]);
  const content = behind.join('\r\n\r\n');
  const field = (name: string) => pairs.find(([key]) => key === name)?.[1];
  const kept = Object.fromEntries(pairs.filter(([name]) => !FRAMING.includes(name)));
  const status = Number(line.split(' ')[1] ?? 0);
  const given = { status, fields: kept };
  if (method === 'HEAD' || status === 204 || status === 304) return { ...given, content, whole: ended };
  if (field('transfer-encoding') === 'chunked') return { ...given, ...unchunked(content) };
  const length = field('content-length');
  return { ...given, content, whole: length === undefined ? ended && status > 0 : content.length === Number(length) };
}

function unchunked(coded: string): { content: string; whole: boolean } {
  let content = '';
  for (let at = 0; ; ) {
    const end = coded.indexOf('\r\n', at);
    if (end < 0) return { content, whole: false };
    const size = Number.parseInt(coded.slice(at, end), 16);
    if (size === 0) return { content, whole: true };
    content += coded.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}

async function askHttp2(port: number, asked: Asked): Promise<Answer> {
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  client.on('error', () => {});
  const { method = 'GET', target = '/', fields = [], body } = asked;
  const lines: Record<string, string | string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    lines[name] = name in lines ? [lines[name] as string, fields[i + 1] as string] : (fields[i + 1] as string);
  }
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body, 'latin1')) };
  const stream = client.request(
    { ':method': method, ':path': target, ':authority': 'a', ...lines, ...length },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body, 'latin1');
  let status = 0;
  let kept: Record<string, string> = {};
  const chunks: Buffer[] = [];
  stream.on('response', head => {
    status = head[':status'] as number;
    const pairs = Object.entries(head).filter(([name]) => !name.startsWith(':') && !FRAMING.includes(name));
    kept = Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]));
  });
  stream.on('data', chunk => chunks.push(chunk as Buffer));
  stream.on('error', () => {});
  await once(stream, 'close').catch(() => {});
  client.destroy();
  return {
    status,
    fields: kept,
    content: Buffer.concat(chunks).toString('latin1'),
    whole: stream.rstCode === 0 && status > 0,
  };
}

const ask = (port: number, version: Version, asked: Asked): Promise<Answer> =>
  version === '2' ? askHttp2(port, asked) : askHttp1(port, version, asked);

async function read(x: Exchange): Promise<string> {
  let content = '';
  for await (const chunk of x.body) content += Buffer.from(chunk).toString('latin1');
  return content;
}

interface Row {
  readonly app: App;
  readonly asked?: Asked;
  readonly answer: Partial<Answer>;
}

/** Applications that do not look at `caps`, and what every client gets from them. */
const TABLE: Readonly<Record<string, Row>> = {
  'a whole response': {
    app: x => x.respond(200, [...text, 'x-a', '1'], 'content'),
    answer: { status: 200, fields: { 'content-type': 'text/plain', 'x-a': '1' }, content: 'content', whole: true },
  },
  'no content': { app: x => x.respond(404), answer: { status: 404, content: '', whole: true } },
  'content in pieces, and trailers': {
    app: async x => {
      const out = x.start(200, text);
      for (const piece of ['one ', '', 'two ', '\u20ac']) await out.write(piece);
      await out.end(['x-sum', '1']);
    },
    answer: { status: 200, content: 'one two \xe2\x82\xac', whole: true },
  },
  'a declared length': {
    app: async x => {
      const out = x.start(200, ['content-length', '6']);
      await out.write('abc');
      await out.write('def');
      await out.end();
    },
    answer: { status: 200, content: 'abcdef', whole: true },
  },
  'large content': {
    app: async x => {
      const out = x.start(200);
      for (let i = 0; i < 32; i += 1) await out.write(new Uint8Array(65_536).fill(0x61));
      await out.end();
    },
    answer: { status: 200, content: 'a'.repeat(2_097_152), whole: true },
  },
  'the response to HEAD': {
    app: async x => {
      const out = x.start(200, text);
      await out.write('never seen');
      await out.end();
    },
    asked: { method: 'HEAD' },
    answer: { status: 200, fields: { 'content-type': 'text/plain' }, content: '', whole: true },
  },
  '204': { app: x => x.respond(204, text, 'dropped'), answer: { status: 204, content: '', whole: true } },
  '205': { app: x => x.respond(205, text, 'dropped'), answer: { status: 205, content: '', whole: true } },
  '304': { app: x => x.respond(304, ['content-length', '9']), answer: { status: 304, content: '', whole: true } },
  'the request': {
    app: async x => {
      const { method, scheme, authority, target, base, protocol } = x.request;
      const fields = x.request.fields.filter((_, i) => i % 2 === 0).join();
      const body = await read(x);
      x.respond(
        200,
        text,
        [method, scheme, authority, base + target, protocol, fields, body, x.body.trailers].join('|'),
      );
    },
    asked: { method: 'POST', target: '/a//b?c=%2f', fields: ['x-a', '1', 'x-b', '2'], body: 'body' },
    answer: { content: 'POST|http|a|/a//b?c=%2f||x-a,x-b,content-length|body|', whole: true },
  },
  cookies: {
    app: x => x.respond(200, text, x.request.fields.join('|')),
    asked: { fields: ['cookie', 'a=1', 'cookie', 'b=2'] },
    answer: { content: 'cookie|a=1; b=2' },
  },
  'informational responses and promises': {
    app: x => {
      x.inform(103, ['link', '</a>']);
      x.push({ target: '/a' });
      x.prioritize(1, true);
      x.respond(200, text, 'final');
    },
    answer: { status: 200, content: 'final', whole: true },
  },
  'an answer before the request was read': {
    app: x => x.respond(200, text, 'early'),
    asked: { method: 'POST', body: 'unread' },
    answer: { status: 200, content: 'early', whole: true },
  },
  'an answer while the request is read': {
    app: async x => {
      const out = x.start(200);
      for await (const chunk of x.body) await out.write(chunk);
      await out.end();
    },
    asked: { method: 'POST', body: 'echo'.repeat(1000) },
    answer: { status: 200, content: 'echo'.repeat(1000), whole: true },
  },
  'the client waits for 100': {
    app: async x => x.respond(200, text, await read(x)),
    asked: { method: 'POST', fields: ['expect', '100-continue'], body: 'sent all the same' },
    answer: { status: 200, content: 'sent all the same', whole: true },
  },
  'an application that throws': {
    app: () => {
      throw new Error('unseen');
    },
    answer: { status: 500, content: '', whole: true },
  },
  'an application that gives no response': { app: () => {}, answer: { status: 500, content: '', whole: true } },
  'content that breaks off': {
    app: async x => {
      await x.start(200).write('part');
      await new Promise(resolve => setTimeout(resolve, 20));
      throw new Error('unseen');
    },
    answer: { whole: false },
  },
  'content short of its length': {
    app: async x => {
      const out = x.start(200, ['content-length', '9']);
      await out.write('part');
      await out.end();
    },
    answer: { whole: false },
  },
  'a reset before the response': { app: x => x.reset(), answer: { status: 0, whole: false } },
  'a deadline': {
    app: x =>
      new Promise(resolve => {
        x.deadline(1);
        x.watch(notice => notice.type === 'close' && resolve());
      }),
    answer: { status: 503, content: '', whole: true },
  },
};

for (const [name, { app, asked = {}, answer }] of Object.entries(TABLE)) {
  t.test(`the same message: ${name}`, async t => {
    for (const version of VERSIONS) {
      const closes: Close[] = [];
      const server = await hosting(t, x => {
        x.watch(notice => notice.type === 'close' && !x.pushed && closes.push(notice));
        t.equal(x.request.version, version);
        return app(x);
      });
      const given = await ask(server.port, version, asked);
      t.match(given, answer, `HTTP/${version}`);
      if (answer.fields !== undefined) t.same(given.fields, answer.fields, `HTTP/${version}`);
      t.equal(closes.length, 1, 'the notice close');
    }
  });
}

/** Reads what comes until it matches. */
async function until(socket: Socket, pattern: RegExp): Promise<string> {
  let received = '';
  while (!pattern.test(received)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received += chunk.toString('latin1');
  }
  return received;
}

const tunnel: App = async x => {
  const { method, protocol, authority, target, fields } = x.request;
  if (target === '/refused') return x.respond(403, text, 'no');
  t.throws(() => x.respond(200), TypeError);
  const out = x.start(200, ['x-seen', [method, protocol, authority, target].join('|')]);
  t.throws(() => out.end(['x-a', '1']), TypeError);
  t.notOk(fields.includes('sec-websocket-key'));
  for await (const chunk of x.body) await out.write(chunk);
  await out.end();
};

t.test('tunnels: an upgrade and CONNECT in one shape', async t => {
  const closes: Close[] = [];
  const server = await hosting(
    t,
    x => {
      x.watch(notice => notice.type === 'close' && !x.pushed && closes.push(notice));
      t.ok(x.caps.tunnel);
      return tunnel(x);
    },
    { protocols: ['', 'WebSocket'] },
  );
  const upgrade =
    'host: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const opened: readonly (readonly [string, RegExp])[] = [
    [`GET /chat HTTP/1.1\r\n${upgrade}sec-websocket-version: 13\r\n\r\n`, /^HTTP\/1\.1 101 Switching Protocols\r\n/],
    ['CONNECT b:1 HTTP/1.1\r\nhost: b:1\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n/],
    ['CONNECT b:1 HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n/],
  ];
  for (const [octets, head] of opened) {
    const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`${octets}first `);
    const received = await until(socket, /\r\n\r\nfirst $/);
    t.match(received, head);
    t.notMatch(received, /content-length|transfer-encoding|connection: close/);
    if (octets.startsWith('GET')) {
      t.match(received, /\r\nconnection: upgrade\r\nupgrade: websocket\r\n/);
      t.match(received, /\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
      t.match(received, /\r\nx-seen: CONNECT\|websocket\|a\|\/chat\r\n/);
    } else {
      t.match(received, /\r\nx-seen: CONNECT\|\|b:1\|\r\n/);
    }
    const rest = until(socket, /second$/);
    const over = once(socket, 'close');
    socket.end('second');
    await rest;
    await over;
  }
  t.match(closes, [
    { complete: true, sent: 12, received: 12 },
    { complete: true, sent: 12 },
    { complete: true, sent: 12 },
  ]);
  const refused = createConnection({ port: server.port, host: '127.0.0.1' });
  refused.write(`GET /refused HTTP/1.1\r\n${upgrade}\r\n`);
  t.match(await until(refused, /no$/), /^HTTP\/1\.1 403 [\s\S]*connection: close\r\n\r\nno$/);
  await once(refused, 'close');
  const noKey = createConnection({ port: server.port, host: '127.0.0.1' });
  noKey.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  t.match(await until(noKey, /\r\n\r\n$/), /^HTTP\/1\.1 400/);
  await once(noKey, 'close');
});

t.test('an upgrade that is not listed, or has content, is none', async t => {
  const server = await hosting(t, async x => x.respond(200, [...text, 'x-seen', x.request.method], await read(x)), {
    protocols: ['websocket'],
  });
  const upgrade = (name: string) => `host: a\r\nconnection: upgrade\r\nupgrade: ${name}\r\n`;
  const socket = createConnection({ port: server.port, host: '127.0.0.1' });
  socket.write(`GET /1 HTTP/1.1\r\n${upgrade('h2c')}\r\nPOST /2 HTTP/1.1\r\n${upgrade('websocket')}`);
  socket.write(`content-length: 4\r\n\r\nbodyGET /3 HTTP/1.1\r\n${upgrade('other')}content-length: 4\r\n\r\nmore`);
  const received = await until(socket, /more$/);
  t.same(received.match(/x-seen: [A-Z]+/g), ['x-seen: GET', 'x-seen: POST', 'x-seen: GET']);
  t.match(received, /body/);
  socket.destroy();
});

t.test('TLS: by ALPN, and HTTP/1.1 without', async t => {
  const { generate } = await import('selfsigned');
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  const server = await hosting(
    t,
    x => {
      const { version, scheme } = x.request;
      x.respond(200, text, [version, scheme, x.connection.tls?.alpn].join('|'));
    },
    { tls: { cert, key } },
  );
  const { port } = server;
  const agent = new TlsAgent({ rejectUnauthorized: false, keepAlive: true, ALPNProtocols: ['http/1.1'] });
  t.teardown(() => agent.destroy());
  const https = async () => {
    const [response] = (await once(getTls({ port, agent }), 'response')) as [IncomingMessage];
    return (await response.setEncoding('latin1').toArray()).join('');
  };
  t.equal(await https(), '1.1|https|http/1.1');
  t.equal(await https(), '1.1|https|http/1.1');
  const plain = connectTls({ port, rejectUnauthorized: false });
  plain.write('GET / HTTP/1.0\r\n\r\n');
  t.match(await until(plain, /\|$/), /1\.0\|https\|$/);
  const client = connectHttp2(server.address, { rejectUnauthorized: false });
  const stream = client.request({ ':path': '/' });
  t.equal((await stream.setEncoding('latin1').toArray()).join(''), '2|https|h2');
  client.destroy();
});

t.test('the first octets, one by one', async t => {
  const server = await hosting(t, x => x.respond(200, text, x.request.version));
  for (const octets of ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n', '\r\nPUT / HTTP/1.0\r\n\r\n']) {
    const socket = createConnection({ port: server.port, host: '127.0.0.1', noDelay: true });
    const answer = until(socket, /1\.[01]$/);
    for (const octet of octets) {
      socket.write(octet);
      await new Promise(resolve => setImmediate(resolve));
    }
    t.match(await answer, /^HTTP\/1\.1 200/);
    socket.destroy();
  }
  const unknown = createConnection({ port: server.port, host: '127.0.0.1' });
  unknown.write('INVALID CONNECTION PREFACE\r\n\r\n');
  const [first] = (await once(unknown, 'data')) as [Buffer];
  t.equal(first[3], 4, 'SETTINGS: the engine judges what is no HTTP/1.x');
  unknown.destroy();
});

t.test('node:http, with a connection that is kept', async t => {
  const server = await hosting(t, conformance);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const sockets = new Set<Socket>();
  const client = async (path: string, body = '', headers = {}) => {
    const sent = request({ port: server.port, path, agent, method: body === '' ? 'GET' : 'POST', headers });
    sent.on('socket', socket => sockets.add(socket));
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const content = (await response.setEncoding('latin1').toArray()).join('');
    return { content, trailers: response.trailers };
  };
  t.equal((await client('/')).content, 'hello from msgi!');
  t.equal((await client('/upload', 'x'.repeat(500_000))).content, '500000\n');
  t.equal((await client('/echo', 'both ways', { 'transfer-encoding': 'chunked' })).content, 'both ways');
  t.equal((await client('/large')).content.length, 2_097_152);
  t.same((await client('/trailers', '', { te: 'trailers' })).trailers, { 'x-checksum': '42' });
  t.equal((await client('/early', 'unread')).content, 'hello from msgi!');
  t.equal((await client('/')).content, 'hello from msgi!');
  t.equal(sockets.size, 1);
});

/** Skipped with the reason where the tool is missing, unless MSGI_REQUIRE_PEERS=1 makes that a failure. */
function needs(tool: string): { skip: string | false } {
  const found = (process.env['PATH'] ?? '').split(':').some(folder => existsSync(`${folder}/${tool}`));
  return { skip: found || process.env['MSGI_REQUIRE_PEERS'] === '1' ? false : `${tool} is not installed` };
}

t.test('curl speaks all three', needs('curl'), async t => {
  const server = await hosting(t, conformance);
  const curl = async (...args: string[]) => (await execute('curl', ['-s', '-m', '20', ...args])).stdout;
  for (const version of ['--http1.0', '--http1.1', '--http2-prior-knowledge', '--http2']) {
    t.equal(await curl(version, `${server.address}/`), 'hello from msgi!', version);
    t.equal(await curl(version, '-d', 'abc', `${server.address}/echo`), 'abc', version);
    t.equal(
      await curl(version, '-d', 'x'.repeat(5000), '-H', 'expect: 100-continue', `${server.address}/upload`),
      '5000\n',
    );
    t.match(await curl(version, '-I', `${server.address}/large`), /content-length: 2097152/, version);
  }
});

const PYTHON = `
import http.client, sys
c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
for method, path, body in [('GET', '/', None), ('POST', '/echo', b'abc'), ('POST', '/upload', b'x' * 300000), ('HEAD', '/large', None), ('GET', '/', None)]:
    c.request(method, path, body)
    r = c.getresponse()
    print(r.status, r.version, r.read().decode().strip(), r.will_close)
c.request('POST', '/upload', iter([b'one', b'two']), encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
print(c.getresponse().read().decode().strip())
`;

t.test('python http.client', needs('python3'), async t => {
  const server = await hosting(t, conformance);
  const { stdout } = await execute('python3', ['-c', PYTHON, String(server.port)]);
  t.same(stdout.trim().split('\n'), [
    '200 11 hello from msgi! False',
    '200 11 abc False',
    '200 11 300000 False',
    '200 11  False',
    '200 11 hello from msgi! False',
    '6',
  ]);
});
