/** HTTP/1.1 and HTTP/1.0 on raw sockets: what a version cannot say, and what is refused. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../lint/index.ts';
import type { App, Close, Exchange, Fields } from '../../spec/msgi.ts';
import { type ServeOptions, serve } from '../server.ts';

const text: Fields = Object.freeze(['content-type', 'text/plain']);
/** Failures that the application has to answer for, by message. */
const reports: string[] = [];
const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));

/** The checker stands between; what the server does wrong fails the test. Applications here break rules on purpose. */
async function hosting(t: Test, app: App, options: ServeOptions = {}) {
  const checked = lint(app, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  const server = await serve(checked, { report, grace: 100, ...options });
  t.teardown(() => server.close());
  return server;
}

/** A client of octets; `until` waits for what was received to match, `all` for the end. */
function raw(t: Test, port: number) {
  const socket: Socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  let received = '';
  let wake = (): void => {};
  let ended = false;
  let failed = false;
  socket.setEncoding('latin1');
  socket.on('data', chunk => {
    received += chunk;
    wake();
  });
  socket.on('end', () => {
    ended = true;
    wake();
  });
  socket.on('error', () => {
    failed = true;
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  return {
    socket,
    send: (octets: string) => void socket.write(octets, 'latin1'),
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(received)) {
        if (ended) throw new Error(`ended behind ${JSON.stringify(received)}`);
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      return received;
    },
    async all(): Promise<string> {
      while (!ended) {
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      return received;
    },
    get wasReset() {
      return failed;
    },
  };
}

const HOST = 'host: a.example\r\n';
const get = (target = '/', more = '') => `GET ${target} HTTP/1.1\r\n${HOST}${more}\r\n`;
const GET10 = 'GET / HTTP/1.0\r\n\r\n';

/** What one client gets for its octets, when it has ended its direction. */
async function exchange(t: Test, port: number, octets: string): Promise<string> {
  const peer = raw(t, port);
  peer.socket.end(octets, 'latin1');
  return peer.all();
}

const closed = (x: Exchange): Promise<Close> =>
  new Promise(resolve => x.watch(notice => notice.type === 'close' && resolve(notice)));

const statuses = (received: string): readonly string[] =>
  received.match(/HTTP\/1\.1 [0-9]{3}/g)?.map(s => s.slice(9)) ?? [];

t.test('the head of a request', async t => {
  let seen: Exchange['request'] | undefined;
  let ids: number[] = [];
  const server = await hosting(t, x => {
    seen = x.request;
    ids.push(x.id);
    x.respond(200);
  });
  const head = async (octets: string) => {
    seen = undefined;
    ids = [];
    await exchange(t, server.port, octets);
    return seen;
  };
  t.same(await head(get('//a/../%2f?x=%20&y')), {
    version: '1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a.example',
    target: '//a/../%2f?x=%20&y',
    base: '',
    protocol: '',
    fields: [],
  });
  t.match(await head(get('http://b.example:81/c?d')), { authority: 'b.example:81', target: '/c?d', scheme: 'http' });
  t.match(await head(get('https://b.example?d')), { authority: 'b.example', target: '/?d', scheme: 'https' });
  t.match(await head(`OPTIONS http://b.example HTTP/1.1\r\n${HOST}\r\n`), { authority: 'b.example', target: '*' });
  t.match(await head(`OPTIONS http://b.example?q HTTP/1.1\r\n${HOST}\r\n`), { target: '/?q' });
  t.match(await head(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`), { authority: 'a.example', target: '*' });
  t.match(await head(GET10), { version: '1.0', authority: '' });
  t.match(await head(`\r\n${get('/behind-an-empty-line')}`), { target: '/behind-an-empty-line' });
  await head(get('/1') + get('/2') + get('/3'));
  t.same(ids, [1, 3, 5]);
});

t.test('the fields of a request', async t => {
  let fields: Fields = [];
  const server = await hosting(t, x => {
    fields = x.request.fields;
    x.respond(200);
  });
  const of = async (lines: string) => {
    await exchange(t, server.port, get('/', lines));
    return fields;
  };
  t.same(await of('X-A: 1\r\nx-b:  two \t\r\nX-a: \xe9\r\n'), ['x-a', '1', 'x-b', 'two', 'x-a', '\xe9']);
  t.same(await of('Cookie: a=1\r\nx: y\r\ncookie: b=2\r\n'), ['cookie', 'a=1; b=2', 'x', 'y']);
  t.same(await of('Connection: Keep-Alive, X-Hop\r\nkeep-alive: 5\r\nx-hop: 1\r\nte: trailers\r\nx: y\r\n'), [
    'x',
    'y',
  ]);
  t.same(
    await of('proxy-connection: close\r\nupgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: x\r\n'),
    [],
  );
});

t.test('what is refused before the application', async t => {
  let invoked = 0;
  const server = await hosting(
    t,
    x => {
      invoked += 1;
      x.respond(200);
    },
    { limits: { headerListSize: 4000, fieldLines: 20 } },
  );
  const post = (lines: string, body = '') => `POST / HTTP/1.1\r\n${HOST}${lines}\r\n${body}`;
  const cases: readonly (readonly [string, string, number])[] = [
    [
      'content-length and transfer-encoding',
      post('content-length: 3\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'),
      400,
    ],
    ['the same the other way round', post('transfer-encoding: chunked\r\ncontent-length: 3\r\n', '0\r\n\r\n'), 400],
    ['two lengths', post('content-length: 3\r\ncontent-length: 4\r\n', 'abc'), 400],
    ['a length with a sign', post('content-length: +3\r\n', 'abc'), 400],
    ['a length beyond all numbers', post('content-length: 9999999999999999\r\n'), 400],
    ['a space before the colon', post('content-length : 3\r\n', 'abc'), 400],
    ['an obsolete fold', get('/', 'x: a\r\n b\r\n'), 400],
    ['a bare line feed', `GET / HTTP/1.1\nhost: a\n\n`, 400],
    ['a bare carriage return', get('/', 'x: a\rb\r\n'), 400],
    ['a control octet', get('/', 'x: a\x01b\r\n'), 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['an empty host', 'GET / HTTP/1.1\r\nhost:\r\n\r\n', 400],
    ['two lines of host', get('/', HOST), 400],
    ['userinfo', 'GET / HTTP/1.1\r\nhost: me@a\r\n\r\n', 400],
    ['userinfo in the target', get('http://me@a/'), 400],
    ['an absolute target without host', 'GET http://a/ HTTP/1.1\r\n\r\n', 400],
    ['a target without a slash', get('foo'), 400],
    ['a star for GET', get('*'), 400],
    ['a fragment', get('/a#b'), 400],
    ['a space in the target', get('/a b'), 400],
    ['transfer-encoding on HTTP/1.0', 'POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a coding that is not known', post('transfer-encoding: gzip, chunked\r\n', '0\r\n\r\n'), 501],
    ['a method that is not known', `FOO / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ['CONNECT, which nobody lists', 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 501],
    ['fields beyond the limit of the parser', get('/', `x: ${'v'.repeat(5000)}\r\n`), 431],
    ['fields beyond the limit as HTTP/2 counts', get('/', `${'x: y\r\n'.repeat(19)}z: ${'v'.repeat(3300)}\r\n`), 431],
    ['lines beyond the limit', get('/', 'x: y\r\n'.repeat(30)), 431],
  ];
  for (const [name, octets, status] of cases) {
    const peer = raw(t, server.port);
    peer.send(octets);
    const received = await peer.all();
    t.same(statuses(received), [String(status)], name);
    t.match(received, /\r\nconnection: close\r\n/, name);
  }
  t.equal(invoked, 0);
});

t.test('how a response is delimited', async t => {
  const server = await hosting(t, async x => {
    const { method, target } = x.request;
    if (target === '/respond') return x.respond(200, text, 'abc');
    if (target === '/none') return x.respond(200);
    const status = Number(target.slice(1)) || 200;
    const out = x.start(status, target === '/length' ? ['content-length', '3'] : []);
    if (method !== 'HEAD' || target !== '/length') await out.write('');
    await out.write('abc');
    await out.end(['x-sum', '1']);
  });
  const ask = async (target: string, more = '') => {
    const received = await exchange(t, server.port, get(target, more));
    return received.replace(/date: [^\r]*\r\n/g, '');
  };
  t.equal(await ask('/respond'), 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nabc');
  t.equal(await ask('/none'), 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  t.equal(await ask('/'), 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  t.match(await ask('/', 'te: trailers\r\nconnection: te\r\n'), /3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n$/);
  t.match(await ask('/', 'te: deflate;q=0.5, Trailers\r\n'), /x-sum: 1\r\n\r\n$/);
  t.equal(await ask('/length', 'te: trailers\r\n'), 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc');
  t.equal(await ask('/204'), 'HTTP/1.1 204 No Content\r\n\r\n');
  t.equal(await ask('/205'), 'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n');
  t.equal(await ask('/304'), 'HTTP/1.1 304 Not Modified\r\n\r\n');
  t.match(await ask('/', 'connection: close\r\n'), /connection: close\r\n\r\n3\r\nabc/);
  const http10 = await exchange(t, server.port, GET10);
  t.match(http10, /connection: close\r\n\r\nabc$/);
  t.notMatch(http10, /transfer-encoding/);
  const head = await exchange(t, server.port, `HEAD /length HTTP/1.1\r\n${HOST}\r\n`);
  t.match(head, /^HTTP\/1\.1 200 OK\r\ncontent-length: 3\r\ndate: [^\r]*\r\n\r\n$/);
});

t.test('one connection: many requests, in their order, one at a time', async t => {
  let running = 0;
  let most = 0;
  const server = await hosting(t, async x => {
    running += 1;
    most = Math.max(most, running);
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    await new Promise(resolve => setImmediate(resolve));
    running -= 1;
    x.respond(200, [], `${x.request.target} ${octets};`);
  });
  const post = (n: number) => `POST /${n} HTTP/1.1\r\n${HOST}content-length: ${n}\r\n\r\n${'x'.repeat(n)}`;
  const received = await exchange(t, server.port, post(1) + get('/a') + post(70_000) + get('/b') + post(2));
  t.same(received.match(/\/[a-z0-9]+ [0-9]+;/g), ['/1 1;', '/a 0;', '/70000 70000;', '/b 0;', '/2 2;']);
  t.equal(most, 1);
});

t.test('pipelining beyond the limit of exchanges is answered by closing', async t => {
  const server = await hosting(t, x => x.respond(200), { limits: { concurrentStreams: 5 } });
  const received = await exchange(t, server.port, get().repeat(50));
  const seen = statuses(received);
  t.equal(seen.at(-1), '503');
  t.ok(seen.length < 50);
});

t.test('what is malformed behind a request does not touch it', async t => {
  const server = await hosting(t, async x => {
    await new Promise(resolve => setTimeout(resolve, 20));
    x.respond(200, text, 'whole');
  });
  const junk = raw(t, server.port);
  junk.send(`${get()}nonsense\r\n\r\n`);
  t.same(statuses(await junk.all()), ['200', '400']);
  const behindClose = raw(t, server.port);
  behindClose.send(get('/', 'connection: close\r\n') + get());
  t.same(statuses(await behindClose.all()), ['200']);
});

t.test('a request that breaks in its content fails both halves', async t => {
  const closes: Promise<Close>[] = [];
  const errors: unknown[] = [];
  const server = await hosting(t, async x => {
    closes.push(closed(x));
    if (x.request.target === '/open') x.start(200);
    try {
      for await (const _ of x.body);
    } catch (error) {
      errors.push(error);
      throw error;
    }
  });
  reports.length = 0;
  const broken = (target: string) =>
    `POST ${target} HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`;
  const idle = raw(t, server.port);
  idle.send(broken('/'));
  t.same(statuses(await idle.all()), ['400']);
  t.match(await closes[0], { complete: false, code: 1, by: 'peer', status: 400, received: 3 });
  const open = raw(t, server.port);
  open.send(broken('/open'));
  t.notMatch(await open.all(), /0\r\n\r\n$/, 'no last chunk');
  t.match(await closes[1], { complete: false, code: 1, by: 'peer', status: 200 });
  const cut = raw(t, server.port);
  cut.socket.end(`POST / HTTP/1.1\r\n${HOST}content-length: 9\r\n\r\nabc`);
  t.same(statuses(await cut.all()), []);
  t.match(await closes[2], { complete: false, code: 8, by: 'transport', received: 3 });
  t.equal(errors.length, 3);
  t.same(reports, [], 'no failure of the application');
});

t.test('100: at the first read, not without it, and before a success', async t => {
  const server = await hosting(t, async x => {
    if (x.request.target === '/refuse') return x.respond(413, text, 'no');
    if (x.request.target === '/start') {
      const out = x.start(200);
      for await (const chunk of x.body) await out.write(chunk);
      return void (await out.end());
    }
    for await (const _ of x.body);
    x.respond(200);
  });
  const waits = (target: string) =>
    `POST ${target} HTTP/1.1\r\n${HOST}content-length: 3\r\nexpect: 100-continue\r\n\r\n`;
  for (const target of ['/', '/start']) {
    const peer = raw(t, server.port);
    peer.send(waits(target));
    await peer.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    peer.send('abc');
    t.same(statuses(await peer.until(/HTTP\/1\.1 200 OK\r\n/)), ['100', '200']);
    peer.socket.destroy();
  }
  const peer = raw(t, server.port);
  peer.send(waits('/refuse'));
  const refused = await peer.all();
  t.same(statuses(refused), ['413']);
  t.match(refused, /connection: close\r\n/);
  const http10 = raw(t, server.port);
  http10.send('POST / HTTP/1.0\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\nabc');
  t.same(statuses(await http10.all()), ['200']);
});

t.test('inform: not on HTTP/1.0, and 103 where it is allowed', async t => {
  const given: boolean[] = [];
  const app: App = x => {
    given.push(x.caps.inform, x.inform(102), x.inform(103, ['link', '</a>; rel=preload']));
    x.respond(200);
  };
  const plain = await hosting(t, app);
  const hinting = await hosting(t, app, { earlyHints: true });
  t.same(statuses(await exchange(t, plain.port, GET10)), ['200']);
  t.same(statuses(await exchange(t, plain.port, get())), ['102', '200']);
  t.same(statuses(await exchange(t, hinting.port, get())), ['102', '103', '200']);
  t.same(given, [false, false, false, true, true, false, true, true, true]);
});

t.test('caps are those of the message', async t => {
  const seen: unknown[] = [];
  const app: App = x => {
    const { caps } = x;
    x.respond(200);
    seen.push({ ...caps });
  };
  const server = await hosting(t, app);
  const duplex = await hosting(t, app, { duplex: true });
  const base = { multiplex: false, duplex: false, push: false, tunnel: false, credit: 'coarse', reset: 'close' };
  await exchange(t, server.port, GET10);
  await exchange(t, server.port, get() + get('/', 'te: trailers\r\n'));
  await exchange(t, duplex.port, get());
  t.match(seen, [
    { ...base, inform: false, trailers: false },
    { ...base, inform: true, trailers: false },
    { ...base, inform: true, trailers: true },
    { ...base, duplex: true },
  ]);
});

t.test('priority: the field, and nothing to order', async t => {
  const seen: unknown[] = [];
  const app: App = x => {
    x.prioritize(0);
    const { scheme, urgency, incremental, node } = x.priority;
    seen.push([x.caps.priority, scheme, urgency, incremental, node, x.connection.tree]);
    x.respond(200);
  };
  const server = await hosting(t, app);
  const tree = await hosting(t, app, { priority: 'tree' });
  const asked = get('/', 'priority: u=1\r\npriority: i\r\n');
  await exchange(t, server.port, get() + asked + get('/', 'priority: u=,\r\n'));
  await exchange(t, tree.port, asked);
  t.same(seen, [
    ['urgency', 'none', 3, false, null, null],
    ['urgency', 'urgency', 1, true, null, null],
    ['urgency', 'none', 3, false, null, null],
    ['none', 'none', 3, false, null, null],
  ]);
});

t.test('an allowance of nothing stops the reading of the socket', async t => {
  let exchange: Exchange | undefined;
  let goOn: () => void = () => {};
  const told = new Promise<void>(resolve => {
    goOn = resolve;
  });
  const server = await hosting(
    t,
    async x => {
      exchange = x;
      x.body.manual();
      await told;
      let octets = 0;
      while (!x.body.ended) {
        x.body.credit(100_000);
        const chunk = await x.body.read();
        octets += chunk?.length ?? 0;
      }
      x.respond(200, [], `${octets};`);
    },
    { limits: { initialWindow: 1000 } },
  );
  const size = 33_554_432;
  const peer = raw(t, server.port);
  peer.send(`POST / HTTP/1.1\r\n${HOST}content-length: ${size}\r\n\r\n`);
  const sent = new Promise<void>(resolve => peer.socket.write(Buffer.alloc(size), () => resolve()));
  await new Promise(resolve => setTimeout(resolve, 300));
  const { window, buffered } = (exchange as Exchange).body;
  t.ok(window <= 0, `a window of ${window}`);
  t.ok(buffered <= 1000 + 2 * 65_536, `${buffered} octets are two reads more than the allowance`);
  goOn();
  await sent;
  await peer.until(new RegExp(`${size};$`));
});

t.test('a client that does not read: window 0, then the rest', async t => {
  const seen: number[] = [];
  const server = await hosting(t, async x => {
    const out = x.start(200);
    const chunk = new Uint8Array(65_536);
    while (out.window > 0) void out.write(chunk);
    seen.push(out.window, out.buffered);
    void out.write(chunk);
    void out.write(chunk);
    seen.push(out.buffered);
    seen.push(await out.ready());
    await out.end();
    seen.push(out.buffered);
  });
  const peer = raw(t, server.port);
  peer.socket.pause();
  peer.send(get());
  await new Promise(resolve => setTimeout(resolve, 200));
  peer.socket.resume();
  await peer.until(/0\r\n\r\n$/);
  t.equal(seen[0], 0);
  t.equal(seen[2], (seen[1] as number) + 131_072);
  t.ok((seen[3] as number) > 0);
  t.equal(seen[4], 0);
});

t.test('a reset in the middle: no last chunk; a reset of the transport where the end delimits', async t => {
  const closes: Promise<Close>[] = [];
  const server = await hosting(t, async x => {
    closes.push(closed(x));
    if (x.request.target === '/idle') return x.reset();
    const length = x.request.target === '/length' ? ['content-length', '10'] : [];
    await x.start(200, length).write('abc');
    if (x.request.target !== '/now') await new Promise(resolve => setTimeout(resolve, 30));
    x.reset(2);
  });
  const chunked = raw(t, server.port);
  chunked.send(get());
  t.match(await chunked.all(), /3\r\nabc\r\n$/);
  const length = raw(t, server.port);
  length.send(get('/length'));
  t.match(await length.all(), /content-length: 10[\s\S]*\r\nabc$/);
  const idle = raw(t, server.port);
  idle.send(get('/idle'));
  t.equal(await idle.all(), '');
  const http10 = raw(t, server.port);
  http10.send(GET10);
  await http10.until(/abc$/);
  await http10.all();
  t.ok(http10.wasReset);
  t.match(await Promise.all(closes), [
    { code: 2, by: 'app', status: 200, sent: 3, complete: false },
    { code: 2 },
    { code: 8, by: 'app', status: 0 },
    { code: 2, by: 'app' },
  ]);
});

t.test('failures of the application: 500, and an end that is no end', async t => {
  reports.length = 0;
  const server = await hosting(t, async x => {
    if (x.request.target === '/open') await x.start(200).write('abc');
    throw new Error(`broken at ${x.request.target}`);
  });
  const idle = await exchange(t, server.port, get() + get('/2'));
  t.same(statuses(idle), ['500', '500']);
  t.notMatch(idle, /broken/);
  t.notMatch(await exchange(t, server.port, get('/open')), /0\r\n\r\n$/);
  t.same(reports, ['broken at /', 'broken at /2', 'broken at /open']);
});

t.test('the end of the peer’s direction is no cancellation; the loss of the connection is', async t => {
  let lost: Promise<unknown> = Promise.resolve();
  const server = await hosting(t, async x => {
    if (x.request.target === '/lost') {
      lost = once(x.signal, 'abort').then(() => x.signal.reason);
      await lost;
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
    t.notOk(x.signal.aborted);
    x.respond(200, text, 'late');
  });
  t.match(await exchange(t, server.port, get()), /late$/);
  const peer = raw(t, server.port);
  peer.send(get('/lost'));
  await new Promise(resolve => setTimeout(resolve, 30));
  peer.socket.resetAndDestroy();
  t.match(await lost, { name: 'ExchangeError', code: 8, by: 'transport' });
});

t.test('half-close: a response that is done leaves the upload', async t => {
  let total = 0;
  let over: () => void = () => {};
  const done = new Promise<void>(resolve => {
    over = resolve;
  });
  const server = await hosting(t, async x => {
    x.respond(202, text, 'taken');
    if (x.request.target === '/unread') return;
    for await (const chunk of x.body) total += chunk.length;
    over();
  });
  const peer = raw(t, server.port);
  peer.send(`POST / HTTP/1.1\r\n${HOST}content-length: 6\r\n\r\nabc`);
  await peer.until(/taken$/);
  peer.send(`def${get('/next')}`);
  await done;
  t.equal(total, 6);
  t.same(statuses(await peer.until(/taken[\s\S]*taken$/)), ['202', '202']);
  const unread = raw(t, server.port);
  unread.send(`POST /unread HTTP/1.1\r\n${HOST}content-length: 6\r\n\r\nabc`);
  await unread.until(/taken$/);
  unread.send(`def${get('/unread')}`);
  await unread.until(/taken[\s\S]*taken$/);
  const endless = raw(t, server.port);
  endless.send(`POST /unread HTTP/1.1\r\n${HOST}content-length: 9999999\r\n\r\n`);
  endless.send('x'.repeat(1_000_000));
  await endless.all();
});

t.test('drain: the last response says so, idle connections close, and the grace limit holds', async t => {
  let began: () => void = () => {};
  const running = new Promise<void>(resolve => {
    began = resolve;
  });
  const notices: string[] = [];
  const server = await hosting(
    t,
    async x => {
      if (x.request.target === '/drain') {
        x.connection.drain();
        t.ok(x.connection.draining);
        return x.respond(200);
      }
      if (x.request.target !== '/slow') return x.respond(200);
      x.watch(notice => notices.push(notice.type));
      began();
      await new Promise(resolve => x.signal.addEventListener('abort', resolve, { once: true }));
    },
    { grace: 50 },
  );
  const draining = raw(t, server.port);
  draining.send(get('/drain') + get('/more'));
  const answers = await draining.all();
  t.match(answers, /connection: close/);
  t.same(statuses(answers), ['200']);
  const idle = raw(t, server.port);
  idle.send(get());
  await idle.until(/200 OK[\s\S]*\r\n\r\n/);
  const slow = raw(t, server.port);
  slow.send(get('/slow'));
  await running;
  await Promise.all([server.close(), idle.all()]);
  const last = await slow.all();
  t.same(statuses(last), ['503']);
  t.match(last, /connection: close/);
  t.same(notices, ['drain', 'close']);
});

t.test('limits of time: a head, content and a reader that come too slowly', async t => {
  const closes: Promise<Close>[] = [];
  const server = await hosting(
    t,
    async x => {
      closes.push(closed(x));
      if (x.request.target === '/large') return x.respond(200, [], new Uint8Array(67_108_864));
      for await (const _ of x.body);
      x.respond(200);
    },
    { receiveTimeout: 600, sendTimeout: 600 },
  );
  const head = raw(t, server.port);
  head.send('GET / HTTP/1.1\r\nhost: a');
  const content = raw(t, server.port);
  content.send(`POST / HTTP/1.1\r\n${HOST}content-length: 9\r\n\r\nabc`);
  const large = raw(t, server.port);
  large.socket.pause();
  large.send(get('/large'));
  t.same(statuses(await head.all()), ['408']);
  t.same(statuses(await content.all()), ['408']);
  t.match(await closes[0], { complete: false, by: 'server', status: 408 });
  t.match(await closes[1], { complete: false, by: 'server', status: 200 });
});

t.test('deadline: 503 in idle', async t => {
  const server = await hosting(t, async x => {
    x.deadline(1);
    await closed(x);
  });
  const peer = raw(t, server.port);
  peer.send(get());
  t.same(statuses(await peer.all()), ['503']);
});
