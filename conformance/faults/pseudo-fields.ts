/** Servers that are wrong about pseudo-fields (RFC 9113 §8.3). */
import { type Fault, mendsRequests, refusesRequests } from './fault.ts';
import { dropsLines, mapLines, readsValues, valuesOf } from './field-lines.ts';

const SERVED = /the malformed request is served: status 200/;

const DEFINED = [':method', ':scheme', ':authority', ':path'];

/** What a server might put in the place of a pseudo-field that is missing. */
const DEFAULTS = { ':method': 'GET', ':scheme': 'http', ':path': '/' };

/** Everything before the first octet that could end a line. */
const cut = (value: string): string => value.split(/[\0\r\n]/, 1)[0] as string;

export default [
  {
    id: 'pseudo-fields/fills-in-what-is-missing',
    deviation: 'The server puts defaults in the place of pseudo-fields that are missing.',
    clause: 'RFC 9113 §8.3.1',
    fails: [
      'pseudo-fields/method-missing',
      'pseudo-fields/scheme-missing',
      'pseudo-fields/path-missing',
      'pseudo-fields/all-but-authority-missing',
    ],
    seen: SERVED,
    wire: mendsRequests(({ fields }) => {
      const isTrailers = !fields.some((name, i) => i % 2 === 0 && name.startsWith(':'));
      const missing = Object.entries(DEFAULTS).filter(([name]) => !isTrailers && !fields.includes(name));
      return [...missing.flat(), ...fields];
    }),
  },
  {
    id: 'pseudo-fields/first-one-counts',
    deviation: 'Of a repeated pseudo-field the server takes the first.',
    clause: 'RFC 9113 §8.3',
    fails: [
      'pseudo-fields/method-repeated',
      'pseudo-fields/method-repeated-with-another-value',
      'pseudo-fields/scheme-repeated',
      'pseudo-fields/authority-repeated',
      'pseudo-fields/path-repeated',
    ],
    seen: SERVED,
    wire: mendsRequests(({ fields }) => {
      const had = new Set<string>();
      return mapLines(fields, (name, value) => {
        const again = name.startsWith(':') && had.has(name);
        had.add(name);
        return again ? [] : [name, value];
      });
    }),
  },
  {
    id: 'pseudo-fields/drops-status',
    deviation: 'The server drops :status from a request and serves it.',
    clause: 'RFC 9113 §8.3',
    fails: ['pseudo-fields/status-in-request'],
    seen: SERVED,
    wire: dropsLines(name => name === ':status'),
  },
  {
    id: 'pseudo-fields/drops-unknown',
    deviation: 'The server drops pseudo-fields that it does not know, as it does with regular fields.',
    clause: 'RFC 9113 §8.3',
    fails: [
      'pseudo-fields/pseudo-field-unknown',
      'pseudo-fields/pseudo-field-without-name',
      'pseudo-fields/pseudo-field-in-upper-case',
      'pseudo-fields/pseudo-field-with-space',
    ],
    seen: SERVED,
    wire: dropsLines(name => name.startsWith(':') && name !== ':status' && !DEFINED.includes(name)),
  },
  {
    id: 'pseudo-fields/takes-any-order',
    deviation: 'The server looks for pseudo-fields anywhere in the section.',
    clause: 'RFC 9113 §8.3',
    fails: [
      'pseudo-fields/method-after-regular-field',
      'pseudo-fields/scheme-after-regular-field',
      'pseudo-fields/authority-after-regular-field',
      'pseudo-fields/path-after-regular-field',
    ],
    seen: SERVED,
    wire: mendsRequests(({ fields }) => [
      ...mapLines(fields, (name, value) => (name.startsWith(':') ? [name, value] : [])),
      ...mapLines(fields, (name, value) => (name.startsWith(':') ? [] : [name, value])),
    ]),
  },
  {
    id: 'pseudo-fields/empty-path-is-root',
    deviation: 'The server takes an empty :path for "/".',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/path-empty'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':path' && value === '' ? '/' : value)),
  },
  {
    id: 'pseudo-fields/empty-method-is-get',
    deviation: 'The server takes an empty :method for GET.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/method-empty'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':method' && value === '' ? 'GET' : value)),
  },
  {
    id: 'pseudo-fields/compares-the-beginning-of-methods',
    deviation: 'The server compares only as many octets of :method as the methods it knows have.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/method-with-lf', 'pseudo-fields/method-with-nul', 'pseudo-fields/method-with-cr'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':method' && value.startsWith('GET') ? 'GET' : value)),
  },
  {
    id: 'pseudo-fields/takes-any-octet-in-path',
    deviation: 'The server takes NUL, CR and LF as part of :path.',
    clause: 'RFC 9113 §8.2.1 and §8.3.1',
    fails: [
      'pseudo-fields/path-with-nul',
      'pseudo-fields/path-with-lf',
      'pseudo-fields/path-with-cr',
      'pseudo-fields/path-with-request-line',
    ],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':path' ? (cut(value).split('?', 1)[0] as string) : value)),
  },
  {
    id: 'pseudo-fields/takes-any-octet-in-authority',
    deviation: 'The server takes NUL, CR and LF as part of :authority.',
    clause: 'RFC 9113 §8.2.1 and §8.3.1',
    fails: [
      'pseudo-fields/authority-with-nul',
      'pseudo-fields/authority-with-lf',
      'pseudo-fields/authority-with-cr',
      'pseudo-fields/authority-with-field-line',
    ],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':authority' ? cut(value) : value)),
  },
  {
    id: 'pseudo-fields/takes-any-octet-in-scheme',
    deviation: 'The server takes NUL, CR and LF as part of :scheme.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['pseudo-fields/scheme-with-nul', 'pseudo-fields/scheme-with-lf', 'pseudo-fields/scheme-with-cr'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':scheme' ? cut(value) : value)),
  },
  {
    id: 'pseudo-fields/demands-authority',
    deviation: 'The server takes a request without :authority for malformed although it has Host.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/host-in-place-of-authority'],
    seen: /a sound request is refused: RST_STREAM PROTOCOL_ERROR/,
    wire: refusesRequests(({ fields }) => fields.includes(':scheme') && !fields.includes(':authority')),
  },
  {
    id: 'pseudo-fields/compares-octet-by-octet',
    deviation: 'The server compares Host with :authority octet by octet.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/host-is-compared-by-scheme'],
    seen: /status 0 for :authority name\.invalid:80 and host name\.invalid/,
    wire: refusesRequests(({ fields }) => {
      const [[authority], [host]] = [valuesOf(fields, ':authority'), valuesOf(fields, 'host')];
      return host !== undefined && authority !== undefined && host !== authority;
    }),
  },
  {
    id: 'pseudo-fields/demands-a-slash',
    deviation: 'The server takes every :path that does not begin with a slash for malformed.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/options-asterisk'],
    seen: /a sound request is refused: RST_STREAM PROTOCOL_ERROR/,
    wire: refusesRequests(({ fields }) => valuesOf(fields, ':path')[0] === '*'),
  },
  {
    id: 'pseudo-fields/path-of-slash-refused',
    deviation: 'The server takes a request for "/" behind another for malformed.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['pseudo-fields/path-of-slash'],
    seen: /a request for "\/" is refused/,
    wire: refusesRequests(
      ({ stream, fields }) => stream > 3 && fields[fields.indexOf(':path') + 1] === '/' && fields[1] === 'GET',
    ),
  },
] satisfies readonly Fault[];
