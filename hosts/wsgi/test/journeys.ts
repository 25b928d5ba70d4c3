/** What users of the sites do, step by step: one table of requests for Flask and Django, and what must be true of answers. */
import { gunzipSync } from 'node:zlib';
import type { Test } from 'tap';
import type { Answer, Asked } from './served.ts';

export interface Step extends Asked {
  readonly target: string;
  readonly expect: (t: Test, answer: Answer) => void;
}

/** Where the versions may give other things, and why: all are of the moment, none of the version. */
export interface Moment {
  readonly site: string;
  readonly steps: readonly string[];
  readonly parts: readonly string[];
  readonly reason: string;
}

export const MOMENTS: readonly Moment[] = ['flask', 'django'].map(site => ({
  site,
  steps: ['logs in', 'the first page', 'once more', 'visits'],
  parts: ['set-cookie'],
  reason: 'a session is signed together with the second in which it was',
}));

/** The notes that a site begins with, and the one that is added. */
const SEEDS = 40;
const NOTE = `/notes/${SEEDS + 1}`;
const PICTURE = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 251));
const HTML = { accept: 'text/html' };
const JSON_WANTED = { accept: 'application/json' };

const json = ({ body }: Answer): unknown => JSON.parse(body.toString());
const get = (target: string, fields: Readonly<Record<string, string>> = {}, method = 'GET') => ({
  target,
  method,
  fields,
});
const form = (target: string, content: string) => ({
  target,
  method: 'POST',
  fields: { 'content-type': 'application/x-www-form-urlencoded' },
  content: Buffer.from(content),
});
const sent = (method: string, target: string, content: unknown, fields = {}) => ({
  target,
  method,
  fields: { 'content-type': 'application/json', ...JSON_WANTED, ...fields },
  content: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
});

const BOUNDARY = 'of-the-site';
const FILES = Buffer.concat([
  ...[
    ['plan.png', 'image/png', PICTURE] as const,
    ['r\u00e9sum\u00e9.txt', 'text/plain', Buffer.from('more\r\nthan one line')] as const,
  ].flatMap(([name, type, content]) => [
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`),
    Buffer.from(`content-type: ${type}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]),
  Buffer.from(`--${BOUNDARY}--\r\n`),
]);

const status = (code: number) => (t: Test, answer: Answer) => void t.equal(answer.status, code);
const goes = (to: string | RegExp) => (t: Test, answer: Answer) =>
  void t.match([answer.status, answer.fields['location']], [303, to]);

export const JOURNEY: Readonly<Record<string, Step>> = {
  'the way in': { ...get('/'), expect: (t, { fields }) => t.match(fields, { 'x-request-id': 'r-1' }) },
  'its head': { ...get('/', {}, 'HEAD'), expect: (t, { body }) => t.equal(body.length, 0) },
  'notes are for users': { ...get('/notes/?page=2', HTML), expect: goes(/^\/login\?back=/) },
  'and for programs of users': { ...get('/notes/', JSON_WANTED), expect: status(401) },
  'a wrong password': {
    ...form('/login', 'user=ada&password=byron'),
    expect: (t, answer) => t.match([answer.status, answer.body.toString()], [401, /wrong &lt;password&gt;/]),
  },
  'a page without its slash': { ...get('/notes?page=2'), expect: (t, { status }) => t.match(`${status}`, /^30[18]$/) },
  'logs in': {
    ...form('/login', 'user=ada&password=lovelace'),
    expect: (t, answer) => {
      goes('/notes/')(t, answer);
      t.match(answer.fields['set-cookie'], [/^session(?:id)?=.*HttpOnly/]);
    },
  },
  'the first page': {
    ...get('/notes/', HTML),
    expect: (t, { body }) => t.match(body.toString(), /Notes of ada.*welcome.*Note &lt;0&gt;.*Note &lt;9&gt;/),
  },
  'once more': { ...get('/notes/', HTML), expect: (t, { body }) => t.notMatch(body.toString(), /welcome/) },
  'the last page': {
    ...get('/notes/?page=4', JSON_WANTED),
    expect: (t, answer) => t.match(json(answer), { notes: [{ id: 31 }] }),
  },
  'a page beyond': { ...get('/notes/?page=5', JSON_WANTED), expect: status(404) },
  'a page, compressed': {
    ...get('/notes/?page=4', { ...JSON_WANTED, 'accept-encoding': 'gzip' }),
    expect: (t, { fields, body }) => {
      t.match(fields, { 'content-encoding': 'gzip', vary: /accept-encoding/i });
      t.match(JSON.parse(gunzipSync(body).toString()), { notes: [{ id: 31 }] });
    },
  },
  'writes a note': {
    ...sent('POST', '/notes/', { title: 'A plan', text: '\u00e9' }),
    expect: (t, answer) => {
      t.same([answer.status, answer.fields['location']], [201, NOTE]);
      t.match(json(answer), { id: SEEDS + 1, author: 'ada', text: '\u00e9' });
    },
  },
  'writes one without a title': {
    ...sent('POST', '/notes/', { title: ' ', text: 7 }),
    expect: (t, answer) => t.match([answer.status, json(answer)], [422, { details: { title: /./, text: /./ } }]),
  },
  'writes no JSON': { ...sent('POST', '/notes/', '{"title":'), expect: status(400) },
  'writes plain text': {
    ...sent('POST', '/notes/', 'text', { 'content-type': 'text/plain' }),
    expect: (t, { status }) => t.match(`${status}`, /^4(?:00|15)$/),
  },
  'reads it': { ...get(NOTE), expect: (t, { fields }) => t.equal(fields['etag'], `"${SEEDS + 1}-1"`) },
  'knows it already': {
    ...get(NOTE, { 'if-none-match': `"${SEEDS + 1}-1"` }),
    expect: (t, { status, body }) => t.same([status, body.length], [304, 0]),
  },
  'changes it': {
    ...sent('PUT', NOTE, { title: 'B', text: '' }, { 'if-match': `"${SEEDS + 1}-1"` }),
    expect: (t, answer) => t.match([answer.status, json(answer)], [200, { title: 'B', version: 2 }]),
  },
  'changes what is old': {
    ...sent('PUT', NOTE, { title: 'C', text: '' }, { 'if-match': `"${SEEDS + 1}-1"` }),
    expect: status(412),
  },
  'changes without a look': { ...sent('PUT', NOTE, { title: 'C', text: '' }), expect: status(428) },
  'a method that is not there': {
    ...sent('PATCH', NOTE, {}),
    expect: (t, { status, fields }) => t.match([status, fields['allow']], [405, /GET/]),
  },
  'sends files': {
    target: `${NOTE}/files`,
    method: 'POST',
    fields: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    content: FILES,
    expect: (t, answer) => t.same(json(answer), { files: ['plan.png', 'r\u00e9sum\u00e9.txt'] }),
  },
  'saves a file': {
    ...get(`${NOTE}/files/plan.png`),
    expect: (t, { fields, body }) => {
      t.match(fields, { 'content-type': 'image/png', 'content-disposition': /attachment; filename="?plan.png/ });
      t.ok(body.equals(PICTURE), 'octet by octet');
    },
  },
  'saves a part of it': {
    ...get(`${NOTE}/files/plan.png`, { range: 'bytes=10-19' }),
    // Django has no ranges: the whole file is a right answer.
    expect: (t, { status, body }) => t.ok(status === 206 ? body.length === 10 : body.equals(PICTURE)),
  },
  'saves one with a name of its own': {
    ...get(`${NOTE}/files/r%C3%A9sum%C3%A9.txt`),
    expect: (t, { fields }) => t.match(fields['content-disposition'], /filename\*=(?:UTF|utf)-8''r%C3%A9sum/),
  },
  'a style': {
    ...get('/static/style.css'),
    expect: (t, { fields, body }) => {
      t.match(fields['content-type'], /^text\/css/);
      t.match(body.toString(), /^body \{/);
    },
  },
  'a style that is not there': { ...get('/static/missing.css'), expect: status(404) },
  'saves everything': {
    ...get('/export.csv'),
    expect: (t, { body }) => t.equal(body.toString().split('\n').length, (SEEDS + 1) * 100 + 2),
  },
  'takes it away': { ...get(NOTE, {}, 'DELETE'), expect: status(204) },
  'looks for it': { ...get(NOTE, JSON_WANTED), expect: status(404) },
  'a failure': { ...get('/fails'), expect: status(500) },
  'logs out': { ...form('/logout', ''), expect: goes('/login') },
  'has logged out': { ...get('/notes/', JSON_WANTED), expect: status(401) },
  visits: { ...get('/visits'), expect: (t, answer) => t.same(json(answer), { visits: 1 }) },
};
