/** Every example over TLS, as `msgi serve` serves it, with clients that others wrote. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CHROMIUM, closeBrowser, page, pageOf, protocolOf } from './browser.ts';
import { example } from './example.ts';
import { needs, ran } from './strangers.ts';

const PYTHON = '/usr/bin/python3';
const CLIENT = join(import.meta.dirname, 'httpx-client.py');
const chromium = needs('chromium', CHROMIUM, '--version');
const curl = needs('curl', 'curl', '--version');
const nghttp = needs('nghttp', 'nghttp', '--version');
const h2load = needs('h2load', 'h2load', '--version');
const httpx = needs('httpx with h2', PYTHON, '-c', 'import httpx, h2');

t.teardown(closeBrowser);

const sha256 = (octets: Uint8Array | string): string => createHash('sha256').update(octets).digest('hex');
/** What a client printed, which was read as latin-1. */
const printed = (text: string): Buffer => Buffer.from(text, 'latin1');
const curled = async (...argv: string[]): Promise<string> => (await ran('curl', '-sk', '--http2', ...argv)).stdout;

function session(t: Test, address: string): ClientHttp2Session {
  const client = connect(address, { rejectUnauthorized: false });
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  return client;
}

async function content(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A file of octets that nobody could guess. */
function fileOf(t: Test, octets: number) {
  const content = randomBytes(octets);
  const path = join(t.testdir({}), 'content');
  writeFileSync(path, content);
  return { path, digest: sha256(content), content };
}

/** SHA-256 of what comes back for a POST of octets that are made from a seed, computed by the page. */
const POST = `async octets => {
  const hex = async data => [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))].join();
  const sent = new Uint8Array(octets).map((_, at) => at * 31 + (at >> 8));
  const answer = await fetch('/', { method: 'POST', body: sent });
  const back = await answer.arrayBuffer();
  return { status: answer.status, same: (await hex(back)) === (await hex(sent)), length: back.byteLength };
}`;

t.test('hello', async t => {
  const { address } = await example(t, 'hello');
  await t.test('chromium', chromium, async t => {
    const tab = await page(t);
    t.equal((await tab.goto(address))?.status(), 200);
    t.equal(await tab.innerText('body'), 'hello\n');
    t.equal(await protocolOf(tab), 'h2');
  });
  await t.test('curl', curl, async t => {
    t.equal(await curled('-w', '%{http_version} %{http_code}', address), 'hello\n2 200');
  });
  await t.test('nghttp', nghttp, async t => t.equal((await ran('nghttp', address)).stdout, 'hello\n'));
  await t.test('h2load', h2load, async t => {
    const { stdout } = await ran('h2load', '-n', '2000', '-c', '4', '-m', '50', address);
    t.match(stdout, /Application protocol: h2\n[\s\S]*2000 succeeded, 0 failed, 0 errored[\s\S]*2000 2xx/);
  });
  await t.test('node:http2', async t => {
    const client = session(t, address);
    t.equal(String(await content(client.request())), 'hello\n');
    t.equal(client.alpnProtocol, 'h2');
  });
  await t.test('httpx', httpx, async t => {
    const { stdout } = await ran(PYTHON, CLIENT, address);
    t.match(JSON.parse(stdout), { version: 'HTTP/2', status: 200, digest: sha256('hello\n') });
  });
});

t.test('echo', async t => {
  const { address } = await example(t, 'echo');
  const file = fileOf(t, 1_500_000);
  await t.test('chromium', chromium, async t => {
    const tab = await pageOf(t, address);
    t.same(await tab.evaluate(`(${POST})(700000)`), { status: 200, same: true, length: 700_000 });
  });
  await t.test('curl', curl, async t => {
    t.equal(sha256(printed(await curled('--data-binary', `@${file.path}`, address))), file.digest);
  });
  await t.test('nghttp', nghttp, async t => {
    const { stdout } = await ran('nghttp', '-d', file.path, address);
    t.equal(sha256(printed(stdout)), file.digest);
  });
  await t.test('h2load', h2load, async t => {
    const { stdout } = await ran('h2load', '-n', '40', '-c', '2', '-m', '4', '-d', file.path, address);
    t.match(stdout, /40 succeeded, 0 failed/);
    t.match(stdout, new RegExp(`\\(${40 * file.content.length}\\) data`), 'all that was sent came back');
  });
  await t.test('httpx', httpx, async t => {
    const { back, sent, version } = JSON.parse((await ran(PYTHON, CLIENT, address, '--post')).stdout);
    t.equal(version, 'HTTP/2');
    t.equal(back, sent);
  });
  await t.test('node:http2, both ways at once', async t => {
    const stream = session(t, address).request({ ':method': 'POST' });
    const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
    stream.write('first');
    const [first] = (await once(stream, 'data')) as [Buffer];
    t.equal(String(first), 'first', 'before the request has ended');
    stream.end('second');
    t.equal(String(await content(stream)), 'second');
    t.equal((await trailers)[0]['x-octets'], '11');
  });
});

t.test('upload-limit', async t => {
  const { address } = await example(t, 'upload-limit', '--initial-window', '16384');
  const file = fileOf(t, 40_000);
  await t.test('chromium', chromium, async t => {
    const tab = await pageOf(t, address);
    const upload = "fetch('/', { method: 'POST', body: new Uint8Array(30000) }).then(answer => answer.text())";
    t.equal(await tab.evaluate(upload), '30000 octets\n');
  });
  await t.test('curl', curl, async t => {
    t.equal(await curled('--data-binary', `@${file.path}`, address), '40000 octets\n');
  });
  await t.test('nghttp', nghttp, async t => {
    t.equal((await ran('nghttp', '-d', file.path, address)).stdout, '40000 octets\n');
  });
});

t.test('push', async t => {
  const { address } = await example(t, 'push');
  await t.test('chromium', chromium, async t => {
    const tab = await page(t);
    await tab.goto(address);
    const colour = await tab.evaluate("getComputedStyle(document.querySelector('#text')).color");
    t.equal(colour, 'rgb(1, 2, 3)');
    t.equal(await protocolOf(tab), 'h2');
  });
  await t.test('curl is told early, since it takes no promises', curl, async t => {
    const answer = await curled('-i', address);
    t.match(answer, /^HTTP\/2 103 \r\nlink: <\/style\.css>; rel=preload; as=style\r\n\r\nHTTP\/2 200 \r\n/);
  });
});

t.test('push, promised', async t => {
  const { address } = await example(t, 'push');
  await t.test('nghttp', nghttp, async t => {
    const { stdout } = await ran('nghttp', '-ans', address);
    t.match(stdout, /\n +\d+ +\+\S+ \* +\+\S+ +\S+ +200 +\d+ \/style\.css\n/, 'the star is of what was pushed');
  });
  await t.test('node:http2', async t => {
    const client = session(t, address);
    const promised = once(client, 'stream') as Promise<[ClientHttp2Stream, IncomingHttpHeaders]>;
    const page = content(client.request());
    const [stream, request] = await promised;
    t.match(request, { ':method': 'GET', ':path': '/style.css' });
    t.match(String(await content(stream)), /^#text/);
    t.match(String(await page), /style\.css/);
  });
});

t.test('priorities', async t => {
  const { address } = await example(t, 'priorities');
  await t.test('chromium', chromium, async t => {
    const tab = await page(t);
    await tab.goto(address, { waitUntil: 'load' });
    const sides = '[...document.images].map(image => image.complete && image.naturalWidth)';
    t.same(await tab.evaluate(sides), [400, 400, 400, 400]);
  });
  await t.test('curl', curl, async t => {
    const image = printed(await curled(`${address}/2.bmp`));
    t.equal(image.length, 480_054);
    t.equal(image.subarray(0, 2).toString(), 'BM');
    t.ok(image.subarray(54).every(octet => octet === 100));
    t.match(await curled('-I', `${address}/2.bmp`), /content-length: 480054/);
  });
  await t.test('h2load', h2load, async t => {
    const urls = [1, 2, 3, 4].map(n => `${address}/${n}.bmp`);
    const { stdout } = await ran('h2load', '-n', '40', '-c', '2', '-m', '8', ...urls);
    t.match(stdout, /40 succeeded, 0 failed/);
    t.match(stdout, new RegExp(`\\(${40 * 480_054}\\) data`));
  });
});

t.test('priorities: the most urgent is whole first', async t => {
  const client = session(t, (await example(t, 'priorities')).address);
  const finished: number[] = [];
  const asked = [6, 3, 0].map(async (urgency, at) => {
    const stream = client.request({ ':path': `/${at + 1}.bmp`, priority: `u=${urgency}` });
    t.equal((await content(stream)).length, 480_054);
    finished.push(urgency);
  });
  await Promise.all(asked);
  t.same(finished, [0, 3, 6]);
});

t.test('tunnel', async t => {
  const { address } = await example(t, 'tunnel');
  await t.test('curl, which asks for none', curl, async t => t.match(await curled(address), /use CONNECT/));
});

t.test('tunnel, opened', async t => {
  const { address } = await example(t, 'tunnel', '--protocol', 'websocket');
  await t.test('chromium', chromium, async t => {
    const tab = await page(t);
    // It knows by now that there are tunnels, and opens one on the connection of the page.
    await tab.goto(address);
    const opened = `new Promise((resolve, reject) => {
      const socket = new WebSocket('wss://' + location.host + '/');
      socket.onopen = () => resolve(socket.readyState);
      socket.onerror = () => reject(new Error('not opened'));
    })`;
    t.equal(await tab.evaluate(opened), 1);
  });
  await t.test('node:http2', async t => {
    const client = session(t, address);
    const [settings] = (await once(client, 'remoteSettings')) as [{ enableConnectProtocol?: boolean }];
    t.equal(settings.enableConnectProtocol, true);
    const stream = client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' });
    t.match((await once(stream, 'response'))[0], { ':status': 200 });
    stream.write('ping');
    t.equal(String((await once(stream, 'data'))[0]), 'ping');
    stream.end('pong');
    t.equal(String(await content(stream)), 'pong');
  });
});

t.test('drain: events end with a goodbye when the server is told to stop', async t => {
  await t.test('chromium', chromium, async t => {
    const server = await example(t, 'drain');
    const tab = await pageOf(t, server.address);
    await tab.evaluate(`new Promise(resolve => {
      const source = new EventSource('/');
      source.onmessage = resolve;
      window.goodbye = new Promise(resolve => source.addEventListener('goodbye', event => {
        source.close();
        resolve(event.data);
      }));
    })`);
    const stopped = server.stop();
    t.equal(await tab.evaluate('window.goodbye'), 'reconnect in a moment');
    t.equal(await stopped, 0);
  });
  await t.test('curl', curl, async t => {
    const server = await example(t, 'drain');
    const path = join(t.testdir({}), 'events');
    const events = ran('curl', '-skN', '--http2', '-o', path, '-w', '%{http_code} %{errormsg}', server.address);
    while (!has(path, 'data: 1')) await new Promise(resolve => setImmediate(resolve));
    t.equal(await server.stop(), 0);
    t.equal((await events).stdout, '200 ');
    t.match(readFileSync(path, 'utf8'), /^data: 1\n\n[\s\S]*event: goodbye\ndata: reconnect in a moment\n\n$/);
  });
  await t.test('node:http2 is told by GOAWAY, and its stream ends whole', async t => {
    const server = await example(t, 'drain');
    const client = session(t, server.address);
    const stream = client.request();
    await once(stream, 'data');
    const told = once(client, 'goaway');
    const stopped = server.stop();
    t.match(String(await content(stream)), /event: goodbye/);
    t.equal(stream.rstCode, 0);
    t.equal((await told)[0], 0);
    t.equal(await stopped, 0);
  });
});

function has(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(text);
  } catch {
    return false;
  }
}
