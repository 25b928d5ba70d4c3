/** Servers that mend field lists, keep them, or send others. */
import type { Fields } from '../../../../spec/msgi.ts';
import { Decoder } from '../../../../wire/index.ts';
import { recode, spoilsResponses } from '../../fault.ts';
import { mapLines } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';
import { changesLists, changesTrailers } from '../lists.ts';
import { facing, withMembers } from '../wrap.ts';

const CONNECTION_SPECIFIC = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te)$/;

/** Lines of a list that may hold anything. */
const lines = (fields: Fields, change: (name: string, value: string) => readonly string[]): Fields =>
  fields.length % 2 === 1 ? fields : mapLines(fields, (name, value) => change(`${name}`, value));

const pairs = (fields: readonly string[]): readonly (readonly [string, string])[] =>
  Array.from({ length: fields.length / 2 }, (_, n) => [fields[2 * n] as string, fields[2 * n + 1] as string]);

export default [
  {
    id: 'messages/lowers-names',
    deviation: 'The server makes the names that it is given lower-case.',
    clause: 'MSGI-FIELD-8',
    fails: ['messages/lists-that-are-none'],
    seen: /no TypeError for inform \["X-MiXed","1"\]/,
    wrap: changesLists(fields => lines(fields, (name, value) => [name.toLowerCase(), value])),
  },
  {
    id: 'messages/cleans-values',
    deviation: 'The server takes out of values what does not belong there.',
    clause: 'MSGI-FIELD-9',
    fails: ['messages/values-that-are-none'],
    seen: /no TypeError for inform \["x-a","1\\r\\nx-b: 2"\]/,
    wrap: changesLists(fields =>
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that no value has are these
      lines(fields, (name, value) => [name, `${value}`.replaceAll(/[\x00-\x1f\x7f]/g, '').trim()]),
    ),
  },
  {
    id: 'messages/drops-connection-fields',
    deviation: 'The server drops connection-specific fields that it is given.',
    clause: 'MSGI-FIELD-10',
    fails: ['messages/fields-of-a-connection'],
    seen: /no TypeError for inform \["connection","close"\]/,
    wrap: changesLists(fields => lines(fields, (name, value) => (CONNECTION_SPECIFIC.test(name) ? [] : [name, value]))),
  },
  {
    id: 'messages/promises-without-te',
    deviation: 'The server takes "te" for connection-specific in promises, too.',
    clause: 'MSGI-FIELD-10',
    fails: ['messages/te-of-a-promise'],
    seen: /push of a is false/,
    wrap: facing(x =>
      withMembers(x, {
        push: (request, app) => {
          if (request.fields?.includes('te')) throw new TypeError('te');
          return x.push(request, app);
        },
      }),
    ),
  },
  {
    id: 'messages/drops-from-trailers',
    deviation: 'The server drops fields that have no place in trailers.',
    clause: 'MSGI-FIELD-11',
    fails: ['messages/names-that-no-trailer-has'],
    seen: /taken of a is \[" \\"age\\""/,
    wrap: changesTrailers(fields => lines(fields, (name, value) => (name === 'age' ? [] : [name, value]))),
  },
  {
    id: 'messages/more-names-that-no-trailer-has',
    deviation: 'The server takes names for wrong in trailers that are not on the list.',
    clause: 'MSGI-FIELD-11',
    fails: ['messages/names-that-no-trailer-has'],
    seen: /trailers are \["x-sum","1","server-timing","a"\]/,
    wrap: changesTrailers(fields => lines(fields, (name, value) => (name === 'etag' ? [] : [name, value]))),
  },
  {
    id: 'messages/reads-lists-later',
    deviation: 'The server reads a field list when the application has settled.',
    clause: 'MSGI-FIELD-12',
    fails: ['messages/lists-are-read-in-the-call'],
    seen: /x-user of a is "changed"/,
    why: 'Whatever throws at respond, and whatever goes on behind it, does so too late.',
    wrap: app => async x => {
      const calls: Parameters<typeof x.respond>[] = [];
      await app(withMembers(x, { respond: (...given) => void calls.push(given) }));
      for (const call of calls) x.respond(...call);
    },
  },
  {
    id: 'messages/knows-lists-again',
    deviation: 'The server sends for a list that it has sent before what it was then.',
    clause: 'MSGI-FIELD-12',
    fails: ['messages/lists-are-read-in-the-call'],
    seen: /x-user of b is "a"/,
    wrap: app => {
      const known = new WeakMap<Fields, Fields>();
      const remembered = (fields: Fields): Fields => {
        const before = known.get(fields) ?? [...fields];
        known.set(fields, before);
        return before;
      };
      return changesLists(remembered)(app);
    },
  },
  {
    id: 'messages/ordinary-literals',
    deviation: 'The server sends every field as a literal without indexing.',
    clause: 'MSGI-FIELD-13',
    fails: ['messages/secrets-are-never-indexed'],
    seen: /values "marked" come as without, without/,
    wire: () => {
      const blocks = new Decoder(0xffff_ffff);
      // Without "sensitive" what is put together again has forgotten it.
      return { toClient: recode(undefined, () => ({ decode: block => blocks.decode(block) })) };
    },
  },
  {
    id: 'messages/sorts-lines',
    deviation: 'The server sorts lines by name.',
    clause: 'MSGI-FIELD-14',
    fails: ['messages/lines-in-the-order-given'],
    seen: /the lines of a are \["server"/,
    wire: spoilsResponses(({ fields }) =>
      pairs(fields)
        .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
        .flat(),
    ),
  },
  {
    id: 'messages/names-itself',
    deviation: 'The server adds a line "server" behind the one that it is given.',
    clause: 'MSGI-FIELD-14',
    fails: ['messages/lines-in-the-order-given'],
    seen: /the lines of a are .*"server","another"/,
    wire: spoilsResponses(({ fields }) => [...fields, 'server', 'another']),
  },
  {
    id: 'messages/no-date',
    deviation: 'The server adds no date.',
    clause: 'MSGI-FIELD-15',
    fails: ['messages/one-date'],
    seen: /a response without date/,
    grade: 'weak',
    wire: spoilsResponses(({ fields }) =>
      mapLines(fields, (name, value) => (name === 'date' && !value.includes('1994') ? [] : [name, value])),
    ),
  },
] satisfies readonly GatewayFault[];
