/**
 * Both ends of the binding between the reference server and applications, with the checker at the far end: it judges the
 * binding as the server that it is to its application. Clients are node:http2 and frames.
 */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import t, { type Test } from 'tap';
import { type ServeOptions, serve } from '../../reference-impl/server.ts';
import type { App, Application, Close, Exchange } from '../../spec/msgi.ts';
import { encode, serverReader } from '../codec.ts';
import { deferred } from '../host/failure.ts';
import type { HostMessage, ServerMessage } from '../messages.ts';
import { ServerPipe } from '../server/pipe.ts';
import { type Joined, join } from './joined.ts';

const text = Object.freeze(['content-type', 'text/plain']);

/** What is done and looked at when the work of a test is done. */
const endings = new Map<Test, (() => Promise<void>)[]>();

/** Throws for a test that would leave them undone. */
function endingsOf(t: Test): (() => Promise<void>)[] {
  const list = endings.get(t);
  if (list === undefined) throw new Error('a test that is not one of test()');
  return list;
}

function test(name: string, work: (t: Test) => Promise<void>): void {
  t.test(name, async t => {
    endings.set(t, []);
    try {
      await work(t);
    } finally {
      for (const end of endings.get(t) ?? []) await end();
    }
  });
}

async function behind(t: Test, hosted: App | Application, options: ServeOptions = {}) {
  const joined = join(hosted);
  const reports: string[] = [];
  const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));
  const server = await serve(joined.application, { grace: 100, report, ...options });
  const client = connect(server.address);
  client.on('error', () => {});
  endingsOf(t).push(async () => {
    client.destroy();
    await server.close();
    t.same(joined.findings, [], 'the checker finds nothing at the far end');
    t.same(joined.reports, [], 'the host reports nothing');
  });
  return { client, server, reports, joined };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
}

async function answered(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', fields => {
    trailers = fields;
  });
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: headers[':status'], headers, body: Buffer.concat(chunks).toString('latin1'), trailers };
}

const get = (client: ClientHttp2Session, path = '/'): Promise<Answer> => answered(client.request({ ':path': path }));
const post = (client: ClientHttp2Session, more: IncomingHttpHeaders = {}): ClientHttp2Stream =>
  client.request({ ':path': '/', ':method': 'POST', ...more });

/** `once` would reject for an error that came before. */
const gone = (stream: ClientHttp2Stream): Promise<void> => new Promise(resolve => stream.on('close', resolve));

/** An application, and what a test awaits of its one exchange. */
function watched<T>(work: (x: Exchange) => Promise<T>) {
  const { promise, resolve, reject } = deferred<T>();
  const { promise: closed, resolve: close } = deferred<Close>();
  const app: App = async x => {
    x.watch(notice => {
      if (notice.type === 'close') close(notice);
    });
    await work(x).then(resolve, error => {
      reject(error);
      throw error;
    });
  };
  promise.catch(() => {});
  return { app, result: promise, closed };
}

test('facts of the request and of the connection, and one response', async t => {
  const seen: Exchange[] = [];
  const { client } = await behind(t, x => {
    seen.push(x);
    x.respond(200, ['x-octets', '\u00e9'], 'hello');
  });
  const { status, headers, body } = await get(client, '/a%2f?b');
  t.equal(status, 200);
  t.equal(body, 'hello');
  t.equal(headers['content-length'], '5');
  t.equal(headers['x-octets'], '\u00e9');
  await get(client);
  const [first, second] = seen as [Exchange, Exchange];
  t.equal(first.request.target, '/a%2f?b');
  t.equal(first.id, 1);
  t.equal(first.connection, second.connection, 'one connection, one object');
  t.type(first.connection.peer?.port, 'number');
  t.equal(first.connection.tls, null);
  t.equal(first.caps.credit, 'exact');
  t.not(first.locals, second.locals);
});

test('both ways at once, with trailers, larger than every window', async t => {
  const { client } = await behind(t, async x => {
    const out = x.start(200, ['trailer', 'x-octets']);
    let octets = 0;
    for await (const chunk of x.body) {
      octets += chunk.length;
      await out.write(chunk);
    }
    await out.end(['x-octets', `${octets}`]);
  });
  const sent = Buffer.alloc(700_000, 'msgi');
  const stream = post(client);
  stream.end(sent);
  const { body, trailers } = await answered(stream);
  t.ok(sent.equals(Buffer.from(body, 'latin1')));
  t.equal(trailers['x-octets'], '700000');
});

test('a body that waits for room, from an application that has returned', async t => {
  const { client, reports } = await behind(t, x => x.respond(200, text, new Uint8Array(500_000).fill(109)));
  t.equal((await get(client)).body.length, 500_000);
  t.same(reports, []);
});

test('responses without content', async t => {
  const { client } = await behind(t, async x => {
    if (x.request.target === '/respond') return x.respond(200, text, 'hello');
    const out = x.start(Number(x.request.target.slice(1)), text);
    await out.write('dropped');
    t.equal(out.window, 0);
    t.equal(await out.ready(), 0);
    await out.end();
  });
  for (const status of [204, 205, 304]) t.equal((await get(client, `/${status}`)).status, status);
  const head = await answered(client.request({ ':path': '/200', ':method': 'HEAD' }));
  t.equal(head.body, '');
  const whole = await answered(client.request({ ':path': '/respond', ':method': 'HEAD' }));
  t.equal(whole.headers['content-length'], '5');
});

test('credit is exact: the client sends what the far end grants, and no octet more', async t => {
  const { app, result } = watched(async x => {
    x.body.manual();
    t.equal(x.body.window, 1024);
    const sizes: number[] = [];
    let read = 0;
    for (const goal of [1024, 1524]) {
      while (read < goal) read += ((await x.body.read()) as Uint8Array).length;
      sizes.push(read, x.body.window);
      if (goal === 1024) x.body.credit(500);
    }
    x.body.credit(1000);
    while ((await x.body.read()) !== null);
    x.respond(200);
    return sizes;
  });
  const { client } = await behind(t, app, { limits: { initialWindow: 1024 } });
  await once(client, 'remoteSettings');
  const stream = post(client);
  stream.end(Buffer.alloc(2524));
  await answered(stream);
  t.same(await result, [1024, 0, 1524, 0]);
});

test('an initial window of 0 opens for a read that waits', async t => {
  const { app, result } = watched(async x => {
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    x.respond(200);
    return octets;
  });
  const { client } = await behind(t, app, { limits: { initialWindow: 0 } });
  await once(client, 'remoteSettings');
  const stream = post(client);
  stream.end(Buffer.alloc(50_000));
  await answered(stream);
  t.equal(await result, 50_000);
});

test('100 goes to a peer that waits for it when the far end reads, and not before', async t => {
  const order: string[] = [];
  const { client } = await behind(t, async x => {
    t.equal(x.inform(103, ['link', '</a>']), true);
    order.push('read');
    while ((await x.body.read()) !== null);
    x.respond(200, text, 'ok');
  });
  const stream = post(client, { expect: '100-continue' });
  stream.on('headers', headers => order.push(`${headers[':status']}`));
  stream.on('continue', () => {
    order.push('continue');
    stream.end('content');
  });
  t.equal((await answered(stream)).body, 'ok');
  t.same(order, ['read', '103', 'continue', '100'], 'node:http2 tells of 100 twice');
});

test('a peer that waits for 100 in vain', async t => {
  const { app, closed } = watched(async x => x.respond(413));
  const { client } = await behind(t, app);
  const stream = post(client, { expect: '100-continue' });
  stream.on('error', () => {});
  t.equal((await answered(stream)).status, 413);
  t.match(await closed, { complete: true, code: 0, status: 413, received: 0 });
});

test('a reset of the peer reaches the application with its code', async t => {
  const begun = deferred<void>();
  const { app, result, closed } = watched(async x => {
    begun.resolve();
    const error = await Promise.resolve(x.body.read()).then(
      () => null,
      (error: unknown) => error,
    );
    t.equal(x.signal.aborted, true);
    t.equal(x.signal.reason, error);
    t.equal(x.state, 'dead');
    return error;
  });
  const { client } = await behind(t, app);
  const stream = post(client);
  stream.on('error', () => {});
  await begun.promise;
  // Without an end of the request before it, which close() would send.
  stream.destroy(new Error('enough'));
  t.match(await result, { name: 'ExchangeError', code: 2, by: 'peer' });
  t.match(await closed, { complete: false, code: 2, by: 'peer', status: 0 });
});

test('a reset of the application reaches the peer with its code', async t => {
  const { app, closed } = watched(async x => {
    const out = x.start(200);
    await out.write('some');
    x.reset(0xa);
    await t.rejects(Promise.resolve(out.write('more')), { name: 'ExchangeError', code: 10, by: 'app' });
  });
  const { client } = await behind(t, app);
  const stream = client.request();
  stream.on('error', () => {});
  await gone(stream);
  t.equal(stream.rstCode, 10);
  t.match(await closed, { complete: false, code: 10, by: 'app' });
});

test('failures of the application: 500 in idle, a reset in open, a report with its text', async t => {
  const { client, reports } = await behind(t, async x => {
    if (x.request.target === '/nothing') return;
    if (x.request.target === '/open') await x.start(200).write('some');
    throw new Error('it broke');
  });
  const { status, body } = await get(client);
  t.equal(status, 500);
  t.equal(body, '');
  t.equal((await get(client, '/nothing')).status, 500);
  const stream = client.request({ ':path': '/open' });
  stream.on('error', () => {});
  await gone(stream);
  t.equal(stream.rstCode, 2);
  t.equal(reports.length, 3);
});

test('the wrong call is a TypeError at the call', async t => {
  const { app, result } = watched(async x => {
    t.throws(() => x.respond(200, ['X-Upper', '1']), TypeError);
    t.throws(() => x.respond(200, ['content-length', '3'], 'four'), TypeError);
    t.throws(() => x.inform(101), TypeError);
    t.throws(() => x.reset(7), TypeError);
    t.throws(() => x.deadline(0), TypeError);
    t.throws(() => x.push({ target: 'a' }), TypeError);
    x.respond(200, text, 'ok');
    t.throws(() => x.respond(200), TypeError);
  });
  const joined = join(app);
  const server = await serve(joined.application, { grace: 100 });
  t.teardown(() => server.close());
  const client = connect(server.address);
  t.teardown(() => client.destroy());
  t.equal((await get(client)).body, 'ok');
  await result;
  t.same(joined.findings, [], 'each of them as the binding owes it');
});

test('a response that goes on after the request was stopped, and one upload that ends after its response', async t => {
  const { app, closed } = watched(async x => {
    x.body.stop();
    x.respond(200, text, 'enough');
  });
  const { client } = await behind(t, app);
  const stream = post(client);
  stream.write(Buffer.alloc(1000));
  t.equal((await answered(stream)).body, 'enough');
  t.match(await closed, { complete: true, code: 0, by: 'app' });

  const late = watched(async x => {
    x.respond(202);
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    return octets;
  });
  const { client: other } = await behind(t, late.app);
  const upload = post(other);
  upload.resume();
  await once(upload, 'response');
  upload.end(Buffer.alloc(100_000));
  t.equal(await late.result, 100_000);
  t.match(await late.closed, { complete: true, received: 100_000 });
});

test('close waits for what waits here to be read', async t => {
  const order: string[] = [];
  const go = deferred<void>();
  const { app, closed } = watched(async x => {
    x.respond(200, text, 'early');
    await go.promise;
    x.watch(() => order.push('close'));
    while ((await x.body.read()) !== null) order.push('content');
    order.push('end');
  });
  const { client } = await behind(t, app);
  const stream = post(client);
  stream.end('content');
  t.equal((await answered(stream)).body, 'early');
  go.resolve();
  await closed;
  t.equal(order[0], 'content');
  t.ok(order.indexOf('close') > order.indexOf('content'), order.join(' '));
});

test('a deadline that was set at the far end', async t => {
  const { app, closed } = watched(async x => {
    x.deadline(1);
    await new Promise(resolve => x.signal.addEventListener('abort', resolve));
  });
  const { client } = await behind(t, app);
  t.equal((await get(client)).status, 503);
  t.match(await closed, { complete: false, code: 8, by: 'server', status: 503 });
});

test('drain: the application, the exchange and the connection are told', async t => {
  const told: string[] = [];
  const begun = deferred<void>();
  const { client, server } = await behind(
    t,
    {
      app: async x => {
        begun.resolve();
        const drained = new Promise<void>(resolve => {
          x.watch(({ type }) => {
            told.push(type);
            if (type === 'drain') resolve();
          });
        });
        await drained;
        told.push(`draining ${x.connection.draining}`);
        x.respond(200, text, 'drained');
      },
      start: host => void told.push(`start ${host.spec} by ${host.server}`),
      drain: () => void told.push('application'),
      stop: () => void told.push('stop'),
    },
    { grace: 5000 },
  );
  const response = get(client);
  await begun.promise;
  const closing = server.close();
  t.equal((await response).body, 'drained');
  await closing;
  t.same(told, ['start 1.0 by msgi', 'application', 'drain', 'draining true', 'close', 'stop']);
});

test('drain of one connection, from the far end', async t => {
  const { client } = await behind(t, x => {
    x.connection.drain();
    t.equal(x.connection.draining, true);
    x.respond(200, text, 'the last');
  });
  const goaway = once(client, 'goaway');
  t.equal((await get(client)).body, 'the last');
  await goaway;
});

test('a pipe that ends: 502 in idle, a reset in open, and the far end fails by transport', async t => {
  const errors: unknown[] = [];
  let begun = 0;
  const both = deferred<void>();
  const app: App = async x => {
    if (x.request.target === '/open') await x.start(200).write('some');
    begun += 1;
    if (begun === 2) both.resolve();
    await new Promise<void>(resolve => {
      x.signal.addEventListener('abort', () => {
        errors.push(x.signal.reason);
        resolve();
      });
    });
  };
  const { client, joined } = await behind(t, app);
  const idle = get(client);
  const open = client.request({ ':path': '/open' });
  open.on('error', () => {});
  await both.promise;
  await once(open, 'response');
  joined.server.end();
  t.equal((await idle).status, 502);
  await gone(open);
  t.equal(open.rstCode, 2);
  await joined.host.settled();
  t.match(errors, [
    { name: 'ExchangeError', code: 8, by: 'transport' },
    { name: 'ExchangeError', code: 8, by: 'transport' },
  ]);
  t.equal((await get(client)).status, 503, 'there is no pipe any more');
});

test('many at once, cut anywhere', async t => {
  const { client, joined } = await behind(t, async x => {
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    x.respond(200, text, `${octets}`);
  });
  const sizes = Array.from({ length: 60 }, (_, i) => i * 777);
  const answers = await Promise.all(
    sizes.map(size => {
      const stream = post(client);
      stream.end(Buffer.alloc(size));
      return answered(stream);
    }),
  );
  t.same(
    answers.map(({ body }) => Number(body)),
    sizes,
  );
  t.equal(joined.server.load, 0, 'nothing is left behind');
});

test('a head that is longer than the host takes is answered 431', async t => {
  const joined: Joined = join(x => x.respond(200));
  const server = await serve(joined.application, { grace: 100 });
  t.teardown(() => server.close());
  joined.server.payload = 400;
  const client = connect(server.address);
  t.teardown(() => client.destroy());
  t.equal((await get(client)).status, 431);
  joined.server.payload = 65_536;
  t.equal((await get(client)).status, 200);
});

test('promises, with an application of their own and without', async t => {
  const { client } = await behind(t, x => {
    if (x.pushed) return x.respond(200, text, `hosted ${x.request.target}`);
    t.equal(
      x.push({ target: '/own' }, pushed => pushed.respond(200, text, `own ${pushed.request.target}`)),
      true,
    );
    t.equal(x.push({ target: '/hosted', fields: ['accept', 'text/css'] }), true);
    x.respond(200, text, 'page');
  });
  const bodies: string[] = [];
  const both = deferred<void>();
  client.on('stream', stream => {
    let body = '';
    stream.setEncoding('latin1').on('data', chunk => {
      body += chunk;
    });
    stream.on('end', () => {
      if (bodies.push(body) === 2) both.resolve();
    });
  });
  t.equal((await get(client)).body, 'page');
  await both.promise;
  t.same(bodies.sort(), ['hosted /hosted', 'own /own']);
});

test('a tunnel, one direction after the other', async t => {
  const { client } = await behind(
    t,
    async x => {
      t.match(x.request, { method: 'CONNECT', protocol: 'websocket' });
      t.throws(() => x.respond(200), TypeError);
      const out = x.start(200);
      for await (const chunk of x.body) await out.write(chunk);
      await out.write(' and more');
      await out.end();
    },
    { protocols: ['websocket'] },
  );
  await once(client, 'remoteSettings');
  const stream = client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':scheme': 'http' });
  stream.end('there');
  t.equal((await answered(stream)).body, 'there and more');
});

test('the priority that the peer asks for', async t => {
  const { client } = await behind(t, x => {
    x.prioritize(0, true);
    const { scheme, urgency, node } = x.priority;
    x.respond(200, text, `${scheme} ${urgency} ${node}`);
  });
  t.match((await get(client)).body, / 3 null$/);
});

/** A server whose host says what a test makes it say. */
async function wrongHost(t: Test, say: (number: number) => readonly HostMessage[]) {
  const written: ServerMessage[] = [];
  const reader = serverReader(1_048_576);
  const pipe = new ServerPipe(
    {
      write: pieces => {
        for (const message of reader.read(Uint8Array.from(Buffer.concat(pieces)))) {
          written.push(message);
          if (message.type !== 'HEAD') continue;
          for (const each of say(message.number)) {
            const octets = encode(each);
            pipe.receive(octets);
            octets.fill(0x2d);
          }
        }
      },
      close() {},
    },
    { ready() {}, ended() {} },
  );
  const hello = { versions: ['1.0'], payload: 1_048_576, name: 'wrong' };
  pipe.receive(encode({ type: 'HELLO', number: 0, payload: hello }));
  const reports: string[] = [];
  const report = (error: unknown): void => void reports.push(String(error));
  const server = await serve(x => pipe.forward(x), { grace: 100, report });
  const client = connect(server.address);
  client.on('error', () => {});
  endingsOf(t).push(async () => {
    client.destroy();
    pipe.end();
    await server.close();
  });
  return { client, pipe, written, reports };
}

test('a host that breaks a rule of the interface: 500 in idle, a reset afterwards', async t => {
  const fields = ['connection', 'close'];
  const idle = await wrongHost(t, number => [{ type: 'START', number, payload: { status: 200, fields } }]);
  t.equal((await get(idle.client)).status, 500);
  t.match(idle.reports, [/connection/]);
  const start = (number: number): HostMessage => ({ type: 'START', number, payload: { status: 200, fields: [] } });
  const open = await wrongHost(t, number => [
    start(number),
    { type: 'DATA', number, payload: new Uint8Array(500_000) },
  ]);
  const stream = open.client.request();
  stream.on('error', () => {});
  await gone(stream);
  t.equal(stream.rstCode, 2);
  t.match(open.reports, [/beyond the room/]);
  t.match(
    open.written.filter(({ type }) => type === 'RESET'),
    [{ payload: { code: 2, by: 'app' } }],
  );
});

test('what a host has written is read to the same place as what comes next', async t => {
  for (const length of [100, 5000, 60_000]) {
    const content = Buffer.alloc(length, 'abcdefghijk');
    const says = (number: number): readonly HostMessage[] => [
      { type: 'START', number, payload: { status: 200, fields: [] } },
      { type: 'DATA', number, payload: content },
      { type: 'END', number, payload: {} },
      { type: 'SETTLED', number, payload: {} },
    ];
    const { client, pipe } = await wrongHost(t, says);
    t.equal((await get(client)).body, content.toString());
    t.equal(pipe.state, 'ready');
  }
});

test('a host that breaks the pipe is rid of it', async t => {
  const wrong: readonly ((number: number) => HostMessage)[] = [
    number => ({ type: 'END', number: number + 2, payload: {} }),
    () => ({ type: 'END', number: 2, payload: {} }),
    () => ({ type: 'END', number: 1, payload: {} }),
    number => ({ type: 'DRAIN', number, payload: null }),
    () => ({ type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_536, name: 'again' } }),
  ];
  for (const say of wrong) {
    const { client, pipe } = await wrongHost(t, number => [say(number)]);
    t.equal((await get(client)).status, 502, JSON.stringify(say(3)));
    t.equal(pipe.state, 'ended');
  }
});
