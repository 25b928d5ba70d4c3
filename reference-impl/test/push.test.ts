/** Push (section 6.1 of the specification, RFC 9113 §8.4): by frames, and by clients that others wrote. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import t from 'tap';
import type { App, Close, Exchange, Notice, PushRequest, Sink } from '../../spec/msgi.ts';
import { data, goaway, headers, priority, rstStream, settings, windowUpdate } from '../../wire/index.ts';
import { Closing } from '../engine/closing.ts';
import { DEFAULT_LIMITS } from '../engine/limits.ts';
import { Promises } from '../engine/promises.ts';
import { Sender } from '../engine/sender.ts';
import { initialPeerSettings } from '../engine/settings.ts';
import { Stream } from '../engine/stream.ts';
import { Streams } from '../engine/streams.ts';
import { found, hosting, lineClient, reports } from './line-client.ts';
import { needs } from './peers.ts';

const execute = promisify(execFile);

/** An answer that the test gives: what is on the wire before it cannot have come of it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open };
}

function closed(x: Exchange): Promise<Close> {
  return new Promise(resolve => {
    x.watch((notice: Notice) => {
      if (notice.type === 'close') resolve(notice);
    });
  });
}

/** Makes one promise, notes what `push` gave, and answers. */
const promising =
  (given: unknown[], request: PushRequest = { target: '/p' }): App =>
  x => {
    if (x.pushed) return x.respond(200, [], 'pushed');
    given.push(x.push(request));
    x.respond(200, [], 'page');
  };

t.test('a promise stands before what is given later; the exchange is like any other', async t => {
  const seen: unknown[] = [];
  const server = await hosting(t, x => {
    if (x.pushed) {
      const { request, body, state } = x;
      seen.push(request, [x.id, body.ended, body.window, state, x.caps.push, x.caps.tunnel], x.push({ target: '/q' }));
      x.inform(103, ['x-i', '1']);
      x.respond(200, ['x-p', '1'], 'style');
      return;
    }
    let inside = true;
    const fields = Object.assign(['cookie', 'a', 'te', 'trailers', 'x-s', 's', 'cookie', 'b'], { sensitive: ['x-s'] });
    seen.push(x.caps.push);
    seen.push(
      x.push({ target: '/style.css?v=1', fields }, y => {
        seen.push(inside);
        return (app as App)(y);
      }),
    );
    fields.fill('x');
    const out = x.start(200);
    void out.write('<link href=/style.css?v=1>');
    seen.push(x.push({ target: '/later', method: 'HEAD', authority: 'A.Test' }));
    void out.end();
    inside = false;
  });
  const app: App = x => x.respond(200, ['x-own', x.request.target], 'own');
  const client = lineClient(t, server.port);
  client.request(1);
  const lines = await client.until(/^HEADERS 4 END/);
  t.same(lines.slice(1), [
    'PROMISE 1 2 :method=GET :scheme=http :authority=a.test :path=/style.css?v=1 cookie=a te=trailers x-s=s cookie=b (never: cookie x-s)',
    'HEADERS 1 :status=200',
    'DATA 1 <link href=/style.css?v=1>',
    'PROMISE 1 4 :method=HEAD :scheme=http :authority=A.Test :path=/later',
    'DATA 1 END ',
    'HEADERS 2 :status=200 x-own=/style.css?v=1 content-length=3',
    'DATA 2 END own',
    'HEADERS 4 :status=103 x-i=1',
    'HEADERS 4 END :status=200 x-p=1 content-length=5',
  ]);
  t.match(seen, [true, true, true, false]);
  t.match(seen[4], { version: '2', method: 'HEAD', authority: 'A.Test', target: '/later', base: '', protocol: '' });
  t.same(seen.slice(5), [[4, true, 0, 'idle', false, false], false]);
});

t.test('the request as promised: cookies joined, sensitive kept', async t => {
  const seen: Exchange['request'][] = [];
  const server = await hosting(t, x => {
    if (x.pushed) seen.push(x.request);
    else
      x.push({
        target: '/p',
        fields: Object.assign(['cookie', 'a', 'x-s', 's', 'cookie', 'b'], { sensitive: ['x-s'] }),
      });
    x.respond(200);
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^HEADERS 2 END/);
  t.same([...(seen[0]?.fields ?? [])], ['cookie', 'a; b', 'x-s', 's']);
  t.same(seen[0]?.fields.sensitive, ['x-s']);
});

t.test('what is wrong is a TypeError in every state, and promises nothing', async t => {
  const wrong: readonly unknown[] = [
    { target: 'p' },
    { target: '' },
    { target: '/a b' },
    { target: '/a\x7f' },
    { target: '/a#b' },
    { target: '/\u0100' },
    { target: 1 },
    { target: '/p', method: 'POST' },
    { target: '/p', authority: 1 },
    { target: '/p', fields: ['x'] },
    { target: '/p', fields: ['X', 'y'] },
    { target: '/p', fields: [':path', '/'] },
    { target: '/p', fields: ['te', 'gzip'] },
    { target: '/p', fields: ['connection', 'close'] },
    { target: '/p', fields: ['host', 'a.test'] },
    { target: '/p', fields: ['content-length', '0'] },
  ];
  const server = await hosting(t, x => {
    const all = (): void => {
      for (const each of wrong) t.throws(() => x.push(each as PushRequest), TypeError, JSON.stringify(each));
      t.throws(() => x.push({ target: '/p' }, 1 as unknown as App), TypeError);
    };
    all();
    if (x.request.target === '/dead') x.reset();
    else x.respond(200);
    all();
    t.equal(x.push({ target: '/p' }), false, x.state);
  });
  const client = lineClient(t, server.port);
  client.request(1);
  client.request(3, [':method', 'GET', ':scheme', 'http', ':path', '/dead', ':authority', 'a']);
  t.notOk((await client.until(/^RST_STREAM 3 CANCEL/)).some(line => line.startsWith('PROMISE')));
});

t.test('settings of the peer, at the start and later', async t => {
  const given: unknown[] = [];
  const caps: unknown[] = [];
  const server = await hosting(t, x => {
    if (!x.pushed) caps.push(x.caps.push);
    return promising(given)(x);
  });
  const client = lineClient(t, server.port, [['ENABLE_PUSH', 0]]);
  const asks = async (id: number, name: 'ENABLE_PUSH' | 'MAX_CONCURRENT_STREAMS', value: number) => {
    client.send(settings([[name, value]]));
    client.request(id);
    await client.until(new RegExp(`^DATA ${id} END`));
  };
  client.request(1);
  t.notOk((await client.until(/^DATA 1 END/)).some(line => line.startsWith('PROMISE')));
  await asks(3, 'ENABLE_PUSH', 1);
  await asks(5, 'ENABLE_PUSH', 0);
  await asks(7, 'ENABLE_PUSH', 1);
  await asks(9, 'MAX_CONCURRENT_STREAMS', 0);
  t.same(given, [false, true, false, true, false]);
  t.same(caps, [false, true, false, true, true]);
});

t.test('the limits of the peer and of the server count promises that wait; requests are not held up', async t => {
  const go = gate();
  const given: boolean[] = [];
  const app: App = async x => {
    if (x.pushed) await go.opened;
    else for (let i = 0; i < 4; i += 1) given.push(x.push({ target: `/${i}` }));
    x.respond(200, [], String(x.id));
  };
  const server = await hosting(t, app, { limits: { concurrentStreams: 1, promisedStreams: 3 } });
  const client = lineClient(t, server.port, [['MAX_CONCURRENT_STREAMS', 2]]);
  client.request(1);
  await client.until(/^DATA 1 END/);
  t.same(given.splice(0), [true, true, false, false], 'the limit of the peer');
  client.send(settings([['MAX_CONCURRENT_STREAMS', 1000]]));
  client.request(3);
  await client.until(/^DATA 3 END/);
  t.same(given.splice(0), [true, false, false, false], 'our own');
  go.open();
  await client.until(/^DATA 6 END/);
  client.request(5);
  await client.until(/^DATA 5 END/);
  t.same(given, [true, true, true, false], 'room again');
});

t.test(
  'no promise on CONNECT, on what has no content left, on foreign authorities, nor behind GOAWAY or drain',
  async t => {
    const given: Record<string, unknown> = {};
    const go = gate();
    const try_ = (x: Exchange, name: string, authority?: string) => {
      given[name] = x.push({ target: '/p', ...(authority === undefined ? {} : { authority }) });
    };
    const app: App = async x => {
      if (x.pushed) return x.respond(200);
      const { method, target } = x.request;
      if (method === 'CONNECT') {
        try_(x, 'connect');
        return x.respond(403);
      }
      if (target === '/authority') {
        try_(x, 'foreign', 'b.test');
        try_(x, 'listed', 'C.test:1');
        try_(x, 'none', '');
      }
      if (target === '/goaway') await go.opened;
      if (target === '/goaway') try_(x, 'goaway');
      const out = x.start(target === '/204' ? 204 : 200);
      try_(x, method === 'HEAD' ? 'head' : target);
      await out.end();
      try_(x, `${target} done`);
    };
    const server = await hosting(t, app, { authorities: ['c.test:1'], protocols: [''] });
    const client = lineClient(t, server.port);
    const ask = async (id: number, path: string, method = 'GET') => {
      client.request(id, [':method', method, ':scheme', 'http', ':path', path, ':authority', 'a.test']);
      await client.until(new RegExp(`^(HEADERS|DATA) ${id} END`));
    };
    client.request(1, [':method', 'CONNECT', ':authority', 'a.test:1']);
    await client.until(/^HEADERS 1 END :status=403/);
    await ask(3, '/204');
    await ask(5, '/', 'HEAD');
    await ask(7, '/authority');
    client.request(9, [':method', 'GET', ':scheme', 'http', ':path', '/goaway', ':authority', 'a.test']);
    client.send(goaway(0));
    await client.fence();
    go.open();
    await client.until(/^DATA 9 END/);
    t.same(given, {
      connect: false,
      '/204': false,
      '/204 done': false,
      head: false,
      '/ done': false,
      foreign: false,
      listed: true,
      none: false,
      '/authority': true,
      '/authority done': false,
      goaway: false,
      '/goaway': false,
      '/goaway done': false,
    });
  },
);

t.test('drain: no more promises, those made are told and served', async t => {
  const notices: string[] = [];
  const go = gate();
  const server = await hosting(t, async x => {
    if (x.pushed) {
      x.watch(({ type }) => void notices.push(type));
      await go.opened;
      return x.respond(200, [], 'pushed');
    }
    t.equal(x.push({ target: '/p' }), true);
    setImmediate(() => {
      x.connection.drain();
      t.notOk(x.caps.push);
      t.equal(x.push({ target: '/p' }), false);
      x.respond(200, [], 'page');
    });
    await closed(x);
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^DATA 1 END/);
  go.open();
  await client.until(/^DATA 2 END pushed/);
  t.same(notices.slice(0, 1), ['drain']);
});

t.test('the peer refuses: that exchange fails with its code, and no other', async t => {
  const go = gate();
  const closes: Promise<Close>[] = [];
  const signals: unknown[] = [];
  const server = await hosting(t, async x => {
    if (!x.pushed) {
      for (const target of ['/a', '/b', '/c']) x.push({ target });
      await go.opened;
      return x.respond(200, [], 'page');
    }
    closes.push(closed(x));
    x.signal.addEventListener('abort', () => signals.push(x.signal.reason));
    if (x.id === 4) return void x.start(200).end();
    if (x.id === 6) x.start(200);
    await go.opened;
    if (x.id === 2) x.respond(200);
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^HEADERS 6/);
  client.send(rstStream(2, 'REFUSED_STREAM'), rstStream(4, 'CANCEL'), rstStream(6, 0x1234));
  t.same(
    (await client.fence()).filter(line => /RST|GOAWAY/.test(line)),
    [],
  );
  go.open();
  await client.until(/^DATA 1 END page/);
  const ends = await Promise.all(closes);
  t.match(ends, [
    { complete: false, code: 7, by: 'peer', status: 0 },
    { complete: true, code: 0, status: 200 },
    { complete: false, code: 0x1234, by: 'peer', status: 200 },
  ]);
  t.match(signals, [{ code: 7 }, { code: 0x1234 }]);
});

t.test('refusals of promises are no flood, resets of what is over are', async t => {
  const server = await hosting(t, promising([]), {
    limits: { peerResets: { burst: 2, perSecond: 0 }, idleFrames: { burst: 20, perSecond: 0 } },
  });
  const client = lineClient(t, server.port);
  for (let i = 0; i < 10; i += 1) {
    client.request(2 * i + 1);
    await client.until(/^PROMISE/);
    client.send(rstStream(2 * i + 2, 'REFUSED_STREAM'));
  }
  await client.fence();
  client.send(...Array.from({ length: 30 }, () => rstStream(2)));
  t.match((await client.until(/^GOAWAY/)).at(-1), /ENHANCE_YOUR_CALM.*RST_STREAM/);
});

t.test('GOAWAY of the peer: promises above its last stream are refused', async t => {
  const closes: Promise<Close>[] = [];
  const go = gate();
  const server = await hosting(t, async x => {
    if (!x.pushed) {
      x.push({ target: '/a' });
      x.push({ target: '/b' });
    } else closes.push(closed(x));
    if (x.id === 4) await closed(x);
    else await go.opened;
    x.respond(200, [], String(x.id));
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^PROMISE 1 4/);
  client.send(goaway(2));
  await client.fence();
  go.open();
  const lines = await client.until(/^GOAWAY/);
  t.ok(lines.includes('DATA 1 END 1') && lines.includes('DATA 2 END 2'), 'what the peer has seen is served');
  t.notOk(
    lines.some(line => / 4( |$)/.test(line)),
    'nothing is said of the other',
  );
  t.match(await Promise.all(closes), [
    { complete: true, code: 0 },
    { complete: false, code: 7, by: 'peer' },
  ]);
});

t.test('a reserved stream: what may come on it, and what may not', async t => {
  const go = gate();
  const app: App = async x => {
    if (!x.pushed) x.push({ target: '/p' });
    else await go.opened;
    x.respond(200, [], x.pushed ? 'pushed' : '');
  };
  const server = await hosting(t, app);
  const open = async () => {
    const client = lineClient(t, server.port, [['INITIAL_WINDOW_SIZE', 0]]);
    client.request(1);
    await client.until(/^HEADERS 1 END/);
    return client;
  };
  const legal = await open();
  legal.send(priority(2, { dependency: 0, weight: 1 }), windowUpdate(2, 4));
  await legal.fence();
  const wrong = [
    [data(2, 'x'), /^GOAWAY 1 PROTOCOL_ERROR/],
    [headers(2, legal.encoder.encode(['x', 'y']), { endStream: true }), /^GOAWAY 1 PROTOCOL_ERROR/],
    [windowUpdate(2, 0), /^RST_STREAM 2 PROTOCOL_ERROR/],
    [windowUpdate(4, 1), /^GOAWAY 1 PROTOCOL_ERROR/],
    [rstStream(4), /^GOAWAY 1 PROTOCOL_ERROR/],
  ] as const;
  for (const [frame, answer] of wrong) {
    const client = await open();
    client.send(frame);
    t.ok(await client.until(answer), String(answer));
  }
  go.open();
  await legal.until(/^DATA 2 push$/);
  legal.send(settings([['INITIAL_WINDOW_SIZE', 1]]));
  await legal.until(/^DATA 2 e$/);
  legal.send(data(2, 'x'));
  await legal.until(/^RST_STREAM 2 STREAM_CLOSED/);
  legal.send(windowUpdate(2, 1), rstStream(2), priority(2, { dependency: 0, weight: 1 }));
  t.same(await legal.fence(), [], 'late frames are dropped');
});

t.test('a pushed exchange outlives its parent, and fails like any other', async t => {
  const go = gate();
  const app: App = async x => {
    if (!x.pushed) {
      for (const target of ['/live', '/throw', '/nothing']) x.push({ target });
      return x.reset();
    }
    await go.opened;
    if (x.request.target === '/throw') throw new Error('of the pushed application');
    if (x.request.target === '/live') x.respond(200, [], 'alive');
  };
  const server = await hosting(t, app);
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^RST_STREAM 1 CANCEL/);
  go.open();
  const lines = [...(await client.until(/^HEADERS 6/)), ...(await client.fence())];
  for (const line of ['DATA 2 END alive', 'HEADERS 4 END :status=500 content-length=0'])
    t.ok(lines.includes(line), line);
  t.match(
    lines.filter(line => line.startsWith('HEADERS 6')),
    [/:status=500/],
  );
  t.ok(reports.includes('of the pushed application'));
});

t.test('an application that was promised is waited for, though the connection is lost', async t => {
  const order: string[] = [];
  const go = gate();
  const server = await hosting(t, async x => {
    if (x.pushed) {
      order.push(`${x.state} ${(x.signal.reason as { readonly by?: string } | undefined)?.by}`);
      await go.opened;
      order.push('settled');
      return;
    }
    x.push({ target: '/p' });
    x.respond(200);
  });
  const client = connect(server.address);
  client.on('error', () => {});
  client.request({ ':path': '/' }).on('error', () => {});
  client.on('stream', () => client.destroy());
  await once(client, 'close');
  const over = server.close().then(() => order.push('closed'));
  setImmediate(go.open);
  await over;
  t.same(order.slice(1), ['settled', 'closed']);
});

t.test('a promise that is larger than a frame', async t => {
  const large = 'v'.repeat(40_000);
  const server = await hosting(t, promising([], { target: '/p', fields: ['x-large', large] }));
  const client = lineClient(t, server.port);
  client.request(1);
  t.match((await client.until(/^PROMISE 1 2/)).at(-1), `x-large=${large}`);
  await client.until(/^DATA 2 END pushed/);
});

t.test('a transport that takes nothing takes no promise', async t => {
  let sink: Sink | null = null;
  const given: boolean[] = [];
  const server = await hosting(
    t,
    async x => {
      if (x.pushed) return x.respond(200);
      sink = x.start(200);
      given.push(x.push({ target: '/p' }));
      void sink.write(new Uint8Array(30_000));
      given.push(x.push({ target: '/p' }));
      await sink.end();
    },
    { limits: { outputMark: 16_000 } },
  );
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^DATA 1 END/);
  t.same(given, [true, false]);
});

/** Records nothing: only its state is looked at. */
class Silent extends Stream {
  override onData(): void {}
  override onEnd(): void {}
  override onFail(): void {}
  override onProgress(): void {}
  override onComplete(): void {}
  override onClosed(): void {}
}

t.test('the numbers of streams end', t => {
  const sender = new Sender(DEFAULT_LIMITS, () => {});
  const streams = new Streams(
    sender,
    10,
    () => {},
    () => {},
  );
  const closing = new Closing(
    streams,
    sender.output,
    () => {},
    () => {},
  );
  const listener = { date: '', open: (id: number, r: number, s: number) => new Silent(id, r, s), request: () => {} };
  const promises = new Promises(DEFAULT_LIMITS, listener, initialPeerSettings(), sender, streams, closing);
  const parent = new Silent(1, 0, 0);
  parent.state = 'open';
  streams.highestPromised = 2 ** 31 - 4;
  t.equal(promises.make(parent, [])?.id, 2 ** 31 - 2);
  t.equal(promises.make(parent, []), null);
  t.notOk(promises.taken);
  t.end();
});

t.test('node:http2 takes promises', async t => {
  const server = await hosting(t, promising([], { target: '/style.css', fields: ['accept', 'text/css'] }));
  const client = connect(server.address);
  t.teardown(() => client.destroy());
  const promised = once(client, 'stream') as Promise<[ClientHttp2Stream, IncomingHttpHeaders]>;
  client.request({ ':path': '/' }).resume();
  const [stream, fields] = await promised;
  t.match(fields, { ':path': '/style.css', accept: 'text/css' });
  const [[head], content] = await Promise.all([
    once(stream, 'push') as Promise<[IncomingHttpHeaders]>,
    (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    })(),
  ]);
  t.match([head[':status'], content], [200, 'pushed']);
});

t.test('nghttp takes promises', needs('/usr/bin/nghttp'), async t => {
  const server = await hosting(t, promising([], { target: '/style.css' }));
  const { stdout } = await execute('nghttp', ['-v', '--stat', `${server.address}/`]);
  t.match(stdout, /PUSH_PROMISE frame/);
  t.match(stdout, /\* .*\/style\.css/, 'the asterisk marks what was pushed');
});

t.test('the checker has found nothing wrong with the server', t => {
  t.same(found, []);
  t.end();
});
