/** Servers that mend what they should refuse, and call the application on it. */
import { mendsRequests } from '../../fault.ts';
import { dropsLines, mapLines, readsValues } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';
import { givesFields } from '../lists.ts';

const CONNECTION_SPECIFIC = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te)$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that no value has are these
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

const WRONG_NAME = /^$|[^!#$%&'*+\-.^_`|~0-9a-z:]|.:/;

/** One way of being careless, and the case that finds it. */
const careless = (
  id: string,
  deviation: string,
  clause: string,
  slug: string,
  wire: NonNullable<GatewayFault['wire']>,
): GatewayFault => ({
  id: `messages/${id}`,
  deviation,
  clause,
  fails: [`messages/${slug}`],
  seen: /is invoked on|was invoked on|is not refused with 400: status/,
  wire,
});

export default [
  careless(
    'any-method',
    'The server takes a method that is no token for GET.',
    'MSGI-HEAD-6',
    'method-is-a-token',
    readsValues((name, value) => (name === ':method' && !/^[A-Z]+$/.test(value) ? 'GET' : value)),
  ),
  careless(
    'cleans-the-path',
    'The server takes control characters and spaces out of paths.',
    'MSGI-HEAD-7',
    'no-controls-in-the-path',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that no path has are these
    readsValues((name, value) => (name === ':path' ? value.replaceAll(/[\x00-\x20\x7f]/g, '.') : value)),
  ),
  careless(
    'adds-the-slash',
    'The server puts a slash before paths that have none.',
    'MSGI-HEAD-8',
    'path-begins-with-a-slash',
    readsValues((name, value) => (name === ':path' && !value.startsWith('/') ? `/${value}` : value)),
  ),
  careless(
    'drops-userinfo',
    'The server drops the userinfo part of authorities.',
    'MSGI-HEAD-9',
    'no-userinfo',
    readsValues((name, value) => (name === ':authority' ? value.replace(/^.*@/, '') : value)),
  ),
  careless(
    'authority-of-its-own',
    'The server takes its own name for an authority that is missing.',
    'MSGI-HEAD-10',
    'authority-is-needed',
    mendsRequests(({ fields }) => withAuthority(fields)),
  ),
  careless(
    'connects-to-itself',
    'The server takes its own name for the authority of a CONNECT that has none.',
    'MSGI-HEAD-10',
    'connect-needs-an-authority',
    mendsRequests(({ fields }) => withAuthority(fields)),
  ),
  careless(
    'overlooks-host',
    'The server overlooks what host says.',
    'MSGI-HEAD-11',
    'one-truth-about-the-host',
    dropsLines(name => name === 'host'),
  ),
  careless(
    'drops-wrong-fields',
    'The server drops fields whose name or value is none.',
    'MSGI-HEAD-12',
    'no-wrong-fields',
    dropsLines((name, value) => WRONG_NAME.test(name) || CONTROL.test(value)),
  ),
  careless(
    'fields-as-over-http1',
    'The server takes upper-case names, whitespace and connection-specific fields as HTTP/1.1 does.',
    'MSGI-HEAD-13',
    'fields-of-http2',
    mendsRequests(({ fields }) =>
      mapLines(fields, (name, value) =>
        CONNECTION_SPECIFIC.test(name) ? [] : [name.toLowerCase(), value.replaceAll(/^[ \t]+|[ \t]+$/g, '')],
      ),
    ),
  ),
  careless(
    'overlooks-lengths',
    'The server does not look at content-length.',
    'MSGI-HEAD-14',
    'one-decimal-length',
    dropsLines(name => name === 'content-length' || name === 'transfer-encoding'),
  ),
  {
    id: 'messages/two-lengths',
    deviation: 'The server gives the application content-length twice.',
    clause: 'MSGI-HEAD-16',
    fails: ['messages/one-length-at-most'],
    seen: /lengths of one is \["0","0"\]/,
    wrap: givesFields(fields => [...fields, 'content-length', '0']),
  },
  {
    id: 'messages/cuts-sections',
    deviation: 'The server drops the lines of a field section that it has no room for, and serves the request.',
    clause: 'MSGI-HEAD-17',
    fails: ['messages/section-larger-than-taken'],
    seen: /lines of a is 3/,
    wire: dropsLines(name => /^x-fill-(?![012]$)/.test(name)),
  },
] satisfies readonly GatewayFault[];

/** Trailers have no method. */
function withAuthority(fields: readonly string[]): readonly string[] {
  if (!fields.includes(':method')) return fields;
  const rest = mapLines(fields, (name, value) => (name === ':authority' && value === '' ? [] : [name, value]));
  return rest.includes(':authority') ? rest : [':authority', 'localhost', ...rest];
}
