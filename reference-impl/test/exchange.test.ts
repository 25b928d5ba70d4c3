/** What single sentences of the specification say of an exchange: the notice close, 100 before a start, fields, order of checks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { App, Close, Exchange, Fields, Notice } from '../../spec/msgi.ts';
import { data, headers, rstStream } from '../../wire/index.ts';
import type { ConnectionFailure } from '../server.ts';
import { found, hosting, lineClient } from './line-client.ts';

const POST = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a.test'];

function closed(x: Exchange): Promise<Close> {
  return new Promise(resolve => {
    x.watch((notice: Notice) => {
      if (notice.type === 'close') resolve(notice);
    });
  });
}

t.test('close has the first failure of either half', async t => {
  const closes: Promise<Close>[] = [];
  const app: App = async x => {
    closes.push(closed(x));
    x.respond(202, [], 'taken');
    if (closes.length === 3) x.deadline(1);
    if (closes.length === 4) x.body.stop(5);
    if (closes.length === 5) {
      await x.body.read();
      x.reset(0x77);
    }
    await Promise.resolve(x.body.read()).catch(() => {});
    t.notOk(x.signal.aborted, 'the response is complete');
  };
  const server = await hosting(t, app);
  const client = lineClient(t, server.port);
  for (const id of [1, 3, 5, 7, 9]) client.request(id, POST, false);
  await client.until(/^DATA 9 END/);
  client.send(rstStream(1, 0x1234), headers(3, client.encoder.encode([':x', 'y']), { endStream: true }), data(9, 'x'));
  t.match(await Promise.all(closes), [
    { complete: true, code: 0x1234, by: 'peer', status: 202, sent: 5 },
    { complete: true, code: 1, by: 'peer', status: 202, sent: 5 },
    { complete: true, code: 8, by: 'server', status: 202, sent: 5 },
    { complete: true, code: 0, by: 'app', status: 202, sent: 5 },
    { complete: true, code: 0x77, by: 'app', status: 202, sent: 5, received: 1 },
  ]);
});

t.test('a response to HEAD that is not ended fails with its connection, though its head is out', async t => {
  const sums: Promise<Close>[] = [];
  const app: App = async x => {
    sums.push(closed(x));
    const out = x.start(200);
    if (x.id === 1) await out.end();
    else while (x.state === 'open') await Promise.resolve(out.write('octets')).catch(() => {});
  };
  const server = await hosting(t, app);
  const client = lineClient(t, server.port);
  for (const id of [1, 3]) client.request(id, POST.with(1, 'HEAD'), true);
  await client.until(/^HEADERS 3 .*END/);
  client.send(data(0, 'a connection error'));
  t.match(await Promise.all(sums), [
    { complete: true, code: 0, by: 'app', status: 200 },
    { complete: false, code: 1, by: 'peer', status: 200 },
  ]);
});

t.test('100 goes before the head of a start with 2xx, if the peer waits for it', async t => {
  const app: App = async x => {
    const out = x.start(Number(x.request.target.slice(1)), ['x-s', 'v']);
    for await (const chunk of x.body) await out.write(chunk);
    await out.end();
  };
  const server = await hosting(t, app);
  const client = lineClient(t, server.port);
  const ask = (id: number, status: number, more: readonly string[]) =>
    client.request(id, [...POST.with(5, `/${status}`), ...more], false);
  ask(1, 200, ['expect', '100-continue']);
  t.same((await client.until(/^HEADERS 1 :status=200/)).slice(-2), [
    'HEADERS 1 :status=100',
    'HEADERS 1 :status=200 x-s=v',
  ]);
  client.send(data(1, 'body', { endStream: true }));
  await client.until(/^DATA 1 body/);
  ask(3, 200, []);
  ask(5, 404, ['expect', '100-continue']);
  const lines = [...(await client.until(/^HEADERS 5/)), ...(await client.fence())];
  t.same(
    lines.filter(line => line.includes('=100')),
    [],
    'not unasked, and not before a refusal',
  );
});

t.test('te is for requests', async t => {
  const te = ['te', 'trailers'];
  const server = await hosting(t, x => {
    for (const call of [() => x.inform(103, te), () => x.respond(200, te), () => x.start(200, te)])
      t.throws(call, TypeError);
    t.throws(() => x.push({ target: '/p', fields: ['te', 'gzip'] }), TypeError);
    const out = x.start(200);
    t.throws(() => out.end(te), TypeError);
    void out.end();
  });
  const client = lineClient(t, server.port, [['ENABLE_PUSH', 0]]);
  client.request(1);
  t.same((await client.until(/^DATA 1 END/)).slice(-2), ['HEADERS 1 :status=200', 'DATA 1 END ']);
});

t.test('what came never-indexed is named in sensitive, and may be passed on so', async t => {
  const seen: Fields[] = [];
  const app: App = async x => {
    seen.push(x.request.fields);
    while ((await x.body.read()) !== null);
    seen.push(x.body.trailers as Fields);
    x.respond(200, x.request.fields);
  };
  const server = await hosting(t, app);
  const client = lineClient(t, server.port);
  const list = [...POST, 'x-open', 'o', 'x-secret', 's', 'cookie', 'a', 'x-secret', 't', 'cookie', 'b'];
  for (const id of [1, 3, 5]) {
    client.send(headers(id, client.encoder.encode(list, ['x-secret', ':path'])));
    client.send(headers(id, client.encoder.encode(['x-sum', '1'], ['x-sum']), { endStream: true }));
    const answer = (await client.until(/^HEADERS/)).at(-1);
    t.match(answer, /cookie=a; b.*\(never: x-secret cookie\)$/);
  }
  client.request(7, [...POST, 'x-open', 'o']);
  await client.until(/^HEADERS 7/);
  t.same(
    seen.map(fields => fields.sensitive),
    [...[1, 3, 5].flatMap(() => [['x-secret', 'cookie'], ['x-sum']]), undefined, undefined],
  );
});

t.test('a dead exchange: arguments are judged first, what was sent is not any more', async t => {
  const server = await hosting(t, async x => {
    const out = x.start(200, ['content-length', '2']);
    x.reset();
    await t.rejects(async () => out.write('three'), { name: 'ExchangeError' }, 'MSGI-LEN-8');
    await t.rejects(async () => out.end(), { name: 'ExchangeError' }, 'MSGI-LEN-9');
    t.throws(() => out.write(1 as unknown as string), TypeError);
    t.throws(() => out.end(['te', 'x']), TypeError);
    t.throws(() => x.respond(200, ['content-length', '1'], 'two'), TypeError, 'MSGI-LEN-2');
    t.throws(() => x.watch(null as unknown as () => void), TypeError);
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^RST_STREAM 1 CANCEL/);
});

t.test('signal: its listeners never run inside a call', async t => {
  const seen: string[] = [];
  const server = await hosting(t, async x => {
    let inside = false;
    x.signal.addEventListener('abort', () => seen.push(inside ? 'inside' : 'after'));
    inside = true;
    x.reset();
    inside = false;
    seen.push('turn');
    await Promise.resolve();
    seen.push('next');
  });
  const client = lineClient(t, server.port);
  client.request(1);
  await client.until(/^RST_STREAM 1/);
  await client.fence();
  t.same(seen, ['turn', 'after', 'next'], 'at the end of the present turn');
});

t.test('errors of connections are told to the operator, limits included', async t => {
  const told: ConnectionFailure[] = [];
  let wake = (): void => {};
  const failed = (failure: ConnectionFailure): void => {
    told.push(failure);
    wake();
    throw new Error('of the operator');
  };
  const options = { failed, prefaceTimeout: 1, settingsTimeout: 1, limits: { idleFrames: { burst: 3, perSecond: 0 } } };
  const server = await hosting(t, x => x.respond(200), options);
  const wants = async (code: ConnectionFailure['code'], rule: RegExp) => {
    while (told.length === 0) {
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
    t.match(told.shift(), { peer: { host: '127.0.0.1', port: Number }, code, rule }, String(rule));
  };
  const flood = lineClient(t, server.port);
  flood.send(...Array.from({ length: 5 }, () => data(0, '')));
  await wants('PROTOCOL_ERROR', /DATA belongs to a stream \(RFC 9113 section 6\)/);
  const idle = lineClient(t, server.port);
  idle.request(1, POST, false);
  idle.send(...Array.from({ length: 5 }, () => data(1, '')));
  await wants('ENHANCE_YOUR_CALM', /without effect: empty DATA/);
  const silent = createConnection({ port: server.port, host: '127.0.0.1' });
  t.teardown(() => silent.destroy());
  silent.on('error', () => {});
  await wants(null, /has not begun in time/);
  const client = connect(server.address);
  await once(client, 'remoteSettings');
  client.close();
  await once(client, 'close');
  t.same(told, [], 'an end in good order is none');
});

/** The command, with an application of its own; what it prints comes in lines. */
async function served(t: Test, app: string, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'msgi-serve-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'app.mjs');
  writeFileSync(file, app);
  const child = spawn(process.execPath, ['dist/msgi.js', 'serve', file, '--port', '0', ...args]);
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  let wake = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', octets => {
      lines.push(...String(octets).trimEnd().split('\n'));
      wake();
    });
  }
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const at = lines.findIndex(line => pattern.test(line));
      if (at >= 0) return lines.splice(at, 1)[0] as string;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  const { address } = JSON.parse(await until(/^\{"address"/)) as { readonly address: string };
  return { port: Number(new URL(address).port), until };
}

t.test('msgi serve --log and --protocol', { timeout: 60_000 }, async t => {
  const app = `export default x => {
    if (x.request.method !== 'CONNECT') return x.respond(202, [], 'taken');
    const out = x.start(200);
    void out.write(x.request.protocol || 'plain');
    return out.end();
  };`;
  const server = await served(t, app, '--log', '--protocol', 'connect', '--protocol', 'websocket');
  const client = lineClient(t, server.port);
  client.request(1, [':method', 'CONNECT', ':authority', 'far.test:80']);
  t.match((await client.until(/^DATA 1 (END )?plain/))[0], /ENABLE_CONNECT_PROTOCOL=1/);
  client.request(3, [':method', 'CONNECT', ':protocol', 'websocket', ...POST.slice(2)]);
  await client.until(/^DATA 3 (END )?websocket/);
  client.request(5);
  await server.until(/^GET \/ 202 5 octets$/);
  client.send(data(7, 'x'));
  await server.until(
    /^127\.0\.0\.1:\d+ PROTOCOL_ERROR: DATA names a stream that nobody has opened \(RFC 9113 section 5\.1\)$/,
  );
});

t.test('the checker has found nothing wrong with the server', t => {
  t.same(found, []);
  t.end();
});
