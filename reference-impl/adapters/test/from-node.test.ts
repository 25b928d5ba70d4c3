/** Handlers of node:http on the reference server: the same answers as on node:http and on node:http2's compatibility API. */
import { once } from 'node:events';
import { createServer as createHttp1, IncomingMessage, request as request1, ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect, createServer as createHttp2, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { finished, pipeline, Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../../lint/index.ts';
import type { App, Close } from '../../../spec/msgi.ts';
import { serve } from '../../server.ts';
import { stateOf } from '../from-node/state.ts';
import { fromNode, type NodeHandler } from '../from-node.ts';

const reports: string[] = [];
const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));

async function session(t: Test, app: App): Promise<ClientHttp2Session> {
  const checked = lint(app, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  const server = await serve(checked, { report, grace: 100 });
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
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  readonly trailers: Record<string, unknown>;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly content?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

async function ask2(
  client: ClientHttp2Session,
  { method = 'GET', path = '/', content, fields }: Asked,
): Promise<Answer> {
  const stream = client.request({ ':path': path, ':method': method, ...fields }, { endStream: content === undefined });
  if (content !== undefined) stream.end(content);
  let trailers = {};
  stream.on('trailers', given => {
    trailers = { ...given };
  });
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const { ':status': status, ...headers } = head;
  return { status: Number(status), headers, body: Buffer.concat(chunks).toString('latin1'), trailers };
}

function ask1(port: number, { method = 'GET', path = '/', content, fields }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request1({ port, method, path, headers: { ...fields, te: 'trailers' }, agent: false });
    asked.on('error', reject);
    asked.on('response', async response => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString('latin1');
      resolve({ status: response.statusCode, headers: response.headers, body, trailers: response.trailers });
    });
    asked.end(content);
  });
}

/** Fields of the message, without those of framing and of the connection, and the date. */
function comparable({ headers, ...rest }: Answer): unknown {
  const { date, connection, 'keep-alive': _, 'transfer-encoding': __, 'content-length': length, ...others } = headers;
  return {
    ...rest,
    trailers: Object.fromEntries(Object.entries(rest.trailers)),
    headers: Object.fromEntries(Object.entries(others)),
    date: typeof date,
  };
}

/** Each is asked for "/" and, by HEAD, again; those with content by POST. */
const handlers: Readonly<Record<string, NodeHandler>> = {
  end: (_request, response) => response.end('hello'),
  nothing: (_request, response) => response.end(),
  writeHead: (_request, response) => response.writeHead(201, { 'X-A': '1', 'set-cookie': ['a=1', 'b=2'] }).end('made'),
  'setHeader and writeHead': (_request, response) => {
    response.setHeader('X-One', 1);
    response.setHeader('x-gone', 'y');
    response.removeHeader('X-Gone');
    response.appendHeader('x-many', 'a');
    response.appendHeader('x-many', 'b');
    response.writeHead(202, { 'x-two': 'two' });
    response.end(Buffer.from('buffer'));
  },
  'what can be asked of a response': (_request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    const before = [
      response.headersSent,
      response.writableEnded,
      response.hasHeader('content-type'),
      response.statusCode,
    ];
    response.statusCode = 203;
    response.write(JSON.stringify([before, response.getHeaderNames(), response.getHeader('content-type')]));
    const between = [response.headersSent, response.writableEnded, response.finished];
    response.end(JSON.stringify([between, response.statusCode]));
  },
  'setting after the head': (_request, response) => {
    response.write('a');
    let code: unknown = null;
    try {
      response.setHeader('x-late', '1');
    } catch (error) {
      code = error instanceof Error;
    }
    response.end(String(code));
  },
  encodings: (_request, response) => {
    response.write('aGVsbG8=', 'base64');
    response.write('e9', 'hex');
    response.end('\u00e9', 'latin1');
  },
  'no content': (_request, response) => {
    response.statusCode = 204;
    response.end('dropped');
  },
  'not modified': (_request, response) => response.writeHead(304, { etag: '"a"' }).end(),
  pipe: (_request, response) => void Readable.from(['a'.repeat(100_000), 'b'.repeat(100_000)]).pipe(response),
  'write, callbacks and drain': async (_request, response) => {
    const events: string[] = [];
    response.on('finish', () => events.push('finish'));
    await new Promise<void>(resolve => response.write('first', () => resolve()));
    for (let i = 0; i < 30; i += 1) if (!response.write('x'.repeat(50_000))) await once(response, 'drain');
    response.end('last');
  },
  trailers: (_request, response) => {
    response.writeHead(200, { trailer: 'X-Sum' });
    response.write('content');
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  },
  flushHeaders: (_request, response) => {
    response.setHeader('x-early', '1');
    response.flushHeaders();
    setImmediate(() => response.end('late'));
  },
  'the request': (request, response) => {
    const { method, url, headers, complete } = request;
    const named = [headers['x-a'], headers['cookie'], typeof headers['user-agent'], complete];
    const socket = [typeof request.socket.remoteAddress, typeof request.socket.remotePort, request.socket.readable];
    response.end(JSON.stringify([method, url, named, socket]));
  },
  'content of the request': (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(`${Buffer.concat(chunks).length} ${request.complete}`));
  },
  echo: (request, response) => void request.pipe(response),
};

const requests: readonly Asked[] = [
  { path: '/a/%20?b=c', fields: { 'x-a': 'b', cookie: 'a=1; b=2' } },
  { method: 'HEAD' },
  { method: 'POST', content: 'z'.repeat(300_000) },
];

/** Where the two servers of node differ among themselves, there is nothing to be equal to. */
const ONLY_HTTP1: ReadonlySet<string> = new Set(['the request', 'what can be asked of a response', 'encodings']);

async function listening(t: Test, server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

t.test('the same answers as on node:http and node:http2', async t => {
  for (const [name, handler] of Object.entries(handlers)) {
    const http1 = await listening(t, createHttp1(handler));
    const http2 = connect(`http://127.0.0.1:${await listening(t, createHttp2(handler as never))}`);
    const client = await session(t, fromNode(handler));
    for (const request of requests) {
      // Node:http throws there: HEAD has no chunked coding that could carry them.
      if (name === 'trailers' && request.method === 'HEAD') continue;
      // What is not read of a large request may reset the connection of HTTP/1.1 under the answer.
      const reads = request.content === undefined || name === 'echo' || name === 'content of the request';
      const asked = reads ? request : { ...request, content: 'short' };
      const title = `${name}, ${asked.method ?? 'GET'}`;
      const here = comparable(await ask2(client, asked));
      t.same(here, comparable(await ask1(http1, asked)), `${title}: as on node:http`);
      if (ONLY_HTTP1.has(name)) continue;
      t.same(here, comparable(await ask2(http2, asked)), `${title}: as on node:http2`);
    }
    http2.destroy();
  }
});

t.test('what frameworks rely on', async t => {
  const events: string[] = [];
  const client = await session(
    t,
    fromNode((request, response) => {
      t.ok(request instanceof IncomingMessage && response instanceof ServerResponse);
      // As Express does.
      Object.setPrototypeOf(request, Object.create(IncomingMessage.prototype));
      Object.setPrototypeOf(response, Object.create(ServerResponse.prototype));
      t.same([request.httpVersion, request.httpVersionMajor, request.rawHeaders[0]], ['2.0', 2, 'host']);
      t.equal(response.req, request);
      response.on('finish', () => events.push(`finish ${response.writableFinished}`));
      response.on('close', () => events.push('close'));
      finished(response, error => events.push(`finished ${error ?? ''}`));
      response.writeHead(200, { Connection: 'close', 'Transfer-Encoding': 'chunked', 'Keep-Alive': 'timeout=5' });
      response.end('ok');
    }),
  );
  const { headers, body } = await ask2(client, {});
  t.equal(body, 'ok');
  t.notOk('connection' in headers || 'transfer-encoding' in headers || 'keep-alive' in headers);
  await ask2(client, {});
  t.same(events.slice(0, 3), ['finish true', 'close', 'finished ']);
});

t.test('writing to the socket reaches nobody', async t => {
  const client = await session(
    t,
    fromNode((request, response) => {
      request.socket.write('HTTP/1.1 200 OK\r\n\r\n', error => response.end(error?.message));
    }),
  );
  t.match(await ask2(client, {}), { status: 200, body: /belongs to the server/ });
});

t.test('what a request costs: objects in fast shapes, and no socket that nobody asks for', async t => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = new Function('object', 'return %HasFastProperties(object)') as (object: object) => boolean;
  const made: (IncomingMessage | ServerResponse)[] = [];
  let over = (): void => {};
  const closed = new Promise<void>(resolve => {
    over = resolve;
  });
  const client = await session(
    t,
    fromNode((request, response) => {
      made.push(request, response);
      response.on('finish', () => t.pass('finish')).on('close', over);
      response.setHeader('content-type', 'text/plain');
      response.end('hello');
    }),
  );
  t.equal((await ask2(client, {})).body, 'hello');
  await closed;
  t.same(made.map(isFast), [true, true], 'properties in slots, not in a dictionary');
  const [request] = made as [IncomingMessage];
  t.equal(stateOf(request).socket, null, 'not even by node itself');
  t.equal(request.socket, made[1]?.socket);
  t.ok(stateOf(request).socket);
});

t.test('a client that leaves: aborted, an error, close, and never end', async t => {
  const events: string[] = [];
  let began = (): void => {};
  const running = new Promise<void>(resolve => {
    began = resolve;
  });
  let over = (): void => {};
  const gone = new Promise<void>(resolve => {
    over = resolve;
  });
  const client = await session(
    t,
    fromNode((request, response) => {
      for (const name of ['aborted', 'end', 'error', 'close']) request.on(name, () => events.push(`request ${name}`));
      request.socket.on('close', () => events.push('socket close'));
      response.on('close', () => {
        events.push(`response close ${response.writableFinished}`);
        setImmediate(over);
      });
      pipeline(Readable.from(endless()), response, error => events.push(`pipeline ${error instanceof Error}`));
      request.once('data', () => began());
    }),
  );
  // Not by `close`, which would end the content of the request first.
  const stream = client.request({ ':path': '/', ':method': 'POST' });
  stream.on('error', () => {});
  stream.write('part');
  await running;
  stream.close(8);
  await gone;
  t.ok(events.includes('request aborted') || events.includes('request end'));
  t.ok(events.includes('response close false'));
  t.ok(events.includes('pipeline true'), 'the production of content has ended');
  t.ok(events.includes('socket close'));
});

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(10_000);
}

t.test('failures of the handler: 500 before the response, a reset after', async t => {
  reports.length = 0;
  const client = await session(
    t,
    fromNode(async (request, response) => {
      if (request.url === '/open') response.write('part');
      if (request.url === '/length') return response.writeHead(200, { 'content-length': '10' }).end('short');
      throw new Error(`fails ${request.url}`);
    }),
  );
  t.match(await ask2(client, { path: '/idle' }), { status: 500, body: '' });
  const open = client.request({ ':path': '/open' });
  open.resume();
  const [error] = (await once(open, 'error')) as [Error];
  t.match(error.message, /NGHTTP2_INTERNAL_ERROR/);
  t.match(await ask2(client, { path: '/length' }), { status: 500, body: '' }, 'a message of a wrong length is none');
  t.same(reports.slice(0, 2), ['fails /idle', 'fails /open']);
});

t.test('informational responses, promises, and destroying', async t => {
  const closes: Promise<Close>[] = [];
  const handler: NodeHandler = (request, response) => {
    if (request.url === '/destroy') return void response.destroy();
    response.writeContinue();
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style', 'x-hint': '1' });
    const { createPushResponse } = response as ServerResponse & {
      createPushResponse: (headers: object, callback: (error: Error | null) => void) => void;
    };
    createPushResponse({ ':path': '/a' }, error => response.end(error === null ? 'pushed' : 'not pushed'));
  };
  const client = await session(t, x => {
    closes.push(
      new Promise(resolve => {
        x.watch(notice => notice.type === 'close' && resolve(notice));
      }),
    );
    return fromNode(handler)(x);
  });
  const stream = client.request({ ':path': '/' });
  const interim: unknown[] = [];
  stream.on('headers', fields => interim.push([fields[':status'], fields['link'], fields['x-hint']]));
  stream.resume();
  await once(stream, 'response');
  t.same(interim, [
    [100, undefined, undefined],
    [103, '</style.css>; rel=preload; as=style', '1'],
  ]);
  const destroyed = client.request({ ':path': '/destroy' });
  destroyed.resume();
  await new Promise(resolve => destroyed.once('close', resolve));
  t.equal(destroyed.rstCode, 8);
  t.match(await closes[1], { code: 8, by: 'app' });
});

t.test('a request that is read slowly holds its sender', async t => {
  let request: IncomingMessage | null = null;
  let resume = (): void => {};
  const client = await session(
    t,
    fromNode((incoming, response) => {
      request = incoming;
      resume = () => {
        let octets = 0;
        incoming.on('data', (chunk: Buffer) => {
          octets += chunk.length;
        });
        incoming.on('end', () => response.end(String(octets)));
        incoming.resume();
      };
      incoming.pause();
    }),
  );
  const stream = client.request({ ':path': '/', ':method': 'POST' });
  const answer = once(stream, 'response');
  stream.end(Buffer.alloc(2_000_000));
  while (request === null) await new Promise<void>(resolve => client.ping(() => resolve()));
  for (let i = 0; i < 5; i += 1) await new Promise<void>(resolve => client.ping(() => resolve()));
  t.ok(stream.bufferSize > 0, 'the client still has content');
  resume();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  await answer;
  t.equal(Buffer.concat(chunks).toString(), '2000000');
});

t.test('content of unknown length is announced as on HTTP/1.1', async t => {
  const seen: NodeHandler = ({ headers }, response) =>
    void response.end(String([headers['transfer-encoding'], headers['content-length']]));
  const client = await session(t, fromNode(seen));
  const post = { method: 'POST', content: 'some' };
  t.equal((await ask2(client, post)).body, 'chunked,', 'frameworks take a request without either for an empty one');
  t.equal((await ask2(client, { ...post, fields: { 'content-length': '4' } })).body, ',4');
  t.equal((await ask2(client, {})).body, ',');
});

/** What happens to the request, and to the response, until both are closed. */
async function eventsOf(request: IncomingMessage, response: ServerResponse): Promise<readonly string[][]> {
  const [first, second]: [string[], string[]] = [[], []];
  for (const name of ['aborted', 'error', 'resume', 'end', 'close']) request.on(name, () => first.push(name));
  for (const name of ['prefinish', 'finish', 'error', 'close']) response.on(name, () => second.push(name));
  await Promise.all([once(request, 'close'), once(response, 'close')]);
  return [first, second];
}

t.test('the events of both, as on node:http', async t => {
  const ways: Readonly<Record<string, NodeHandler>> = {
    'nothing is read': (_request, response) => response.end('at once'),
    'nothing is read, a later end': (_request, response) => {
      response.write('a');
      setImmediate(() => response.end('b'));
    },
    'all is read first': (request, response) => request.resume().on('end', () => response.end('then')),
    'all is read, a later end': async (request, response) => {
      for await (const _ of request);
      setImmediate(() => response.end('later'));
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    let told: (events: readonly string[][]) => void = () => {};
    const noted: NodeHandler = (request, response) => {
      eventsOf(request, response).then(told);
      return way(request, response);
    };
    const client = await session(t, fromNode(noted));
    const port = await listening(t, createHttp1(noted));
    for (const asked of [{}, { method: 'POST', content: 'short' }]) {
      // Node waits for what was not read; here it is stopped.
      if (asked.content !== undefined && name.startsWith('nothing')) continue;
      const events = (): Promise<readonly string[][]> =>
        new Promise(resolve => {
          told = resolve;
        });
      const [there] = await Promise.all([events(), ask1(port, asked)]);
      const [here] = await Promise.all([events(), ask2(client, asked)]);
      t.same(here, there, `${name}, ${asked.method ?? 'GET'}`);
    }
  }
});

t.test('a request that is not read to its end closes, and does not end', async t => {
  let told: (events: readonly string[][]) => void = () => {};
  const client = await session(
    t,
    fromNode((request, response) => {
      eventsOf(request, response).then(told);
      response.end('at once');
    }),
  );
  const events = new Promise<readonly string[][]>(resolve => {
    told = resolve;
  });
  await ask2(client, { method: 'POST', content: 'x'.repeat(100_000) });
  t.same(await events, [['close'], ['prefinish', 'finish', 'close']]);
});
