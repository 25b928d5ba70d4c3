/** Servers that give the application other fields than came. */
import { parseBlock } from '../../../../wire/index.ts';
import { endsConnection } from '../../fault.ts';
import { mapLines, valuesOf } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';
import { givesFields } from '../lists.ts';

/** Values of a name in one line, where its first one stood. */
function joined(fields: readonly string[], wanted: string): readonly string[] {
  const all = valuesOf(fields, wanted).join(', ');
  let first = true;
  return mapLines(fields, (name, value) => {
    if (name !== wanted) return [name, value];
    const line = first ? [name, all] : [];
    first = false;
    return line;
  });
}

export default [
  {
    id: 'messages/names-as-in-books',
    deviation: 'The server gives names with a capital letter at each word.',
    clause: 'MSGI-FIELD-1',
    fails: ['messages/names-in-lower-case'],
    seen: /fields of a is \["X-Forwarded-For"/,
    why: 'Every case that compares names of fields sees it.',
    wrap: givesFields(fields =>
      mapLines(fields, (name, value) => [name.replaceAll(/(^|-)[a-z]/g, text => text.toUpperCase()), value]),
    ),
  },
  {
    id: 'messages/joins-lines',
    deviation: 'The server joins lines of one name with commas.',
    clause: 'MSGI-FIELD-2',
    fails: ['messages/lines-in-the-order-received'],
    seen: /fields of a is .*"x-a","1, 2, 3"/,
    wrap: givesFields(fields => joined(fields, 'x-a')),
  },
  {
    id: 'messages/leaves-crumbs',
    deviation: 'The server gives each cookie in a line of its own.',
    clause: 'MSGI-FIELD-3',
    fails: ['messages/cookies-in-one-line'],
    seen: /cookies \["a=b","c=d"/,
    wrap: givesFields(fields =>
      mapLines(fields, (name, value) =>
        name === 'cookie' ? value.split('; ').flatMap(crumb => [name, crumb]) : [name, value],
      ),
    ),
  },
  {
    id: 'messages/values-as-utf-8',
    deviation: 'The server takes values for UTF-8.',
    clause: 'MSGI-FIELD-4',
    fails: ['messages/octets-as-characters', 'messages/every-octet-in-either-coding'],
    seen: /fields of (a|plain) is .*\ufffd/s,
    wrap: givesFields(fields =>
      mapLines(fields, (name, value) => [name, Buffer.from(value, 'latin1').toString('utf8')]),
    ),
  },
  {
    id: 'messages/octets-that-do-not-decode',
    deviation: 'The server takes a string with an octet that no value has for one that does not decode.',
    clause: 'RFC 7541 §5.2',
    fails: ['messages/every-octet-in-either-coding'],
    seen: /octet 0, plain, is an error of the connection/,
    wire: endsConnection(
      'COMPRESSION_ERROR',
      (_, payload) =>
        payload.type === 'HEADERS' &&
        parseBlock(payload.fragment).instructions.some(one => one.kind === 'literal' && one.value.text === 'a\0b'),
    ),
  },
  {
    id: 'messages/pseudo-fields-among-fields',
    deviation: 'The server has the pseudo-fields among the fields.',
    clause: 'MSGI-FIELD-5',
    fails: ['messages/no-pseudo-fields'],
    seen: /pseudo of a is \[":method"\]/,
    wrap: givesFields(fields => [':method', 'GET', ...fields]),
  },
  {
    id: 'messages/forgets-what-is-sensitive',
    deviation: 'The server does not say which fields came never-indexed.',
    clause: 'MSGI-FIELD-7',
    fails: ['messages/never-indexed-names', 'messages/never-indexed-through-and-through'],
    seen: /sensitive is \[\]|comes as incremental/,
    grade: 'weak',
    wrap: givesFields(fields => [...fields]),
  },
] satisfies readonly GatewayFault[];
