/** What a response says, held against RFC 9110 and RFC 9651: sound ones have no finding, others the one that is due. */
import t from 'tap';
import { readDictionary } from '../peer/dictionary.ts';
import { endFindings, headFindings, trailerFindings } from '../peer/semantics.ts';
import { StreamRecord } from '../peer/stream.ts';

const DATE = ['date', 'Sun, 06 Nov 1994 08:49:37 GMT'];
const LONG_AGO = 'Sunday, 06-Nov-94 08:49:37 GMT';

function record(status: number, octets = 0, method = 'GET', fields: readonly string[] = []): StreamRecord {
  return Object.assign(new StreamRecord(1, false, 65_535, 65_535), { status, octets, method, fields });
}

/** Rows that a head of that status with these fields breaks; `asked` are names of the request's fields. */
function head(status: number, fields: readonly string[], asked: readonly string[] = []): readonly string[] {
  const section = [':status', `${status}`, ...fields];
  return headFindings(record(status), section, new Set(asked), false).map(({ requirement }) => requirement);
}

t.test('heads', async t => {
  const sound: readonly [number, readonly string[], (readonly string[])?][] = [
    [200, DATE],
    [200, [...DATE, 'content-type', 'text/html; charset="a;b"', 'etag', 'W/"x"', 'vary', '*', 'allow', '']],
    [200, [...DATE, 'content-type', 'text/html ; charset=utf-8;', 'age', '0', 'retry-after', '120']],
    [503, ['retry-after', 'Sun, 06 Nov 1994 08:49:37 GMT']],
    [100, []],
    [103, ['link', '</a>; rel=preload']],
    [304, DATE, ['if-none-match']],
    [206, [...DATE, 'content-range', 'bytes 0-0/*'], ['range']],
    [206, [...DATE, 'content-type', 'multipart/byteranges; boundary=x'], ['range']],
    [416, [...DATE, 'content-range', 'bytes */16'], ['range']],
    [405, [...DATE, 'allow', '']],
    [401, [...DATE, 'www-authenticate', 'Basic']],
  ];
  for (const [status, fields, asked] of sound) t.strictSame(head(status, fields, asked), [], `${status} ${fields}`);
  t.strictSame(head(600, []), ['rfc9110/15/i1']);
  t.strictSame(head(101, []), ['rfc9113/8.6/i1']);
  t.strictSame(head(103, ['content-length', '0']), ['rfc9110/8.6/7']);
  t.strictSame(head(204, [...DATE, 'content-length', '0']), ['rfc9110/8.6/7']);
  t.strictSame(head(304, DATE), ['rfc9110/15.4.5/i2']);
  t.strictSame(head(206, DATE, ['range']), ['rfc9110/15.3.7.1/1']);
  t.strictSame(head(206, [...DATE, 'content-range', 'bytes 3-16/16'], ['range']), ['rfc9110/14.4/i1']);
  t.strictSame(head(405, DATE), ['rfc9110/10.2.1/1']);
  t.strictSame(head(404, []), ['rfc9110/6.6.1/2']);
  t.strictSame(head(200, ['date', LONG_AGO]), ['rfc9110/5.6.7/2']);
  for (const [name, value] of [
    ['etag', 'x'],
    ['content-type', 'text'],
    ['content-type', 'text/html; charset'],
    ['vary', 'a b'],
    ['age', '-1'],
    ['retry-after', LONG_AGO],
  ] as const)
    t.strictSame(head(200, [...DATE, name, value]), ['rfc9110/2.2/12'], `${name}: ${value}`);
});

t.test('ends and trailers', async t => {
  const rows = (one: StreamRecord): readonly string[] => endFindings(one).map(({ requirement }) => requirement);
  t.strictSame(rows(record(200, 16)), []);
  t.strictSame(rows(record(206, 1, 'GET', ['content-range', 'bytes 0-0/16'])), []);
  t.strictSame(rows(record(206, 2, 'GET', ['content-range', 'bytes 0-0/16'])), ['rfc9110/15.3.7.1/1']);
  t.strictSame(rows(record(204, 1)), ['rfc9110/15.3.5/i1', 'rfc9110/6.4.1/i1']);
  t.strictSame(rows(record(205, 1)), ['rfc9110/15.3.6/1']);
  t.strictSame(rows(record(200, 1, 'HEAD')), ['rfc9110/6.4.1/i1']);
  const trailers = (status: number, ...fields: readonly string[]): readonly string[] =>
    trailerFindings(record(status), fields).map(({ requirement }) => requirement);
  t.strictSame(trailers(200, 'x-checksum', '1'), []);
  t.strictSame(trailers(200, 'content-type', 'a/b'), ['rfc9110/6.5.1/1']);
  t.strictSame(trailers(304, 'x-checksum', '1'), ['rfc9110/15.4.5/i1']);
  t.strictSame(trailers(200, ':status', '103'), ['rfc8297/2/i1']);
});

t.test('dictionaries', async t => {
  for (const text of ['', 'u=3', 'u=3, i', 'i;a=1, x=(1 2 "a");q', 'u=2.5', 'a=:aGk=:', ' u=1 ', 'u=?0\t,\tu=7'])
    t.not(readDictionary(text), null, text);
  for (const text of ['u=3,', 'u= 3', 'u=12345678901234567', 'high!', 'u=3 i', 'U=3', ',u=1', 'a="b'])
    t.equal(readDictionary(text), null, text);
  t.strictSame(
    [...(readDictionary('u=1, i, u=5') ?? [])],
    [
      ['u', '5'],
      ['i', '?1'],
    ],
  );
});
