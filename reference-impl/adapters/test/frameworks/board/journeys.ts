/** What users of the board do, step by step; the cookies that a step has set are those of the next. */
import { gunzipSync } from 'node:zlib';
import type { Test } from 'tap';
import type { Answer, Asked } from '../../asking.ts';

export interface Step {
  readonly asked: Asked;
  readonly expect: (t: Test, answer: Answer) => void;
  /** Frameworks that cannot say it. */
  readonly beyond?: readonly string[];
}

/** Names of steps are unique: differences are listed by them. */
export type Journey = Readonly<Record<string, Step>>;

/** The notes that a board begins with, and the one that a user adds. */
const SEEDS = 120;
const ADDED = SEEDS + 1;
const NOTE = `/board/notes/${ADDED}`;
const TEXT = 'é, and more. '.repeat(300);
const PICTURE = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const NAME = 'a “plan”.png';

const JSON_TYPE = 'application/json';
const HTML = { accept: 'text/html' };
const JSON_WANTED = { accept: JSON_TYPE };
const json = ({ body }: Answer): unknown => JSON.parse(Buffer.from(body, 'latin1').toString());
const location = ({ headers }: Answer): unknown => headers['location'];

const sent = (method: string, path: string, content: unknown, fields = {}): Asked => ({
  method,
  path,
  content: JSON.stringify(content),
  fields: { 'content-type': JSON_TYPE, accept: JSON_TYPE, ...fields },
});
const form = (path: string, fields: Readonly<Record<string, string>>, more = {}): Asked => ({
  method: 'POST',
  path,
  content: new URLSearchParams(fields).toString(),
  fields: { 'content-type': 'application/x-www-form-urlencoded', ...more },
});
const get = (path: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): Asked => ({
  method,
  path,
  fields,
});

const BOUNDARY = 'of-the-board';
const part = (name: string, type: string, content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`),
    Buffer.from(`content-type: ${type}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
const FILES = Buffer.concat([
  part(NAME, 'image/png', PICTURE),
  part('read me.txt', 'text/plain', Buffer.from('a text of\r\nmore than one line')),
  Buffer.from(`--${BOUNDARY}--\r\n`),
]);
const posted = (path: string, fields = {}): Asked => ({
  method: 'POST',
  path,
  content: FILES,
  fields: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...fields },
});

const status = (code: number) => (t: Test, answer: Answer) => void t.equal(answer.status, code);

export const VISITOR: Journey = {
  'a visitor: the way in': {
    asked: get('/board'),
    expect: (t, answer) => t.match(answer, { status: 200, body: /<h1>A board/, headers: { 'x-request-id': /r-/ } }),
  },
  'a visitor: hints before the way in': {
    asked: get('/board'),
    expect: (t, { interim }) => t.match(interim, [{ status: 103, link: /rel=preload/ }]),
    beyond: ['hono'],
  },
  'a visitor: its head': { asked: get('/board', {}, 'HEAD'), expect: (t, answer) => t.equal(answer.body, '') },
  'a visitor: notes are for users': {
    asked: get('/board/notes?page=2', HTML),
    expect: (t, answer) =>
      t.same([answer.status, location(answer)], [303, '/board/login?from=%2Fboard%2Fnotes%3Fpage%3D2']),
  },
  'a visitor: and for programs of users': { asked: get('/board/notes', JSON_WANTED), expect: status(401) },
  'a visitor: a forged session': {
    asked: get('/board/notes', { ...JSON_WANTED, cookie: 'board=s1.forged' }),
    expect: status(401),
  },
  'a visitor: a wrong password': {
    asked: form('/board/login', { user: 'ada', password: 'byron' }),
    expect: (t, answer) => t.match(answer, { status: 401, body: /is wrong/ }),
  },
  'a visitor: a preflight': {
    asked: get('/board/notes', { origin: 'https://other.example', 'access-control-request-method': 'PUT' }, 'OPTIONS'),
    expect: (t, answer) =>
      t.match(answer, {
        status: 204,
        headers: { 'access-control-max-age': '600', 'access-control-allow-methods': /PUT/ },
      }),
  },
  'a visitor: another origin': {
    asked: get('/board', { origin: 'https://other.example' }),
    expect: (t, { headers }) => t.equal(headers['access-control-allow-origin'], 'https://other.example'),
  },
  'a visitor: a page that is broken': {
    asked: get('/board/broken', HTML),
    expect: (t, answer) => t.match(answer, { status: 500, body: /something is wrong here.*r-\d+/ }),
  },
  'a visitor: the same for programs': {
    asked: get('/board/broken', JSON_WANTED),
    expect: (t, answer) => t.match(json(answer), { error: 'something is wrong here' }),
  },
  // The last: what is not asked of every host is not counted by all of them.
  'a visitor: trailers': {
    asked: get('/board/sum'),
    expect: (t, answer) => t.match(answer, { status: 200, trailers: { 'x-octets': /^[0-9]{6}$/ } }),
    beyond: ['hono'],
  },
};

export const AUTHOR: Journey = {
  'an author: logs in': {
    asked: form('/board/login', { user: 'ada', password: 'lovelace' }),
    expect: (t, answer) => {
      t.same([answer.status, location(answer)], [303, '/board/notes']);
      t.match(answer.headers['set-cookie'], [/^board=s1\.[\w-]{43};.*HttpOnly/i]);
    },
  },
  'an author: the first page': {
    asked: get('/board/notes', HTML),
    expect: (t, answer) => t.match(answer, { status: 200, body: /ada.*Note 1<.*Note 10</ }),
  },
  'an author: the last page': {
    asked: get('/board/notes?page=12&size=10', JSON_WANTED),
    expect: (t, answer) => {
      t.match(json(answer), { page: 12, pages: 12, notes: [{ id: 111 }] });
      t.match(answer.headers['link'], /page=11&size=10>; rel="prev"/);
    },
  },
  'an author: all notes, compressed': {
    asked: get('/board/notes?size=200', { ...JSON_WANTED, 'accept-encoding': 'gzip' }),
    expect: (t, { headers, body }) => {
      t.match(headers, { 'content-encoding': 'gzip', vary: /accept-encoding/i });
      t.equal(JSON.parse(gunzipSync(Buffer.from(body, 'latin1')).toString()).notes.length, SEEDS);
    },
  },
  'an author: a page in no known form': { asked: get('/board/notes', { accept: 'image/png' }), expect: status(406) },
  'an author: writes a note': {
    asked: sent('POST', '/board/notes', { title: 'A plan', text: TEXT }),
    expect: (t, answer) => {
      t.same([answer.status, location(answer)], [201, NOTE]);
      t.match(json(answer), { id: ADDED, author: 'ada', text: TEXT, version: 1 });
    },
  },
  'an author: writes one without a title': {
    asked: sent('POST', '/board/notes', { title: ' ', text: 7 }),
    expect: (t, answer) => t.match([answer.status, json(answer)], [422, { details: { title: /./, text: /./ } }]),
  },
  'an author: writes no JSON': {
    asked: { ...sent('POST', '/board/notes', {}), content: '{"title":' },
    expect: status(400),
  },
  'an author: writes plain text': {
    asked: sent('POST', '/board/notes', {}, { 'content-type': 'text/plain' }),
    expect: status(415),
  },
  'an author: reads it': {
    asked: get(NOTE, JSON_WANTED),
    expect: (t, { headers }) => t.equal(headers['etag'], `"${ADDED}-1"`),
  },
  'an author: its head': {
    asked: get(NOTE, JSON_WANTED, 'HEAD'),
    expect: (t, { headers, body }) => t.same([headers['etag'], body], [`"${ADDED}-1"`, '']),
  },
  'an author: knows it already': {
    asked: get(NOTE, { 'if-none-match': `"${ADDED}-1"` }),
    expect: (t, answer) => t.same([answer.status, answer.body], [304, '']),
  },
  'an author: changes it': {
    asked: sent('PUT', NOTE, { title: 'B', text: 'short' }, { 'if-match': `"${ADDED}-1"` }),
    expect: (t, answer) => t.match([answer.status, json(answer)], [200, { title: 'B', version: 2 }]),
  },
  'an author: changes what is old': {
    asked: sent('PUT', NOTE, { title: 'C', text: '' }, { 'if-match': `"${ADDED}-1"` }),
    expect: status(412),
  },
  'an author: changes without a look': { asked: sent('PUT', NOTE, { title: 'C', text: '' }), expect: status(428) },
  'an author: asks for a method that is not there': {
    asked: sent('PATCH', NOTE, {}),
    expect: (t, { status, headers }) => t.match([status, headers['allow']], [405, /GET.*PUT.*DELETE/]),
  },
  'an author: sends files': {
    asked: posted(`${NOTE}/files`),
    expect: (t, answer) => t.same([answer.status, json(answer)], [201, { files: [NAME, 'read me.txt'] }]),
  },
  'an author: sends files once the server wants them': {
    asked: posted(`${NOTE}/files`, { expect: '100-continue' }),
    expect: (t, answer) => t.match(answer, { status: 201, interim: [{ status: 100 }] }),
  },
  'an author: saves a file': {
    asked: get(`${NOTE}/files/${encodeURIComponent(NAME)}`),
    expect: (t, { status, headers, body }) => {
      t.equal(status, 200);
      t.match(headers, { 'content-disposition': /filename\*=UTF-8''a%20%E2%80%9Cplan/, 'content-type': 'image/png' });
      t.ok(Buffer.from(body, 'latin1').equals(PICTURE), 'octet by octet');
    },
  },
  'an author: saves the rest of a file': {
    asked: get(`${NOTE}/files/${encodeURIComponent(NAME)}`, { range: 'bytes=299990-' }),
    expect: (t, { status, headers, body }) =>
      t.same([status, headers['content-range'], body.length], [206, 'bytes 299990-299999/300000', 10]),
  },
  'an author: saves the end of a file': {
    asked: get(`${NOTE}/files/read%20me.txt`, { range: 'bytes=-4' }),
    expect: (t, { status, body }) => t.same([status, body], [206, 'line']),
  },
  'an author: saves what is beyond a file': {
    asked: get(`${NOTE}/files/read%20me.txt`, { range: 'bytes=5000-' }),
    expect: status(416),
  },
  'an author: saves everything': {
    asked: get('/board/export.csv'),
    expect: (t, { headers, body }) => {
      t.match(headers['content-disposition'], /filename="?notes.csv/);
      t.equal(body.split('\n').length, (SEEDS + 1) * 100 + 2);
    },
  },
  'an author: saves everything, compressed': {
    asked: get('/board/export.csv', { 'accept-encoding': 'gzip' }),
    expect: (t, { headers, body }) => {
      t.equal(headers['content-encoding'], 'gzip');
      t.match(gunzipSync(Buffer.from(body, 'latin1')).toString(), /^id,day,title,octets\n1,1,"Note 1",/);
    },
  },
  'an author: takes a note away': {
    asked: get(NOTE, {}, 'DELETE'),
    expect: (t, answer) => t.match(answer, { status: 204, body: '' }),
  },
  'an author: looks for it': {
    asked: get(NOTE, JSON_WANTED),
    expect: (t, answer) => t.match([answer.status, json(answer)], [404, { error: 'no such note' }]),
  },
  'an author: logs out': {
    asked: { method: 'POST', path: '/board/logout', content: '' },
    expect: (t, answer) => t.same([answer.status, location(answer)], [303, '/board/login']),
  },
  'an author: has logged out': { asked: get('/board/notes', JSON_WANTED), expect: status(401) },
};
