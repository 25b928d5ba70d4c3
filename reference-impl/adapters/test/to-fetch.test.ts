/** MSGI applications as handlers of Fetch. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../../lint/index.ts';
import type { App, Close, Exchange } from '../../../spec/msgi.ts';
import { serve } from '../../server.ts';
import { fromFetch } from '../from-fetch.ts';
import { type FetchHost, type ToFetchOptions, toFetch } from '../to-fetch.ts';
import { ask2 } from './asking.ts';

const URL_ = 'http://a.example:8080/b?c=d';
const reports: string[] = [];

/** The adapter under the checker: what it does wrong fails the test. */
function hosted(t: Test, app: App, options: ToFetchOptions = {}): FetchHost {
  const checked = lint(app, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  return toFetch(checked, { report: error => void reports.push(String(error)), ...options });
}

function post(body: RequestInit['body'], init: RequestInit = {}): Request {
  return new Request(URL_, { method: 'POST', body: body ?? null, duplex: 'half', ...init });
}

/** The promise of a call that comes later. */
function called<T>(): { readonly call: (value: T) => void; readonly promise: Promise<T> } {
  let call: (value: T) => void = () => {};
  const promise = new Promise<T>(resolve => {
    call = resolve;
  });
  return { call, promise };
}

t.test('the request', async t => {
  const handler = hosted(t, x => {
    const { method, scheme, authority, target, base, version, fields } = x.request;
    x.respond(200, [], JSON.stringify([method, scheme, authority, target, base, version, x.body.ended, fields]));
  });
  const headers = { 'X-A': 'b', connection: 'x-gone', 'x-gone': '1', host: 'a.example:8080', cookie: 'a=1' };
  t.same(await (await handler(new Request(URL_, { headers }))).json(), [
    ...['GET', 'http', 'a.example:8080', '/b?c=d', '', '1.1', true],
    ['cookie', 'a=1', 'x-a', 'b'],
  ]);
  t.equal((await handler(new Request(URL_, { headers: { 'content-length': 'no' } }))).status, 400);
});

t.test('capabilities are those of Fetch, and what they deny does nothing', async t => {
  const handler = hosted(t, async x => {
    const { inform, push, trailers, duplex, multiplex, tunnel, credit, reset } = x.caps;
    const done = [x.inform(103, ['link', '</a>']), x.push({ target: '/a' })];
    const sink = x.start(200);
    await sink.write(JSON.stringify([inform, push, trailers, duplex, multiplex, tunnel, credit, reset, done]));
    await sink.end(['x-sum', '1']);
  });
  const response = await handler(new Request(URL_));
  t.same(await response.json(), [false, false, false, false, false, false, 'coarse', 'close', [false, false]]);
});

t.test('responses', async t => {
  const answer = async (app: App, method = 'GET'): Promise<readonly unknown[]> => {
    const response = await hosted(t, app)(new Request(URL_, { method }));
    return [response.status, [...response.headers], await response.text()];
  };
  const cookies = ['set-cookie', 'a=1', 'set-cookie', 'b=2'];
  t.same(await answer(x => x.respond(201, cookies, 'made')), [
    201,
    [
      ['content-length', '4'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
    'made',
  ]);
  t.same(await answer(x => x.respond(200)), [200, [['content-length', '0']], '']);
  t.same(await answer(x => x.respond(204)), [204, [], '']);
  t.same(await answer(x => x.respond(304, ['etag', '"a"'])), [304, [['etag', '"a"']], '']);
  t.same(await answer(x => x.respond(200, [], 'four'), 'HEAD'), [200, [['content-length', '4']], '']);
  const begun: App = async x => {
    const sink = x.start(200);
    await sink.write('one ');
    await sink.write(Buffer.alloc(100_000, 'x'));
    await sink.end();
  };
  t.equal(((await answer(begun))[2] as string).length, 100_004);
  t.same(await answer(begun, 'HEAD'), [200, [], '']);
});

t.test('an echo', async t => {
  const handler = hosted(t, async x => {
    const sink = x.start(200);
    for await (const chunk of x.body) await sink.write(chunk);
    await sink.end();
  });
  const octets = Buffer.alloc(1_000_000, 'octets');
  t.ok(Buffer.from(await (await handler(post(octets))).arrayBuffer()).equals(octets));
});

t.test('content is produced as it is read', async t => {
  let written = 0;
  const closes = called<Close>();
  const handler = hosted(t, async x => {
    x.watch(notice => notice.type === 'close' && closes.call(notice));
    const sink = x.start(200);
    for (let i = 0; i < 100; i += 1) {
      await sink.write(new Uint8Array(10_000));
      written += 10_000;
    }
    await sink.end();
  });
  const { body } = await handler(new Request(URL_));
  await new Promise(resolve => setImmediate(resolve));
  t.ok(written < 200_000, `${written} octets for a reader that takes none`);
  let octets = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) octets += chunk.length;
  t.equal(octets, 1_000_000);
  t.match(await closes.promise, { complete: true, code: 0, sent: 1_000_000, status: 200 });
});

t.test('ready waits for the reader', async t => {
  const windows: number[] = [];
  const handler = hosted(t, async x => {
    const sink = x.start(200);
    windows.push(sink.window);
    if ((await sink.ready()) > 0) await sink.write('late');
    await sink.end();
  });
  const response = await handler(new Request(URL_));
  t.same(windows, [0]);
  t.equal(await response.text(), 'late');
});

t.test('a request is read as the application reads', async t => {
  let pulled = 0;
  const go = called<void>();
  const body = new ReadableStream({
    pull(controller) {
      pulled += 10_000;
      if (pulled > 1_000_000) controller.close();
      else controller.enqueue(new Uint8Array(10_000));
    },
  });
  const handler = hosted(t, async x => {
    await go.promise;
    let octets = 0;
    for await (const chunk of x.body) octets += chunk.length;
    x.respond(200, [], String(octets));
  });
  const response = handler(post(body));
  await new Promise(resolve => setImmediate(resolve));
  t.ok(pulled <= 100_000, `${pulled} octets for an application that reads none`);
  go.call();
  t.equal(await (await response).text(), '1000000');
});

t.test('what is not read is cancelled', async t => {
  const cancelled = called<unknown>();
  const handler = hosted(t, x => x.respond(413));
  t.equal((await handler(post(new ReadableStream({ cancel: cancelled.call })))).status, 413);
  await cancelled.promise;
});

t.test('a request that was cut', async t => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('part'));
      queueMicrotask(() => controller.error(new Error('cut')));
    },
  });
  const read = called<unknown>();
  const handler = hosted(t, async x => {
    try {
      while ((await x.body.read()) !== null);
      read.call('whole');
    } catch (error) {
      read.call(error);
      throw error;
    }
  });
  await t.rejects(handler(post(body)), { name: 'ExchangeError', by: 'transport' });
  t.match(await read.promise, { name: 'ExchangeError', code: 8, by: 'transport' });
});

t.test('a client that leaves, by its signal and by the stream of the response', async t => {
  const aborted: unknown[] = [];
  const app: App = x =>
    new Promise((_resolve, reject) => {
      x.start(200).write('begun');
      x.signal.addEventListener('abort', () => {
        aborted.push(x.signal.reason);
        reject(x.signal.reason);
      });
    });
  const leaving = new AbortController();
  const handler = hosted(t, app);
  const response = await handler(new Request(URL_, { signal: leaving.signal }));
  leaving.abort();
  await t.rejects(response.text(), { name: 'ExchangeError' });
  const other = await handler(new Request(URL_));
  await other.body?.cancel();
  await handler.idle();
  t.match(aborted, [
    { code: 8, by: 'peer' },
    { code: 8, by: 'peer' },
  ]);
  await t.rejects(handler(new Request(URL_, { signal: leaving.signal })), { name: 'AbortError' });
});

t.test('failures', async t => {
  reports.length = 0;
  const failing = hosted(t, () => Promise.reject(new Error('fails')));
  t.equal((await failing(new Request(URL_))).status, 500);
  t.match(reports, [/fails/]);
  const open = hosted(t, async x => {
    await x.start(200).write('part');
    throw new Error('fails later');
  });
  await t.rejects((await open(new Request(URL_))).text(), { name: 'ExchangeError', code: 2, by: 'app' });
  const resetting = hosted(t, x => x.reset(11));
  await t.rejects(resetting(new Request(URL_)), { name: 'ExchangeError', code: 11, by: 'app' });
});

t.test('limits, and the end of the server', async t => {
  const waiting: App = x =>
    new Promise((_, reject) => x.signal.addEventListener('abort', () => reject(x.signal.reason)));
  const timed = hosted(t, x => {
    x.deadline(1);
    return waiting(x);
  });
  t.equal((await timed(new Request(URL_))).status, 503);
  const notices: string[] = [];
  const running = called<Exchange>();
  const handler = hosted(t, x => {
    x.watch(notice => notices.push(notice.type));
    running.call(x);
    return waiting(x);
  });
  const response = handler(new Request(URL_));
  await running.promise;
  handler.drain();
  handler.cancel();
  t.equal((await response).status, 503);
  await handler.idle();
  t.same(notices, ['drain', 'close']);
});

t.test('there and back: the same answers as without', async t => {
  const app: App = async x => {
    if (x.request.target === '/hello') return x.respond(200, ['content-type', 'text/plain'], 'hello\n');
    const sink = x.start(200, ['x-a', 'b']);
    for await (const chunk of x.body) await sink.write(chunk);
    await sink.end();
  };
  const answers = [];
  for (const tried of [app, fromFetch(hosted(t, app))]) {
    const server = await serve(tried, { grace: 100 });
    const client = connect(server.address);
    t.teardown(async () => {
      client.destroy();
      await server.close();
    });
    await once(client, 'remoteSettings');
    const of = async (asked: Parameters<typeof ask2>[1]): Promise<unknown> => {
      const { headers, ...rest } = await ask2(client, asked);
      return { ...rest, headers: { ...headers, date: '' } };
    };
    answers.push([
      await of({ path: '/hello' }),
      await of({ path: '/hello', method: 'HEAD' }),
      await of({ path: '/', method: 'POST', content: Buffer.alloc(300_000, 'abc') }),
    ]);
  }
  t.same(answers[1], answers[0]);
});
