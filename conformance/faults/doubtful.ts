/**
 * Servers that do not check the grammar of HTTP where no sentence obliges them to (RFC 9113 §8.2.1, §8.3.1, §10.3): all of
 * them are weak, none is wrong.
 */
import { type Fault, mendsRequests, refusesRequests, type Wire } from './fault.ts';
import { dropsLines, mapLines, readsValues } from './field-lines.ts';

const SERVED = /the request is served: status 200/;

/** Everything before the first of the octets. */
const before = (value: string, octets: RegExp): string => value.split(octets, 1)[0] as string;

const hasHost = (fields: readonly string[]): boolean => fields.includes(':authority') && fields.includes('host');

/** The server reads that pseudo-field up to the first octet that does not belong there. */
const cuts = (wanted: string, octets: RegExp): Wire =>
  readsValues((name, value) => (name === wanted ? before(value, octets) : value));

export default [
  {
    id: 'fields/no-grammar-for-names',
    deviation: 'The server drops fields whose names are no tokens and serves the request.',
    clause: 'RFC 9113 §8.2.1',
    grade: 'weak',
    fails: [
      'fields/name-empty',
      'fields/name-with-parenthesis',
      'fields/name-beginning-with-quote',
      'fields/name-ending-in-slash',
      'fields/name-with-equals-sign',
      'fields/name-with-brace',
    ],
    seen: SERVED,
    wire: dropsLines(name => name === '' || /["(/={]/.test(name)),
  },
  {
    id: 'fields/no-grammar-for-values',
    deviation: 'The server drops fields with control octets in their values and serves the request.',
    clause: 'RFC 9113 §8.2.1',
    grade: 'weak',
    fails: [
      'fields/value-with-octet-01',
      'fields/value-with-vertical-tab',
      'fields/value-with-octet-1f',
      'fields/value-with-del',
    ],
    seen: SERVED,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that RFC 9110 §5.5 leaves out are these
    wire: dropsLines((name, value) => !name.startsWith(':') && /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value)),
  },
  {
    id: 'fields/no-grammar-for-content-length',
    deviation: 'The server ignores a content-length that is no decimal number.',
    clause: 'RFC 9110 §8.6',
    grade: 'weak',
    fails: [
      'fields/content-length-with-plus',
      'fields/content-length-with-minus',
      'fields/content-length-in-hex',
      'fields/content-length-with-point',
      'fields/content-length-in-two-words',
      'fields/content-length-in-letters',
      'fields/content-length-empty',
      'fields/content-length-list-0-and-5',
    ],
    why: 'Each spelling is a case, and one check of the digits finds all of them or none.',
    seen: SERVED,
    wire: dropsLines((name, value) => name === 'content-length' && !/^[0-9]+$/.test(value)),
  },
  {
    id: 'fields/refuses-unusual-fields',
    deviation: 'The server takes octets above 7f in a value for malformed.',
    clause: 'RFC 9110 §5.5',
    grade: 'weak',
    fails: ['fields/unusual-fields-are-taken'],
    seen: /RST_STREAM/,
    wire: refusesRequests(({ fields }) => fields.some(text => /[\x80-\xff]/.test(text))),
  },
  {
    id: 'fields/refuses-without-a-word',
    deviation: 'The server resets the stream of a malformed request and says nothing more.',
    clause: 'RFC 9113 §8.2.1',
    grade: 'weak',
    fails: ['fields/refused-with-400'],
    seen: /RST_STREAM/,
    wire: refusesRequests(({ fields }) => fields.includes('x-Upper')),
  },
  {
    id: 'fields/connection-specific-trailers-dropped',
    deviation: 'The server drops transfer-encoding from trailers and serves the request.',
    clause: 'RFC 9113 §8.2.2',
    grade: 'weak',
    fails: ['fields/connection-specific-trailers'],
    seen: SERVED,
    wire: dropsLines(name => name === 'transfer-encoding'),
  },
  {
    id: 'pseudo-fields/host-not-compared',
    deviation: 'The server does not look at Host where :authority is there.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/host-of-another-name', 'pseudo-fields/host-of-another-port', 'pseudo-fields/host-twice'],
    seen: SERVED,
    wire: mendsRequests(({ fields }) =>
      hasHost(fields) ? mapLines(fields, (name, value) => (name === 'host' ? [] : [name, value])) : fields,
    ),
  },
  {
    id: 'pseudo-fields/userinfo-dropped',
    deviation: 'The server drops userinfo from :authority.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/authority-with-userinfo'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':authority' ? value.slice(value.indexOf('@') + 1) : value)),
  },
  {
    id: 'pseudo-fields/authority-not-parsed',
    deviation: 'The server takes any :authority.',
    clause: 'RFC 9110 §4.2',
    grade: 'weak',
    fails: [
      'pseudo-fields/authority-empty',
      'pseudo-fields/authority-with-path',
      'pseudo-fields/authority-with-two-ports',
      'pseudo-fields/authority-with-port-in-letters',
      'pseudo-fields/authority-with-open-bracket',
      'pseudo-fields/authority-with-space',
    ],
    why: 'Each part of an authority is a case, and a server that does not parse it finds none of them.',
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':authority' ? 'any.invalid' : value)),
  },
  {
    id: 'pseudo-fields/path-cut',
    deviation: 'The server reads :path up to the first octet that no path has.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: [
      'pseudo-fields/path-with-fragment',
      'pseudo-fields/path-with-octet-80',
      'pseudo-fields/path-with-control-octet',
      'pseudo-fields/path-with-del',
      'pseudo-fields/path-with-space',
      'pseudo-fields/path-with-backslash',
    ],
    why: 'Each octet that no path has is a case, and a server that looks at none of them finds none.',
    seen: SERVED,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control octets are among those that no path has
    wire: cuts(':path', /[#\\\x01-\x20\x7f-\xff]/),
  },
  {
    id: 'pseudo-fields/decodes-what-it-can',
    deviation: 'The server drops "%" and what follows where it is no octet in hex.',
    clause: 'RFC 3986 §2.1',
    grade: 'weak',
    fails: ['pseudo-fields/path-with-half-an-octet'],
    seen: SERVED,
    wire: cuts(':path', /a?%(?![0-9A-Fa-f]{2})/),
  },
  {
    id: 'pseudo-fields/method-cut',
    deviation: 'The server reads :method up to the first space.',
    clause: 'RFC 9113 §10.3',
    grade: 'weak',
    fails: ['pseudo-fields/method-with-request-line'],
    seen: SERVED,
    wire: cuts(':method', / /),
  },
  {
    id: 'pseudo-fields/scheme-cut',
    deviation: 'The server reads :scheme up to the first colon.',
    clause: 'RFC 9113 §10.3',
    grade: 'weak',
    fails: ['pseudo-fields/scheme-with-authority'],
    seen: SERVED,
    wire: cuts(':scheme', /:/),
  },
  {
    id: 'pseudo-fields/method-not-parsed',
    deviation: 'The server takes a :method that is no token for GET.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/method-with-space', 'pseudo-fields/method-with-slash', 'pseudo-fields/method-with-octet-80'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':method' && /[ /\x80]/.test(value) ? 'GET' : value)),
  },
  {
    id: 'pseudo-fields/scheme-not-parsed',
    deviation: 'The server takes any :scheme for its own.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/scheme-empty', 'pseudo-fields/scheme-with-space'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':scheme' ? 'http' : value)),
  },
  {
    id: 'pseudo-fields/target-in-any-form',
    deviation: 'The server takes a :path of any form for the root.',
    clause: 'RFC 9113 §8.3.1',
    grade: 'weak',
    fails: ['pseudo-fields/path-without-slash', 'pseudo-fields/asterisk-of-get', 'pseudo-fields/path-in-absolute-form'],
    seen: SERVED,
    wire: readsValues((name, value) => (name === ':path' && !value.startsWith('/') ? '/' : value)),
  },
] satisfies readonly Fault[];
