/** Tunnels over HTTP/2 (chapter 8 of the specification, RFC 9113 §8.5, RFC 8441): by frames, and by clients of others. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import t from 'tap';
import type { App, Close, Exchange, Notice } from '../../spec/msgi.ts';
import { data, headers, rstStream, windowUpdate } from '../../wire/index.ts';
import { Malformed } from '../engine/errors.ts';
import { readRequest } from '../engine/request-head.ts';
import { run } from '../main.ts';
import { found, hosting, lineClient, reports } from './line-client.ts';
import { needs } from './peers.ts';

const execute = promisify(execFile);
const PLAIN = [':method', 'CONNECT', ':authority', 'far.test:80'];
const extended = (protocol: string): readonly string[] => [
  ...[':method', 'CONNECT', ':protocol', protocol, ':scheme', 'http', ':path', '/chat?a', ':authority', 'a.test'],
];

function closed(x: Exchange): Promise<Close> {
  return new Promise(resolve => {
    x.watch((notice: Notice) => {
      if (notice.type === 'close') resolve(notice);
    });
  });
}

/** Sends back what comes, with a mark on each chunk. */
const echo: App = async x => {
  const out = x.start(200, ['sec-websocket-protocol', 'chat']);
  for await (const chunk of x.body) await out.write(`<${Buffer.from(chunk)}>`);
  await out.end();
};

t.test('a head with ":protocol"', t => {
  t.match(readRequest(extended('websocket'), true).head, {
    method: 'CONNECT',
    protocol: 'websocket',
    scheme: 'http',
    authority: 'a.test',
    target: '/chat?a',
  });
  t.match(readRequest([...PLAIN, 'content-length', '5'], true), {
    contentLength: -1,
    head: { target: '', protocol: '' },
  });
  const without = (name: string): readonly string[] => {
    const list = [...extended('websocket')];
    list.splice(list.indexOf(name), 2);
    return list;
  };
  for (const name of [':scheme', ':path', ':authority'])
    t.throws(() => readRequest(without(name), true), Malformed, name);
  t.throws(() => readRequest([...without(':authority'), 'host', 'a.test'], true), Malformed, 'host is not enough');
  t.throws(() => readRequest(extended(''), true), Malformed, 'no name');
  t.throws(() => readRequest(extended('websocket').with(1, 'GET'), true), Malformed, 'GET');
  t.throws(() => readRequest(extended('websocket')), Malformed, 'not enabled');
  t.throws(() => readRequest([':protocol', 'websocket', ...extended('websocket')], true), Malformed, 'twice');
  t.end();
});

t.test('only what is listed reaches the application', async t => {
  const seen: unknown[] = [];
  const app: App = x => {
    seen.push([x.request.protocol, x.caps.tunnel, x.caps.push]);
    x.respond(403);
  };
  const refusal = (status: number) => new RegExp(`^HEADERS 1 END :status=${status}`);
  const ask = async (protocols: readonly string[] | undefined, fields: readonly string[], answer: RegExp) => {
    const server = await hosting(t, app, protocols === undefined ? {} : { protocols });
    const client = lineClient(t, server.port);
    client.request(1, fields);
    return (await client.until(answer))[0];
  };
  t.notMatch(await ask(undefined, PLAIN, refusal(501)), /CONNECT_PROTOCOL/);
  t.notMatch(await ask([''], PLAIN, refusal(403)), /CONNECT_PROTOCOL/);
  await ask([''], extended('websocket'), /^RST_STREAM 1 PROTOCOL_ERROR/);
  await ask([], extended('websocket'), /^RST_STREAM 1 PROTOCOL_ERROR/);
  t.match(await ask(['websocket'], extended('WebSocket'), refusal(403)), /ENABLE_CONNECT_PROTOCOL=1/);
  await ask(['websocket'], extended('other'), refusal(501));
  await ask(['websocket'], PLAIN, refusal(501));
  t.same(seen, [
    ['', true, false],
    ['WebSocket', true, false],
  ]);
});

t.test('a tunnel: octets both ways, each way with its own end', async t => {
  const server = await hosting(t, echo, { protocols: ['websocket', ''] });
  const client = lineClient(t, server.port);
  client.request(1, [...extended('websocket'), 'content-length', '3'], false);
  t.same((await client.until(/^HEADERS 1/)).at(-1), 'HEADERS 1 :status=200 sec-websocket-protocol=chat');
  client.send(data(1, 'longer than three'));
  await client.until(/^DATA 1 <longer than three>$/);
  client.send(data(1, 'last', { endStream: true }));
  await client.until(/^DATA 1 <last>$/);
  await client.until(/^DATA 1 END $/);
  client.request(3, PLAIN, false);
  await client.until(/^HEADERS 3 :status=200/);
  client.send(data(3, '', { endStream: true }));
  await client.until(/^DATA 3 END $/);
});

t.test('the application ends its direction first, then resets the other', async t => {
  const closes: Promise<Close>[] = [];
  const server = await hosting(
    t,
    async x => {
      closes.push(closed(x));
      const out = x.start(204, ['content-length', '0']);
      await out.write('hello');
      await out.end();
      for await (const chunk of x.body) if (Buffer.from(chunk).includes('!')) x.reset(0xa);
    },
    { protocols: [''] },
  );
  const client = lineClient(t, server.port);
  client.request(1, PLAIN, false);
  const lines = await client.until(/^DATA 1 END/);
  t.match(lines.slice(-2), ['DATA 1 hello', 'DATA 1 END '], 'every 2xx opens the tunnel');
  t.equal(lines.at(-3), 'HEADERS 1 :status=204');
  client.send(data(1, 'on'), data(1, '!'));
  await client.until(/^RST_STREAM 1 CONNECT_ERROR/);
  t.match(await Promise.all(closes), [{ complete: true, code: 0xa, by: 'app', sent: 5, received: 3 }]);
});

t.test('field sections have no place in a tunnel, of either side', async t => {
  const errors: unknown[] = [];
  const server = await hosting(
    t,
    async x => {
      t.throws(() => x.respond(200), TypeError, 'respond');
      t.equal(x.state, 'idle');
      const out = x.start(200);
      t.throws(() => out.end(['x-t', 'v']), TypeError, 'trailers');
      t.equal(x.state, 'open');
      try {
        for await (const chunk of x.body) await out.write(chunk);
        await out.end([]);
      } catch (error) {
        errors.push(error);
        t.throws(() => x.respond(200), TypeError, 'on a dead exchange as well');
        await t.rejects(async () => out.end(['x-t', 'v']), { name: 'ExchangeError' });
      }
    },
    { protocols: [''] },
  );
  const client = lineClient(t, server.port);
  client.request(1, PLAIN, false);
  client.request(3, PLAIN, false);
  await client.until(/^HEADERS 3/);
  client.send(headers(1, client.encoder.encode(['x-t', 'v']), { endStream: true }), windowUpdate(3, 1));
  await client.until(/^RST_STREAM 1 PROTOCOL_ERROR/);
  client.send(data(3, '', { endStream: true }));
  await client.until(/^DATA 3 END/);
  t.match(errors, [{ code: 1, by: 'peer' }]);
});

t.test('a refusal is an ordinary response; the peer may give up a tunnel', async t => {
  const closes: Promise<Close>[] = [];
  const server = await hosting(
    t,
    async x => {
      closes.push(closed(x));
      if (x.request.authority === 'no.test:1') return x.respond(403, ['x-why', 'no'], 'never');
      x.start(200);
      await x.body.read();
    },
    { protocols: [''] },
  );
  const client = lineClient(t, server.port);
  client.request(1, [':method', 'CONNECT', ':authority', 'no.test:1'], false);
  const lines = await client.until(/^RST_STREAM 1 NO_ERROR/);
  t.same(lines.slice(-3, -1), ['HEADERS 1 :status=403 x-why=no content-length=5', 'DATA 1 END never']);
  client.request(3, PLAIN, false);
  await client.until(/^HEADERS 3/);
  client.send(rstStream(3, 'CONNECT_ERROR'));
  await client.fence();
  t.match(await Promise.all(closes), [
    { complete: true, status: 403 },
    { complete: false, code: 0xa, by: 'peer', status: 200 },
  ]);
  t.same(reports, [], 'no failure of the application');
});

t.test('node:http2 speaks through both kinds', async t => {
  const server = await hosting(t, echo, { protocols: ['websocket', ''] });
  const client = connect(server.address);
  t.teardown(() => client.destroy());
  await once(client, 'remoteSettings');
  t.equal(client.remoteSettings.enableConnectProtocol, true);
  const requests = [
    { ':method': 'CONNECT', ':authority': 'far.test:80' },
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', ':scheme': 'http', ':authority': 'a.test' },
  ];
  for (const fields of requests) {
    const stream = client.request(fields, { endStream: false });
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    t.equal(head[':status'], 200);
    stream.write('a');
    const [first] = (await once(stream, 'data')) as [Buffer];
    t.equal(first.toString(), '<a>');
    stream.end();
    stream.resume();
    await once(stream, 'end');
  }
});

t.test('h2 of Python', needs('/usr/bin/python3'), async t => {
  const server = await hosting(
    t,
    x => {
      if (x.request.method === 'CONNECT') return echo(x);
      if (!x.pushed) x.push({ target: '/p' });
      x.respond(200, [], x.pushed ? 'pushed' : 'page');
    },
    { protocols: ['websocket'] },
  );
  const peer = (...args: readonly string[]) =>
    execute('/usr/bin/python3', ['reference-impl/test/h2-peer.py', String(server.port), ...args]);
  const pushed = (await peer('push')).stdout.split('\n');
  for (const line of ['connect protocol 1', 'promise 2 /p', 'data 1 page', 'data 2 pushed', 'end 1', 'end 2']) {
    t.ok(pushed.includes(line), `${line} of ${pushed}`);
  }
  t.match((await peer('tunnel', 'websocket')).stdout, /response 1 200\ndata 1 <ping>\nend 1\n/);
});

t.test('msgi serve --protocol', async t => {
  t.equal(await run(['examples/hello.js', '--protocol', '']), 2);
});

t.test('the checker has found nothing wrong with the server', t => {
  t.same(found, []);
  t.end();
});
