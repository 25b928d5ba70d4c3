/** Plain applications of PEP 3333 behind the reference server, over HTTP/2 and HTTP/1.1, with clients of others. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import t from 'tap';
import { needsPython } from './python.ts';
import { type Answer, type Asked, answered, overHttp1, overHttp2, served, session } from './served.ts';

const skip = needsPython();
const MIB = 1_048_576;
const content = Buffer.alloc(MIB, 'content of an upload');
const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex');

/** Resolves when what has come matches. */
async function until(stream: ClientHttp2Stream, text: string): Promise<void> {
  let came = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    came += chunk;
    if (came.includes(text)) return;
  }
  throw new Error(`the stream has ended with ${came}`);
}

t.test('the same answers over HTTP/2 and HTTP/1.1', { skip }, async t => {
  const host = await served(t, 'plain');
  const [two, one] = [overHttp2(session(t, host)), overHttp1(host)];
  const asked: readonly (readonly [string, Asked?])[] = [
    ['/'],
    ['/bare'],
    ['/bare', { method: 'HEAD' }],
    ['/shown?a=%2f&b', { fields: { 'x-a': 'b', cookie: 'a=1; b=2' } }],
    ['/digest', { method: 'POST', content }],
    ['/digest', { method: 'POST', content: Buffer.alloc(0) }],
    ['/large'],
    ['/large', { method: 'HEAD' }],
    ['/written'],
    ['/status?204'],
    ['/status?304'],
    ['/status?404'],
    ['/fails'],
    ['/hop'],
    ['/nowhere'],
  ];
  for (const [target, what = {}] of asked) {
    const [first, second] = [await two(target, what), await one(target, what)];
    const text = (answer: Answer): string =>
      answer.body.toString('latin1').replace(/^(SERVER_PROTOCOL|HTTP_CONNECTION)=.*\n/gm, '');
    t.equal(first.status, second.status, `${target} status`);
    t.same(first.fields, second.fields, `${target} fields`);
    t.equal(text(first), text(second), `${target} content`);
    t.same([first.code, second.code], [0, 0], `${target} is whole`);
  }
  t.match(await two('/bare'), { fields: { 'content-type': 'text/plain', 'content-length': '6' } });
  t.equal((await two('/digest', { method: 'POST', content })).body.toString(), sha256(content));
  t.match((await two('/shown')).body.toString(), /^SERVER_PROTOCOL=HTTP\/2\.0$/m);
  t.match((await one('/shown')).body.toString(), /^SERVER_PROTOCOL=HTTP\/1\.1$/m);
  t.equal((await two('/fails')).status, 500);
  t.equal((await two('/hop')).status, 500);
  t.ok((await two('/large')).body.equals(Buffer.alloc(3_000_000, '0123456789')));
  // What fails behind its head is cut, and never looks whole.
  t.match(await two('/fails?late'), { status: 200, code: 2 });
  t.match(await one('/fails?late'), { status: 200, code: -1 });

  const said = await host.stop();
  t.match(said, /KeyError: 'the operator reads this'/);
  t.match(said, /Connection is hop-by-hop/);
  t.notMatch(said, /lint: server/);
  t.match(said, /exit code 0/);
});

t.test('blocks go out as they are made', { skip }, async t => {
  const host = await served(t, 'plain');
  const client = session(t, host);
  const [two, one] = [overHttp2(client), overHttp1(host)];
  const stream = client.request({ ':path': '/stream?two' });
  const rest = answered(stream);
  await once(stream, 'data');
  t.equal((await two('/open?two')).status, 200);
  t.equal((await rest).body.toString(), 'first;second');
  const slow = one('/stream?one');
  // Over HTTP/1.1 too: were the first block kept, fetch would not give it.
  const response = await fetch(`${host.address}/stream?three`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  t.equal(Buffer.from((await reader.read()).value as Uint8Array).toString(), 'first;');
  await one('/open?three');
  await one('/open?one');
  t.equal(Buffer.from((await reader.read()).value as Uint8Array).toString(), 'second');
  t.equal((await slow).body.toString(), 'first;second');
  t.notMatch(await host.stop(), /lint:/);
});

t.test('an upload waits for the application, and a cut one is an error', { skip }, async t => {
  const host = await served(t, 'plain', '--initial-window', '70000');
  const client = session(t, host);
  const ask = overHttp2(client);
  const held = client.request({ ':path': '/held', ':method': 'POST' });
  held.write(Buffer.alloc(5 * MIB));
  await until(held, 'begun;');
  t.equal((await ask('/digest', { method: 'POST', content })).body.toString(), sha256(content), 'others run on');
  held.close(8);
  let events = '';
  // The application hears of it at its next read, which another request lets it make.
  await ask('/open?read');
  while (!events.includes('closed')) events = (await ask('/events')).body.toString();
  t.match(events, /^ExchangeError 8 peer\nclosed$/);
  const said = await host.stop();
  const [, one = '', all = ''] = /at most (\d+) of one exchange, (\d+) of all/.exec(said) ?? [];
  t.equal(one, '70000', 'the whole window came, and not an octet more');
  t.ok(Number(all) <= 140_000, `two uploads had ${all} octets`);
  t.notMatch(said, /lint:|Traceback/, 'the loss of a client is no failure of the application');
});

t.test('a crash is answered, told, and mended', { skip }, async t => {
  const host = await served(t, 'plain');
  const ask = overHttp2(session(t, host));
  const [before, again] = [
    ask('/crash'),
    async () => {
      let answer = await ask('/');
      while (answer.status === 503) answer = await ask('/');
      return answer;
    },
  ] as const;
  t.match(await before, { status: 502 });
  t.match(await again(), { status: 200 }, 'the process is replaced');
  t.match(await ask('/crash?late'), { status: 200, code: 2 });
  t.match(await again(), { status: 200 });
  t.equal((await overHttp1(host)('/crash')).status, 502);
  const said = await host.stop();
  t.equal(said.match(/the host has ended: signal SIGKILL/g)?.length, 3);
});

t.test('more than PEP 3333 has', { skip }, async t => {
  const host = await served(t, 'plain');
  const client = session(t, host);
  const pushed = new Promise<string>(resolve => {
    client.on('stream', (stream, headers) => {
      stream.on('data', chunk => resolve(`${headers[':path']} ${chunk}`));
    });
  });
  const stream = client.request({ ':path': '/extras', priority: 'u=1, i' });
  const informed: unknown[] = [];
  stream.on('headers', headers => informed.push([headers[':status'], headers['link']]));
  t.equal((await answered(stream)).body.toString(), 'True True 1 True');
  t.same(informed, [[103, '</a.css>; rel=preload']]);
  t.equal(await pushed, '/pushed hello\n');
  // There are no promises over HTTP/1.1; whether a 103 goes out is the listener's.
  t.equal((await overHttp1(host)('/extras')).body.toString(), 'True False 3 False');
  t.notMatch(await host.stop(), /lint:/);
});

t.test('what is printed reaches the operator, and no frame', { skip }, async t => {
  const host = await served(t, 'plain');
  t.match(await overHttp2(session(t, host))('/printed'), { status: 200 });
  const said = await host.stop();
  for (const text of ['on the standard output', 'on descriptor 1', 'on wsgi.errors']) t.match(said, text);
});
