/** Servers that are wrong about fields (RFC 9113 §8.2). */
import { type Fault, mendsRequests, refusesRequests, type Section } from './fault.ts';
import { dropsLines, mapLines, valuesOf } from './field-lines.ts';

const SERVED = /the malformed request is served: status 200/;

const isTrailers = ({ fields }: Section): boolean => !fields.includes(':scheme');

export default [
  {
    id: 'fields/folds-upper-case',
    deviation: 'The server takes names in upper case for the same in lower case.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/name-in-upper-case',
      'fields/name-ending-in-upper-case',
      'fields/known-name-in-upper-case',
      'fields/name-in-upper-case-huffman-coded',
      'fields/trailer-name-in-upper-case',
    ],
    seen: SERVED,
    wire: mendsRequests(({ fields }) => mapLines(fields, (name, value) => [name.toLowerCase(), value])),
  },
  {
    id: 'fields/drops-names-with-control-octets',
    deviation: 'The server drops fields with control octets in their names and serves the request.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/name-with-nul',
      'fields/name-with-nul-huffman-coded',
      'fields/name-with-lf',
      'fields/name-ending-in-cr',
      'fields/name-with-tab',
      'fields/name-with-control-octet',
    ],
    why: 'Each octet below 0x20 is a case, and one check of the range finds all of them or none.',
    seen: SERVED,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that RFC 9113 §8.2.1 forbids are these
    wire: dropsLines(name => /[\x00-\x1f]/.test(name)),
  },
  {
    id: 'fields/drops-names-with-spaces',
    deviation: 'The server drops fields with a space in their names and serves the request.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/name-with-space',
      'fields/name-beginning-with-space',
      'fields/name-ending-in-space',
      'fields/trailer-name-with-space',
    ],
    seen: SERVED,
    wire: dropsLines(name => !name.startsWith(':') && name.includes(' ')),
  },
  {
    id: 'fields/takes-names-beyond-ascii',
    deviation: 'The server takes DEL and octets above it as part of a name.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['fields/name-with-del', 'fields/name-with-octet-80', 'fields/name-ending-in-octet-ff'],
    seen: SERVED,
    wire: dropsLines(name => /[\x7f-\xff]/.test(name)),
  },
  {
    id: 'fields/takes-colons-in-names',
    deviation: 'The server takes a colon as part of a name.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['fields/name-with-colon', 'fields/name-ending-in-colon', 'fields/trailer-name-with-colon'],
    seen: SERVED,
    wire: dropsLines(name => name.slice(1).includes(':')),
  },
  {
    id: 'fields/takes-nul-in-values',
    deviation: 'The server takes NUL as part of a value.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/value-with-nul',
      'fields/value-ending-in-nul',
      'fields/value-beginning-with-nul',
      'fields/trailer-value-with-nul',
    ],
    seen: SERVED,
    wire: dropsLines((_, value) => value.includes('\0')),
  },
  {
    id: 'fields/takes-line-breaks-in-values',
    deviation: 'The server takes CR and LF as part of a value.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/value-with-lf',
      'fields/value-ending-in-lf',
      'fields/value-with-lf-huffman-coded',
      'fields/value-with-cr',
      'fields/value-beginning-with-cr',
      'fields/value-ending-in-cr',
      'fields/value-beginning-with-lf',
      'fields/value-with-field-line',
      'fields/trailer-value-with-lf',
    ],
    why: 'Both octets are tried in several places, and one check of the value finds all of them or none.',
    seen: SERVED,
    wire: dropsLines((_, value) => /[\r\n]/.test(value)),
  },
  {
    id: 'fields/trims-values',
    deviation: 'The server trims white space from values.',
    clause: 'RFC 9113 §8.2.1',
    fails: [
      'fields/value-beginning-with-space',
      'fields/value-ending-in-space',
      'fields/value-beginning-with-tab',
      'fields/value-ending-in-tab',
      'fields/value-of-one-space',
      'fields/value-with-white-space-huffman-coded',
    ],
    why: 'Both octets are tried at both ends, and one trim mends all of them.',
    seen: SERVED,
    wire: mendsRequests(({ fields }) =>
      mapLines(fields, (name, value) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]),
    ),
  },
  {
    id: 'fields/checks-no-trailers',
    deviation: 'The server checks names and values of the header section only.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['fields/trailer-name-in-upper-case', 'fields/trailer-value-with-lf'],
    seen: SERVED,
    wire: mendsRequests(section =>
      isTrailers(section)
        ? mapLines(section.fields, (name, value) => (name.startsWith(':') ? [name, value] : ['x-a', 'b']))
        : section.fields,
    ),
  },
  {
    id: 'fields/drops-connection',
    deviation: 'The server drops a Connection field and serves the request.',
    clause: 'RFC 9113 §8.2.2',
    fails: [
      'fields/connection-keep-alive',
      'fields/connection-close',
      'fields/connection-naming-a-field',
      'fields/connection-empty',
    ],
    seen: SERVED,
    wire: dropsLines(name => name === 'connection'),
  },
  {
    id: 'fields/knows-no-connection-specific-field-but-connection',
    deviation: 'Of the connection-specific fields the server refuses only Connection.',
    clause: 'RFC 9113 §8.2.2',
    fails: [
      'fields/proxy-connection',
      'fields/keep-alive',
      'fields/transfer-encoding-chunked',
      'fields/transfer-encoding-identity',
      'fields/upgrade',
    ],
    seen: SERVED,
    wire: dropsLines(name => ['proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'].includes(name)),
  },
  {
    id: 'fields/takes-any-te',
    deviation: 'The server takes any value of TE.',
    clause: 'RFC 9113 §8.2.2',
    fails: ['fields/te-gzip', 'fields/te-chunked', 'fields/te-trailers-and-more', 'fields/te-in-two-lines'],
    seen: SERVED,
    wire: dropsLines(name => name === 'te'),
  },
  {
    id: 'fields/refuses-te',
    deviation: 'The server takes TE for one of the connection-specific fields, without the exception for trailers.',
    clause: 'RFC 9113 §8.2.2',
    fails: ['fields/te-trailers'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    wire: refusesRequests(({ fields }) => fields.includes('te')),
  },
  {
    id: 'fields/refuses-cookie-crumbs',
    deviation: 'The server takes a second Cookie field for an error.',
    clause: 'RFC 9113 §8.2.3',
    fails: ['fields/cookie-crumbs'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    wire: refusesRequests(({ fields }) => valuesOf(fields, 'cookie').length > 1),
  },
] satisfies readonly Fault[];
