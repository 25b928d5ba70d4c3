/** Static files through the reference server, with the checker around the application; curl is the stranger. */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { formatLint, lint } from '../../lint/index.ts';
import { serve } from '../../reference-impl/server.ts';
import type { App } from '../../spec/msgi.ts';
import { parseHttpDate } from '../files/http-date.ts';
import { precondition, rangeStands } from '../files/preconditions.ts';
import { parseRange } from '../files/range.ts';
import { segments } from '../files/target.ts';
import { validators } from '../files/validators.ts';
import { type FilesOptions, files, mount } from '../index.ts';

const OLD = new Date('2020-01-02T03:04:05.678Z');
const OLD_TEXT = 'Thu, 02 Jan 2020 03:04:05 GMT';
const BIG = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251));

/** A site, and beside it what nobody may see. */
function site(t: Test): string {
  const above = t.testdir({
    'secret.txt': 'secret',
    root: {
      'index.html': '<p>home',
      'page.html': '<p>page',
      'a b.txt': 'blank',
      'é.txt': 'accent',
      '.env': 'secret',
      '.git': { config: 'secret' },
      docs: { 'index.html': '<p>docs', 'x.unknown': '?' },
      bare: { 'x.css': 'p{}' },
      'empty.txt': '',
    },
  });
  const root = join(above, 'root');
  writeFileSync(join(root, 'big.bin'), BIG);
  symlinkSync('../secret.txt', join(root, 'out.txt'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync('.env', join(root, 'env.txt'));
  symlinkSync('page.html', join(root, 'in.html'));
  symlinkSync('loop', join(root, 'loop'));
  for (const name of ['index.html', 'page.html', 'big.bin', 'empty.txt', 'docs/index.html']) {
    utimesSync(join(root, name), OLD, OLD);
  }
  return root;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function hosting(t: Test, app: App) {
  const checked = lint(app, { report: finding => t.fail(formatLint(finding)), checksum: true });
  const reports: unknown[] = [];
  const server = await serve(checked, { grace: 100, report: error => reports.push(error) });
  const client = connect(server.address);
  client.on('error', () => {});
  t.teardown(() => {
    client.destroy();
    return server.close();
  });
  return { server, client, reports };
}

async function ask(client: ClientHttp2Session, path: string, headers: IncomingHttpHeaders = {}): Promise<Answer> {
  const stream = client.request({ ':path': path, ...headers });
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: head[':status'], headers: head, body: Buffer.concat(chunks) };
}

async function served(t: Test, options?: FilesOptions) {
  const root = site(t);
  const { client, ...rest } = await hosting(t, files(root, options));
  return { root, client, ...rest, get: (path: string, headers?: IncomingHttpHeaders) => ask(client, path, headers) };
}

t.test('files, folders, names, types', async t => {
  const { get } = await served(t, { types: { '.unknown': 'x/y' }, cacheControl: 'no-cache' });
  const page = await get('/page.html?query');
  t.match(page, {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-length': '7',
      'last-modified': OLD_TEXT,
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: /^"[0-9a-z-]+"$/,
    },
  });
  t.equal(String(page.body), '<p>page');
  t.equal(String((await get('/')).body), '<p>home');
  t.equal(String((await get('/docs/')).body), '<p>docs');
  t.equal(String((await get('/a%20b.txt')).body), 'blank');
  t.equal(String((await get('/%C3%A9.txt')).body), 'accent');
  t.equal(String((await get('/in.html')).body), '<p>page', 'a link that stays inside');
  t.equal((await get('/docs/x.unknown')).headers['content-type'], 'x/y');
  t.match(await get('/bare/x.css'), { status: 200, headers: { 'content-type': 'text/css; charset=utf-8' } });
  t.match(await get('/empty.txt'), { status: 200, headers: { 'content-length': '0' } });
  t.ok((await get('/big.bin')).body.equals(BIG));
  const head = await get('/big.bin', { ':method': 'HEAD' });
  t.match(head, { status: 200, headers: { 'content-length': '1000000', 'last-modified': OLD_TEXT } });
  t.equal(head.body.length, 0);
});

t.test('a folder without its slash is redirected, below a prefix too, and never to another host', async t => {
  const root = site(t);
  const { client } = await hosting(t, mount({ '/m': files(root) }, files(root)));
  const location = async (path: string) => {
    const { status, headers } = await ask(client, path);
    return [status, headers.location];
  };
  t.same(await location('/docs?a=b'), [301, '/docs/?a=b']);
  t.same(await location('/m'), [301, '/m/']);
  t.same(await location('/m?q'), [301, '/m/?q']);
  t.same(await location('/m/docs'), [301, '/m/docs/']);
  t.same(await location('//docs'), [404, undefined]);
  t.same(await location('/%5cdocs'), [404, undefined]);
  t.equal(String((await ask(client, '/m/')).body), '<p>home');
});

t.test('what is not found: nothing outside, nothing that is hidden', async t => {
  const { get, reports } = await served(t);
  const absent = [
    '/none',
    '/bare/',
    '/page.html/',
    '/page.html/x',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/docs/../../secret.txt',
    '/..%2fsecret.txt',
    '/docs%2findex.html',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/page.html%00',
    '/page.html%00.txt',
    '/%0a',
    '/%ff',
    '/%',
    '/%zz',
    '//page.html',
    '/docs//index.html',
    '/out.txt',
    '/up/secret.txt',
    '/up/',
    '/up',
    '/env.txt',
    '/loop',
    `/${'a'.repeat(300)}`,
  ];
  for (const path of absent) t.match(await get(path), { status: 404, body: Buffer.from('404\n') }, path);
  t.same(reports, []);
});

t.test(
  'a pipe is no file, and nobody waits for its writer',
  { skip: !existsSync('/usr/bin/mkfifo') && 'no mkfifo' },
  async t => {
    const { get, root } = await served(t);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    t.equal((await get('/pipe')).status, 404);
  },
);

t.test('other methods, and no index', async t => {
  const { get } = await served(t, { index: null });
  t.match(await get('/page.html', { ':method': 'DELETE' }), { status: 405, headers: { allow: 'GET, HEAD' } });
  t.equal((await get('/docs/')).status, 404);
  t.equal((await get('/docs')).status, 404);
  t.equal((await get('/docs/index.html')).status, 200);
});

t.test('validators and conditions over the wire', async t => {
  const { get, root } = await served(t, { cacheControl: 'no-cache' });
  const { headers } = await get('/page.html');
  const etag = String(headers.etag);
  const fresh = await get('/page.html', { 'if-none-match': `"other", W/${etag}` });
  t.match(fresh, { status: 304, headers: { etag, 'cache-control': 'no-cache' } });
  t.notOk('content-type' in fresh.headers || 'content-length' in fresh.headers);
  t.equal((await get('/page.html', { 'if-modified-since': OLD_TEXT })).status, 304);
  t.equal((await get('/page.html', { ':method': 'HEAD', 'if-modified-since': OLD_TEXT })).status, 304);
  t.equal((await get('/page.html', { 'if-match': '"other"' })).status, 412);
  t.equal((await get('/none', { 'if-none-match': '*' })).status, 404, 'conditions are about what exists');
  writeFileSync(join(root, 'page.html'), '<p>new');
  const after = await get('/page.html', { 'if-none-match': etag });
  t.match(after, { status: 200, headers: { etag: /^W\// } }, 'what changed just now may change again unseen');
  t.equal((await get('/page.html', { 'if-none-match': String(after.headers.etag) })).status, 304);
  t.match(await get('/page.html', { range: 'bytes=0-0', 'if-range': String(after.headers.etag) }), { status: 200 });
});

t.test('ranges over the wire', async t => {
  const { get } = await served(t);
  const range = async (value: string, path = '/big.bin', more: IncomingHttpHeaders = {}) => {
    const { status, headers, body } = await get(path, { range: value, ...more });
    return { status, extent: headers['content-range'], length: headers['content-length'], body };
  };
  const part = (first: number, end: number) => ({
    status: 206,
    extent: `bytes ${first}-${end - 1}/1000000`,
    length: String(end - first),
    body: BIG.subarray(first, end),
  });
  t.match(await range('bytes=5-9'), part(5, 10));
  t.match(await range('bytes=100000-'), part(100_000, 1_000_000));
  t.match(await range('bytes=-300'), part(999_700, 1_000_000));
  t.match(await range('bytes=999999-5000000'), part(999_999, 1_000_000));
  t.match(await range('bytes=1000000-'), { status: 416, extent: 'bytes */1000000' });
  t.match(await range('bytes=0-0,5-9'), { status: 200, extent: undefined, length: '1000000' });
  t.match(await range('bytes=9-5'), { status: 200 });
  t.match(await range('lines=1-2'), { status: 200 });
  t.match(await range('bytes=0-9', '/big.bin', { ':method': 'HEAD' }), { status: 200, length: '1000000' });
  t.match(await range('bytes=0-', '/empty.txt'), { status: 416, extent: 'bytes */0' });
  const etag = String((await get('/big.bin', { ':method': 'HEAD' })).headers.etag);
  t.match(await range('bytes=5-9', '/big.bin', { 'if-range': etag }), part(5, 10));
  t.match(await range('bytes=5-9', '/big.bin', { 'if-range': OLD_TEXT }), part(5, 10));
  t.match(await range('bytes=5-9', '/big.bin', { 'if-range': '"other"' }), { status: 200 });
  t.match(await range('bytes=5-9', '/big.bin', { 'if-none-match': etag }), { status: 304 }, 'conditions come first');
});

t.test('a peer that reads nothing is sent no more than its window, one that leaves ends the reading', async t => {
  const root = site(t);
  let written = 0;
  let over: (reason: unknown) => void = () => {};
  const ended = new Promise(resolve => {
    over = resolve;
  });
  const app = files(root);
  const { client } = await hosting(t, async x => {
    x.watch(notice => {
      if (notice.type === 'close') written = notice.sent;
    });
    await Promise.resolve(app(x)).then(() => over(null), over);
  });
  const stream = client.request({ ':path': '/big.bin' });
  stream.on('error', () => {});
  await once(stream, 'response');
  await new Promise<void>((resolve, reject) => client.ping(error => (error === null ? resolve() : reject(error))));
  stream.close(8);
  t.match(await ended, { name: 'ExchangeError', by: 'peer', code: 8 });
  t.ok(written <= 65_535, `${written} octets were sent`);
});

t.test('a file that becomes shorter while it is sent does not look whole', async t => {
  const { client, root, reports, server } = await served(t);
  const stream = client.request({ ':path': '/big.bin' });
  const failed = once(stream, 'error').catch(error => [error]);
  await once(stream, 'response');
  writeFileSync(join(root, 'big.bin'), 'short');
  stream.resume();
  t.match(await failed, [{ code: 'ERR_HTTP2_STREAM_ERROR' }]);
  await server.close();
  t.match(String(reports[0]), /shorter/);
});

t.test('segments', async t => {
  t.same(segments('/a/b%20c?d/e'), ['a', 'b c']);
  t.same(segments('/'), ['']);
  t.same(segments(''), []);
  t.same(segments('/a/'), ['a', '']);
  t.same(segments('/\xc3\xa9'), ['é'], 'octets that were not encoded are UTF-8 all the same');
  for (const target of ['*', 'a', '/a//b', '//', '/.', '/a/..', '/%2e', '/%2F', '/%5C', '/%7f', '/\xff', '/%c3']) {
    t.equal(segments(target), null, target);
  }
});

t.test('parseRange', async t => {
  t.same(parseRange('bytes=0-0', 10), { first: 0, length: 1 });
  t.same(parseRange('BYTES= 2-', 10), { first: 2, length: 8 });
  t.same(parseRange('bytes=-99', 10), { first: 0, length: 10 });
  t.same(parseRange('bytes=0-99999999999999999999999', 10), { first: 0, length: 10 });
  for (const value of ['bytes=10-', 'bytes=-0', 'bytes=99999999999999999999999-']) {
    t.equal(parseRange(value, 10), 'unsatisfiable', value);
  }
  for (const value of [
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-4',
    'bytes=0-1,3-4',
    'bytes 0-1',
    'bytes=+1-2',
    '0-1',
  ]) {
    t.equal(parseRange(value, 10), null, value);
  }
  t.equal(parseRange('bytes=-5', 0), null);
});

t.test('HTTP-date: three forms and no other', async t => {
  const now = Date.UTC(2026, 0, 1);
  const time = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    t.equal(parseHttpDate(text, now), time, text);
  }
  t.equal(parseHttpDate('Friday, 06-Nov-76 08:49:37 GMT', now), Date.UTC(2076, 10, 6, 8, 49, 37));
  t.equal(parseHttpDate('Sunday, 06-Nov-77 08:49:37 GMT', now), Date.UTC(1977, 10, 6, 8, 49, 37));
  t.equal(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now), Date.UTC(2017, 0, 1));
  for (const text of [
    '',
    '2020',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 30 Feb 2020 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
  ]) {
    t.equal(parseHttpDate(text, now), null, text);
  }
});

t.test('preconditions in their order', async t => {
  const current = { etag: '"a"', lastModified: Date.parse(OLD_TEXT) };
  const weak = { ...current, etag: 'W/"a"' };
  const before = 'Wed, 01 Jan 2020 00:00:00 GMT';
  const come = (fields: string[], to: number | null, of = current) =>
    t.equal(precondition(fields, of), to, fields.join(' '));
  come([], null);
  come(['if-match', '*'], null);
  come(['if-match', '"b", "a"'], null);
  come(['if-match', '"b"'], 412);
  come(['if-match', 'W/"a"'], 412, weak);
  come(['if-match', '"a"', 'if-unmodified-since', before], null);
  come(['if-unmodified-since', before], 412);
  come(['if-unmodified-since', OLD_TEXT], null);
  come(['if-none-match', '"a"'], 304);
  come(['if-none-match', '"b"', 'if-none-match', 'W/"a"'], 304);
  come(['if-none-match', '"a"'], 304, weak);
  come(['if-none-match', '*'], 304);
  come(['if-none-match', 'a'], null);
  come(['if-none-match', '"b"', 'if-modified-since', OLD_TEXT], null);
  come(['if-modified-since', before], null);
  come(['if-modified-since', 'yesterday'], null);
  come(['if-match', '"b"', 'if-none-match', '"a"'], 412);
  t.equal(rangeStands(['if-range', 'W/"a"'], weak, Date.now()), false);
  t.equal(rangeStands(['if-range', before], current, Date.now()), false);
  t.equal(
    rangeStands(['if-range', OLD_TEXT], current, current.lastModified + 1000),
    false,
    'within that second it may change again',
  );
});

t.test('validators: another time or size is another tag; never of the future', async t => {
  const now = Date.UTC(2026, 0, 1);
  const at = (ms: number) => BigInt(ms) * 1_000_000n;
  const one = validators(5n, at(now - 5000), now);
  t.not(validators(6n, at(now - 5000), now).etag, one.etag);
  t.not(validators(5n, at(now - 5000) + 1n, now).etag, one.etag);
  t.match(validators(5n, at(now - 10), now).etag, /^W\/"/);
  t.equal(validators(5n, at(now + 90_000), now).lastModified, now);
});

const needsCurl = {
  skip: !existsSync('/usr/bin/curl') && process.env['MSGI_REQUIRE_PEERS'] !== '1' && 'curl is not installed',
};
t.test('curl: resumes a download, and asks whether there is a newer one', needsCurl, async t => {
  const { server, root } = await served(t);
  const copy = join(root, '..', 'copy.bin');
  writeFileSync(copy, BIG.subarray(0, 300_000));
  const curl = (...args: string[]) => promisify(execFile)('curl', ['-s', '--http2-prior-knowledge', ...args]);
  await curl('-C', '-', '-o', copy, `${server.address}/big.bin`);
  t.equal(execFileSync('cmp', [copy, join(root, 'big.bin')]).length, 0);
  utimesSync(copy, OLD, OLD);
  const asked = await curl(
    '-z',
    copy,
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} %{size_download}',
    `${server.address}/big.bin`,
  );
  t.equal(asked.stdout, '304 0');
  const path = ['--path-as-is', '-o', '/dev/null', '-w', '%{http_code}', `${server.address}/docs/../../secret.txt`];
  t.equal((await curl(...path)).stdout, '404');
  t.equal(statSync(copy).size, BIG.length);
});
