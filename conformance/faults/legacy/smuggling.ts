/** Servers that mend what they should refuse, and call an old application on it. */

import { parseKey } from '../../application/messages.ts';
import { mendsRequests } from '../fault.ts';
import { dropsLines, mapLines, readsValues, valuesOf } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { sibling } from './between.ts';

const CONTROL = /[\0\r\n]/;

const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;

const CONNECTION_SPECIFIC = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te)$/;

/** One way of being careless, and the case that finds it. */
const careless = (
  id: string,
  deviation: string,
  clause: string,
  slug: string,
  wire: NonNullable<GatewayFault['wire']>,
): GatewayFault => ({
  id: `smuggling/${id}`,
  deviation,
  clause,
  fails: [`smuggling/${slug}`],
  seen: /the application is called on [a-z-]+: \{/,
  wire,
});

/** The first of each known pseudo-field, then the fields. */
function sorted(fields: readonly string[]): readonly string[] {
  const pseudo = [':method', ':scheme', ':authority', ':path'].flatMap(name => {
    const [value] = valuesOf(fields, name);
    return value === undefined ? [] : [name, value];
  });
  return [...pseudo, ...mapLines(fields, (name, value) => (name.startsWith(':') ? [] : [name, value]))];
}

export default [
  {
    id: 'smuggling/splits-values',
    deviation: 'The server writes values into HTTP/1.1 as they are: CR LF in one begins another field.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['smuggling/nothing-injected-arrives'],
    seen: /of value-crlf the application sees .*smuggled/,
    wire: mendsRequests(({ fields }) =>
      mapLines(fields, (name, value) => {
        if (!NAME.test(name)) return [];
        const [first = '', ...more] = value.split(/\r\n/);
        if (CONTROL.test(first) || name === ':path') return CONTROL.test(first) ? [] : [name, value];
        return [name, first, ...more.flatMap(line => line.split(': '))];
      }),
    ),
  },
  careless(
    'drops-values',
    'The server drops fields whose value has CR, LF or NUL, and serves the request.',
    'RFC 9113 §8.2.1',
    'octets-in-values',
    dropsLines((_, value) => CONTROL.test(value)),
  ),
  careless(
    'drops-names',
    'The server drops fields whose name is none, and serves the request.',
    'RFC 9113 §8.2.1',
    'octets-in-names',
    dropsLines(name => !NAME.test(name)),
  ),
  careless(
    'cleans-pseudo-fields',
    'The server takes CR, LF, NUL and what is behind them out of pseudo-fields.',
    'RFC 9113 §8.3.1',
    'octets-in-pseudo-fields',
    readsValues((name, value) => (name.startsWith(':') ? value.replace(/[ \0\r\n].*$/s, '') : value)),
  ),
  careless(
    'drops-connection-fields',
    'The server drops fields of the connection, and serves the request.',
    'RFC 9113 §8.2.2',
    'connection-specific-fields',
    dropsLines(name => CONNECTION_SPECIFIC.test(name)),
  ),
  careless(
    'drops-lengths',
    'The server drops content-length where no content comes.',
    'RFC 9113 §8.1.1',
    'forged-lengths',
    dropsLines(name => name === 'content-length'),
  ),
  careless(
    'sorts-pseudo-fields',
    'The server takes the first of each pseudo-field, wherever it stands, and drops those it does not know.',
    'RFC 9113 §8.3',
    'pseudo-fields-twice',
    mendsRequests(({ fields }) => sorted(fields)),
  ),
  {
    id: 'smuggling/reads-content-as-a-request',
    deviation: 'The server behind the gateway takes the rest of the content for the next request.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['smuggling/content-is-never-a-request'],
    seen: /the application is called on smuggled/,
    between: () => ({
      toKit: message =>
        message.event === 'invoked' && parseKey(message.key).name === 'plain'
          ? [message, { ...message, key: sibling(message.key, 'smuggled') }]
          : [message],
    }),
  },
  {
    id: 'smuggling/reduces-absolute-forms',
    deviation: 'The server takes a :path in absolute form for the path in it.',
    clause: 'RFC 9113 §10.3',
    fails: ['smuggling/targets-of-other-forms'],
    grade: 'weak',
    seen: /the application is called on absolute with path/,
    wire: readsValues((name, value) => (name === ':path' ? value.replace(/^http:\/\/[^/]+/, '') : value)),
  },
  {
    id: 'smuggling/host-wins',
    deviation: 'The server takes the authority from the field host.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['smuggling/host-does-not-decide'],
    seen: /sees the hosts \["other\.invalid"\]/,
    wire: mendsRequests(({ fields }) => {
      const [host] = valuesOf(fields, 'host');
      return mapLines(fields, (name, value) => {
        if (name === 'host') return [];
        return [name, name === ':authority' && host !== undefined ? host : value];
      });
    }),
  },
  {
    id: 'smuggling/merges-slashes',
    deviation: 'The server makes one slash of several.',
    clause: 'MSGI-ADAPT-15',
    fails: ['smuggling/paths-are-not-tidied'],
    seen: /the path \/\/d is tidied/,
    wire: readsValues((name, value) => (name === ':path' ? value.replaceAll(/\/{2,}/g, '/') : value)),
  },
] satisfies readonly GatewayFault[];
