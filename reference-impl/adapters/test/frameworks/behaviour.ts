/** What every application of the frameworks does, whoever hosts it: requests, and what must be true of the answers. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Test } from 'tap';
import type { Answer, Asked } from '../asking.ts';

export interface Behaviour {
  readonly asked: Asked;
  readonly expect: (t: Test, answer: Answer) => void;
}

/** Of the file that applications serve below /static. */
export const FILE = 'The quick brown fox jumps over the lazy dog.\n'.repeat(5000);
/** Octets of /stream. */
export const STREAMED = 1_000_000;
/** Octets beyond which /json says 413. */
export const MOST_JSON = 100_000;

export const upload = Buffer.alloc(3_000_000, 'an upload of some size, ');
export const sha256 = (octets: string | Uint8Array): string => createHash('sha256').update(octets).digest('hex');

const json = (answer: Answer): unknown => JSON.parse(Buffer.from(answer.body, 'latin1').toString());
const posted = (path: string, type: string, content: string | Uint8Array, method = 'POST'): Asked => ({
  method,
  path,
  content,
  fields: { 'content-type': type },
});

const BOUNDARY = 'a-boundary';
const PICTURE = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => i * 7));
const MULTIPART = Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="title"\r\n\r\nA picture\r\n`),
  Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n`),
  Buffer.from('content-type: application/octet-stream\r\n\r\n'),
  PICTURE,
  Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
]);

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'a page': {
    asked: { path: '/' },
    expect: (t, answer) => t.match(answer, { status: 200, body: 'home', headers: { 'x-middleware': 'in' } }),
  },
  'HEAD of a page': {
    asked: { path: '/', method: 'HEAD' },
    expect: (t, answer) => t.match(answer, { status: 200, body: '', headers: { 'x-middleware': 'in' } }),
  },
  'parameters of path and query': {
    asked: { path: '/hello/J%C3%BCrgen?greeting=good%20day' },
    expect: (t, answer) => t.same(json(answer), { name: 'J\u00fcrgen', greeting: 'good day' }),
  },
  'what the application sees of the request': {
    asked: { path: '/seen?a=b', fields: { 'x-one': '1', accept: 'text/html' } },
    expect: (t, answer) =>
      t.match(json(answer), { method: 'GET', path: '/seen', one: '1', accept: 'text/html', hostname: '127.0.0.1' }),
  },
  'no such page': {
    asked: { path: '/missing' },
    expect: (t, answer) => t.equal(answer.status, 404),
  },
  'a page behind a password, without': {
    asked: { path: '/private' },
    expect: (t, answer) => t.match(answer, { status: 401, headers: { 'www-authenticate': 'Bearer' } }),
  },
  'a page behind a password, with': {
    asked: { path: '/private', fields: { authorization: 'Bearer secret' } },
    expect: (t, answer) => t.match(answer, { status: 200, body: 'private' }),
  },
  cookies: {
    asked: { path: '/cookies', fields: { cookie: 'visits=4; other=x' } },
    expect: (t, { headers, body }) => {
      t.equal(body, '5');
      const lines = headers['set-cookie'] as readonly string[];
      t.same([lines.length, lines[0]?.startsWith('visits=5'), lines[1]?.startsWith('theme=dark')], [2, true, true]);
    },
  },
  'content in JSON': {
    asked: posted('/json', 'application/json', JSON.stringify({ a: [1, 2, { b: 'c' }], d: '\u00e9' })),
    expect: (t, answer) => t.same(json(answer), { got: { a: [1, 2, { b: 'c' }], d: '\u00e9' } }),
  },
  'content that is no JSON': {
    asked: posted('/json', 'application/json', '{"a":'),
    expect: (t, answer) => t.equal(answer.status, 400),
  },
  'content that is too large': {
    asked: posted('/json', 'application/json', JSON.stringify('x'.repeat(MOST_JSON + 1))),
    expect: (t, answer) => t.equal(answer.status, 413),
  },
  'a form': {
    asked: posted('/form', 'application/x-www-form-urlencoded', 'name=J%C3%BCrgen&town=K%C3%B6ln&empty='),
    expect: (t, answer) => t.same(json(answer), { name: 'J\u00fcrgen', town: 'K\u00f6ln', empty: '' }),
  },
  'a form in parts': {
    asked: posted('/multipart', `multipart/form-data; boundary=${BOUNDARY}`, MULTIPART),
    expect: (t, answer) =>
      t.same(json(answer), { title: 'A picture', file: { name: 'a.bin', octets: 50_000, sha256: sha256(PICTURE) } }),
  },
  'an upload': {
    asked: posted('/upload', 'application/octet-stream', upload, 'PUT'),
    expect: (t, answer) => t.same(json(answer), { octets: upload.length, sha256: sha256(upload) }),
  },
  'an upload of nothing': {
    asked: posted('/upload', 'application/octet-stream', '', 'PUT'),
    expect: (t, answer) => t.same(json(answer), { octets: 0, sha256: sha256('') }),
  },
  'an echo': {
    asked: posted('/echo', 'application/octet-stream', upload.subarray(0, 500_000)),
    expect: (t, answer) => t.equal(sha256(Buffer.from(answer.body, 'latin1')), sha256(upload.subarray(0, 500_000))),
  },
  'content that is streamed': {
    asked: { path: '/stream' },
    expect: (t, answer) => t.equal(answer.body.length, STREAMED),
  },
  'HEAD of content that is streamed': {
    asked: { path: '/stream', method: 'HEAD' },
    expect: (t, answer) => t.match(answer, { status: 200, body: '' }),
  },
  'compressed content': {
    asked: { path: '/compressed', fields: { 'accept-encoding': 'gzip' } },
    expect: (t, { headers, body }) => {
      t.match(headers, { 'content-encoding': 'gzip', vary: /accept-encoding/i });
      t.equal(gunzipSync(Buffer.from(body, 'latin1')).toString(), FILE);
    },
  },
  'content that need not be compressed': {
    asked: { path: '/compressed' },
    expect: (t, answer) => t.same([answer.headers['content-encoding'], answer.body], [undefined, FILE]),
  },
  'a file': {
    asked: { path: '/static/file.txt' },
    expect: (t, { status, headers, body }) => {
      t.match([status, headers['content-type'], headers['content-length']], [200, /text\/plain/, String(FILE.length)]);
      t.equal(body, FILE);
    },
  },
  'HEAD of a file': {
    asked: { path: '/static/file.txt', method: 'HEAD' },
    expect: (t, { status, headers, body }) =>
      t.same([status, headers['content-length'], body], [200, String(FILE.length), '']),
  },
  'a range of a file': {
    asked: { path: '/static/file.txt', fields: { range: 'bytes=4-8' } },
    expect: (t, { status, headers, body }) =>
      t.same([status, headers['content-range'], body], [206, `bytes 4-8/${FILE.length}`, 'quick']),
  },
  'a range that is not there': {
    asked: { path: '/static/file.txt', fields: { range: `bytes=${FILE.length}-` } },
    expect: (t, { status, headers }) => t.same([status, headers['content-range']], [416, `bytes */${FILE.length}`]),
  },
  'a file that has not changed': {
    asked: { path: '/static/file.txt', fields: { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() } },
    expect: (t, { status, body }) => t.same([status, body], [304, '']),
  },
  'a file that is not there': {
    asked: { path: '/static/no.txt' },
    expect: (t, answer) => t.equal(answer.status, 404),
  },
  'a redirect': {
    asked: { path: '/redirect' },
    expect: (t, answer) => t.match(answer, { status: 302, headers: { location: '/hello/you' } }),
  },
  'no content': {
    asked: { path: '/item', method: 'DELETE' },
    expect: (t, answer) => t.match(answer, { status: 204, body: '' }),
  },
  'a method that a page does not have': {
    asked: { path: '/item', method: 'PATCH' },
    expect: (t, answer) => t.ok(answer.status === 404 || answer.status === 405),
  },
  OPTIONS: {
    asked: { path: '/json', method: 'OPTIONS' },
    expect: (t, answer) => t.match(answer, { status: 204, headers: { allow: 'POST' } }),
  },
  'a failure': {
    asked: { path: '/error' },
    expect: (t, answer) => t.match(answer, { status: 500, body: 'sorry: it fails' }),
  },
  'a failure in a later turn': {
    asked: { path: '/error/later' },
    expect: (t, answer) => t.match(answer, { status: 500, body: 'sorry: it fails later' }),
  },
  'fields of the connection are not sent': {
    asked: { path: '/old' },
    expect: (t, answer) => t.match(answer, { status: 200, body: 'of 2012' }),
  },
};
