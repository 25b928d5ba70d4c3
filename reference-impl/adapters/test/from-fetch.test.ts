/** Handlers of Fetch on the reference server. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import t, { type Test } from 'tap';
import { ForwardExchange } from '../../../helpers/index.ts';
import { formatLint, lint } from '../../../lint/index.ts';
import type { App, Close, Exchange, RequestHead } from '../../../spec/msgi.ts';
import { type Running, serve } from '../../server.ts';
import { type FetchHandler, fromFetch } from '../from-fetch.ts';
import { type Answer, type Asked, ask1, ask2 } from './asking.ts';

const reports: string[] = [];
const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));

async function hosted(t: Test, app: App): Promise<{ readonly client: ClientHttp2Session; readonly server: Running }> {
  const checked = lint(app, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  const server = await serve(checked, { report, grace: 100 });
  const client = connect(server.address);
  client.on('error', () => {});
  t.teardown(async () => {
    client.destroy();
    await server.close();
  });
  await once(client, 'remoteSettings');
  return { client, server };
}

/** The same answer on HTTP/2 and HTTP/1.1, but for the fields of framing (MSGI-ADAPT-1). */
async function both(t: Test, handler: FetchHandler, asked: Asked = {}): Promise<Answer> {
  const { client, server } = await hosted(t, fromFetch(handler));
  const answer = await ask2(client, asked);
  t.same(message(await ask1(server.port, asked)), message(answer), 'HTTP/1.1 and HTTP/2 are alike');
  return answer;
}

function message({ headers, ...rest }: Answer): unknown {
  const { date, connection, 'transfer-encoding': _, 'keep-alive': __, ...others } = headers;
  return { ...rest, headers: { ...others } };
}

t.test('the request', async t => {
  const answer = await both(
    t,
    request => {
      const { url, method, headers, body } = request;
      const named = ['host', 'x-a', 'cookie', 'connection'].map(name => headers.get(name) !== null);
      return Response.json([url.replace(/:\d+\//, '/'), method, named, body === null, request instanceof Request]);
    },
    { path: '/a%20b/../c?d=%C3%A9', fields: { 'x-a': 'b', cookie: 'a=1; b=2' } },
  );
  t.same(JSON.parse(answer.body), ['http://127.0.0.1/c?d=%C3%A9', 'GET', [true, true, true, false], true, true]);
});

t.test('octets of a target that are no text stay what they are', async t => {
  /** As it would come from a client of raw octets. */
  class Raw extends ForwardExchange {
    override get request(): RequestHead {
      return { ...this.inner.request, target: '/\u00e9\\..\\b' };
    }
  }
  const app = fromFetch(request => new Response(new URL(request.url).pathname));
  const { client } = await hosted(t, x => app(new Raw(x)));
  t.equal((await ask2(client, {})).body, '/%E9%5C..%5Cb');
});

t.test('OPTIONS * and what Fetch does not have', async t => {
  const { client } = await hosted(
    t,
    fromFetch(request => new Response(`${request.method} ${new URL(request.url).pathname}`)),
  );
  t.match(await ask2(client, { method: 'OPTIONS', path: '*' }), { status: 200, body: 'OPTIONS /' });
  t.match(await ask2(client, { method: 'PATCH' }), { status: 200, body: 'PATCH /' });
  for (const method of ['TRACE', 'get', 'Post']) t.match(await ask2(client, { method }), { status: 501, body: '' });
});

t.test('responses', async t => {
  const headers = new Headers([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['x-a', 'b'],
    ['connection', 'close, x-secret'],
    ['keep-alive', 'timeout=5'],
    ['x-secret', 'of the connection'],
  ]);
  const made = await both(t, () => new Response('made', { status: 201, headers }));
  t.match(made, { status: 201, body: 'made', headers: { 'set-cookie': ['a=1', 'b=2'], 'content-length': '4' } });
  t.notOk('x-secret' in made.headers || 'keep-alive' in made.headers || 'connection' in made.headers);
  t.match(await both(t, () => new Response(null, { status: 204 })), { status: 204, body: '' });
  t.match(await both(t, () => new Response(null, { status: 304, headers: { etag: '"a"' } })), { status: 304 });
  t.match(await both(t, () => Response.redirect('http://a.example/', 307)), { status: 307 });
  t.match(await both(t, () => new Response('')), { status: 200, body: '', headers: { 'content-length': '0' } });
  const empty = await both(t, () => new Response(), { method: 'POST', content: 'x' });
  t.match(empty, { status: 200, body: '', headers: { 'content-length': '0' } });
});

t.test('HEAD has no content, and its production ends', async t => {
  let cancelled = 0;
  const body = (): ReadableStream =>
    new ReadableStream({
      cancel() {
        cancelled += 1;
      },
    });
  const answer = await both(t, () => new Response(body(), { headers: { 'x-a': 'b' } }), { method: 'HEAD' });
  t.match(answer, { status: 200, body: '', headers: { 'x-a': 'b' } });
  t.equal(cancelled, 2, 'once a request');
});

t.test('the content of a request, read in each of the ways', async t => {
  const content = Buffer.alloc(300_000, 'octets');
  const asked = { method: 'POST', content };
  const sum = createHash('sha256').update(content).digest('hex');
  const hash = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
  const ways: Readonly<Record<string, (request: Request) => Promise<string>>> = {
    arrayBuffer: async request => hash(new Uint8Array(await request.arrayBuffer())),
    text: async request => hash(Buffer.from(await request.text())),
    blob: async request => hash(new Uint8Array(await (await request.blob()).arrayBuffer())),
    iteration: async request => {
      const running = createHash('sha256');
      for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) running.update(chunk);
      return running.digest('hex');
    },
    'a reader with its own buffer': async request => {
      const running = createHash('sha256');
      const reader = (request.body as ReadableStream).getReader({ mode: 'byob' });
      for (let view = new Uint8Array(1000); ; ) {
        const { done, value } = await reader.read(view);
        if (done || value === undefined) return running.digest('hex');
        running.update(value);
        view = new Uint8Array(value.buffer);
      }
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    t.equal((await both(t, async request => new Response(await way(request)), asked)).body, sum, name);
  }
  const form = await both(t, async request => Response.json([...(await request.formData())]), {
    method: 'POST',
    content: 'a=1&b=%C3%A9',
    fields: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  t.equal(Buffer.from(form.body, 'latin1').toString(), '[["a","1"],["b","é"]]');
});

t.test('an echo goes both ways at once', async t => {
  const { client } = await hosted(
    t,
    fromFetch(request => new Response(request.body)),
  );
  const stream = client.request({ ':path': '/', ':method': 'POST' });
  await once(stream, 'response');
  for (const word of ['one', 'two']) {
    stream.write(word);
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    t.equal(chunk.toString(), word);
  }
  stream.end();
  await once(stream, 'end');
});

t.test('what is not read of a request is not granted', async t => {
  let go = (): void => {};
  const gate = new Promise<void>(resolve => {
    go = resolve;
  });
  const { client } = await hosted(
    t,
    fromFetch(async request => {
      await gate;
      return new Response(String((await request.arrayBuffer()).byteLength));
    }),
  );
  const stream = client.request({ ':path': '/', ':method': 'POST' });
  const answer = once(stream, 'response');
  stream.end(Buffer.alloc(2_000_000));
  for (let i = 0; i < 5; i += 1) await new Promise<void>(resolve => client.ping(() => resolve()));
  t.ok(stream.bufferSize > 0, 'the client still has content');
  go();
  await answer;
  t.equal(String(await once(stream, 'data')), '2000000');
});

t.test('content of a response is asked for as it is taken', async t => {
  let pulled = 0;
  const body = (): ReadableStream =>
    new ReadableStream(
      {
        pull(controller) {
          pulled += 10_000;
          if (pulled > 5_000_000) controller.close();
          else controller.enqueue(new Uint8Array(10_000));
        },
      },
      { highWaterMark: 0 },
    );
  const { client } = await hosted(
    t,
    fromFetch(() => new Response(body())),
  );
  const stream = client.request({ ':path': '/' });
  await once(stream, 'response');
  for (let i = 0; i < 5; i += 1) await new Promise<void>(resolve => client.ping(() => resolve()));
  t.ok(pulled < 500_000, `${pulled} octets are produced for a client that takes none`);
  let octets = 0;
  for await (const chunk of stream) octets += (chunk as Buffer).length;
  t.equal(octets, 5_000_000);
});

t.test('a head does not wait for content', async t => {
  let send = (): void => {};
  const body = new ReadableStream({
    start(controller) {
      send = () => {
        controller.enqueue(Buffer.from('data: 1\n\n'));
        controller.close();
      };
    },
  });
  const { client } = await hosted(
    t,
    fromFetch(() => new Response(body)),
  );
  const stream = client.request({ ':path': '/' });
  await once(stream, 'response');
  send();
  t.equal(String(await once(stream, 'data')), 'data: 1\n\n');
});

/** The next call, as a promise of its argument. */
function called<T>(): { readonly call: (value: T) => void; readonly promise: Promise<T> } {
  let call: (value: T) => void = () => {};
  const promise = new Promise<T>(resolve => {
    call = resolve;
  });
  return { call, promise };
}

async function ended(stream: ClientHttp2Stream): Promise<number> {
  stream.on('error', () => {});
  stream.resume();
  if (!stream.closed || !stream.destroyed) await new Promise(resolve => stream.once('close', resolve));
  return stream.rstCode;
}

t.test('a client that leaves: signal, the stream of the request, and that of the response', async t => {
  const begun = called<void>();
  const aborted = called<unknown>();
  const cut = called<unknown>();
  const cancelled = called<unknown>();
  const { client } = await hosted(
    t,
    fromFetch(request => {
      const { signal } = request.clone();
      signal.addEventListener('abort', () => aborted.call(signal.reason));
      const reading = request.text();
      reading.then(text => cut.call(`whole: ${text}`), cut.call);
      begun.call();
      return new Response(new ReadableStream({ cancel: cancelled.call }));
    }),
  );
  const stream = client.request({ ':path': '/', ':method': 'POST' });
  stream.write('part');
  await begun.promise;
  await once(stream, 'response');
  // Not by `close`, which would end the content of the request first.
  stream.destroy(new Error('left'));
  await ended(stream);
  t.match(await aborted.promise, { name: 'ExchangeError', by: 'peer' });
  t.match(await cut.promise, { name: 'ExchangeError', by: 'peer' }, 'a cut request does not look whole');
  t.match(await cancelled.promise, { name: 'ExchangeError', by: 'peer' });
});

t.test('failures: 500 before the head, a reset after', async t => {
  const handlers: Readonly<Record<string, FetchHandler>> = {
    '/throws': () => {
      throw new Error('fails /throws');
    },
    '/rejects': () => Promise.reject(new Error('fails /rejects')),
    '/nothing': () => undefined as never,
    '/error': () => Response.error(),
    '/used': async () => {
      const response = new Response('used');
      await response.text();
      return response;
    },
    '/length': () => new Response('short', { headers: { 'content-length': '10' } }),
    '/text': () => new Response(new ReadableStream({ start: controller => controller.enqueue('text' as never) })),
    '/first': () => new Response(failing(0)),
    '/later': () => new Response(failing(3)),
  };
  const app = fromFetch(request => (handlers[new URL(request.url).pathname] as FetchHandler)(request));
  const { client } = await hosted(t, app);
  for (const path of ['/throws', '/rejects', '/nothing', '/error', '/used', '/length', '/text', '/first']) {
    reports.length = 0;
    t.match(await ask2(client, { path }), { status: 500, body: '' }, path);
    t.equal(reports.length, 1, 'reported once');
  }
  const stream = client.request({ ':path': '/later' });
  const [head] = await once(stream, 'response');
  t.equal(head[':status'], 200);
  t.equal(await ended(stream), 2, 'INTERNAL_ERROR');
});

function failing(after: number): ReadableStream {
  let count = 0;
  return new ReadableStream({
    async pull(controller) {
      if (count === after) throw new Error('no more');
      count += 1;
      if (count > 1) await new Promise(resolve => setImmediate(resolve));
      controller.enqueue(Buffer.from('part'));
    },
  });
}

t.test('what Fetch cannot say is within reach', async t => {
  const closes: Promise<Close>[] = [];
  const exchangeOf = (request: Request): Exchange =>
    (request as unknown as Record<symbol, Exchange>)[Symbol.for('msgi.exchange')] as Exchange;
  const handler: FetchHandler = async request => {
    const x = exchangeOf(request);
    x.inform(103, ['link', '</a.css>; rel=preload']);
    if (new URL(request.url).pathname === '/') return new Response('informed');
    const sink = x.start(200, ['trailer', 'x-sum']);
    await sink.write('content');
    await sink.end(['x-sum', '42']);
    return new Response('dropped');
  };
  const { client } = await hosted(t, x => {
    closes.push(new Promise(resolve => void x.watch(notice => notice.type === 'close' && resolve(notice))));
    return fromFetch(handler)(x);
  });
  const stream = client.request({ ':path': '/' });
  const [informed] = await once(stream, 'headers');
  t.equal(informed[':status'], 103);
  t.equal(await ended(stream), 0);
  t.match(await ask2(client, { path: '/trailers' }), { body: 'content', trailers: { 'x-sum': '42' } });
  t.match(await Promise.all(closes), [{ complete: true }, { complete: true }]);
});
