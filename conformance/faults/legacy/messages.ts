/** Servers that change the messages of old applications. */
import { data, FLAG, FRAME_TYPE, frame, headers, parsePayload } from '../../../wire/index.ts';
import { damages, hides, mendsRequests, spoilsResponses } from '../fault.ts';
import { dropsLines, mapLines, readsValues, valuesOf } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { does } from './between.ts';

/** Streams 1 and 3 are those of the positive control. */
const CONTROL = 3;

export default [
  {
    id: 'legacy/loses-a-frame',
    deviation: 'The server loses a DATA frame of an upload.',
    clause: 'RFC 9113 §6.1',
    fails: ['legacy/content-arrives-whole'],
    seen: /has read 9006 of 14006 octets/,
    wire: link => {
      const length = dropsLines(name => name === 'content-length')(link);
      const content = hides((_, payload) => payload.type === 'DATA' && payload.content.length === 5000)(link);
      return { toServer: one => (content.toServer?.(one) ?? []).flatMap(kept => length.toServer?.(kept) ?? []) };
    },
  },
  {
    id: 'legacy/spoils-content',
    deviation: 'The server changes an octet of the content of a response.',
    clause: 'RFC 9113 §8.1',
    fails: ['legacy/content-goes-whole'],
    seen: /has other octets than the application gave/,
    wire: damages((one, payload) => {
      if (payload.type !== 'DATA' || payload.content.length < 1000) return one;
      return frame(one.type, one.flags, one.stream, Uint8Array.from([0, ...one.payload.subarray(1)]));
    }),
  },
  {
    id: 'legacy/joins-cookies-by-comma',
    deviation: 'The server joins cookie lines by a comma, as it does with other fields.',
    clause: 'RFC 9113 §8.2.3',
    fails: ['legacy/cookies-are-one-value'],
    seen: /sees the cookies \["a=b, c=d; e=f, g=h"\]/,
    wire: mendsRequests(({ fields }) => {
      const cookies = valuesOf(fields, 'cookie');
      const others = mapLines(fields, (name, value) => (name === 'cookie' ? [] : [name, value]));
      return cookies.length === 0 ? others : [...others, 'cookie', cookies.join(', ')];
    }),
  },
  {
    id: 'legacy/host-of-its-own',
    deviation: 'The server shows the application a host of its own configuration.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['legacy/host-is-the-authority'],
    seen: /sees the hosts \["localhost"\]/,
    wire: readsValues((name, value) => (name === ':authority' ? 'localhost' : value)),
  },
  {
    id: 'legacy/decodes-the-query',
    deviation: 'The server decodes the query.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['legacy/target-arrives-unchanged'],
    seen: /the query is changed/,
    wire: readsValues((name, value) => (name === ':path' ? value.replace('%41', 'A') : value)),
  },
  {
    id: 'legacy/passes-connection-fields-on',
    deviation: 'The server sends the field "connection" of the application.',
    clause: 'RFC 9113 §8.2.2',
    fails: ['legacy/no-connection-fields-in-responses'],
    seen: /the response has connection: close/,
    wire: spoilsResponses(({ stream, fields }) => (stream > CONTROL ? [...fields, 'connection', 'close'] : fields)),
  },
  {
    id: 'legacy/fails-on-connection-fields',
    deviation: 'The server takes the field "connection" of an old application for its failure.',
    clause: 'MSGI-ADAPT-6',
    fails: ['legacy/connection-fields-are-no-failure'],
    seen: /status 500 where 200 is known/,
    between: does((verb, args) =>
      verb === 'answer' && (args['fields'] as readonly string[]).includes('connection') ? ['fail', {}] : [verb, args],
    ),
  },
  {
    id: 'legacy/content-with-head',
    deviation: 'The server sends the content of a response to HEAD.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['legacy/no-content-where-none-belongs'],
    seen: /octets of content with HEAD and 200/,
    wire: damages(one => {
      if (one.type !== FRAME_TYPE.HEADERS || one.stream <= CONTROL || (one.flags & FLAG.END_STREAM) === 0) return one;
      const payload = parsePayload(one);
      if (payload.type !== 'HEADERS') return one;
      return [headers(one.stream, payload.fragment), data(one.stream, 'content', { endStream: true })];
    }),
  },
  {
    id: 'legacy/no-content-is-a-length',
    deviation: 'The server says content-length: 0 with HEAD where the application gives no content.',
    clause: 'RFC 9110 §8.6',
    fails: ['legacy/head-has-the-length-of-get'],
    seen: /content-length is 0 with HEAD where GET has 7 octets/,
    wire: spoilsResponses(({ stream, fields }) =>
      stream === CONTROL + 4 ? [...fields, 'content-length', '0'] : fields,
    ),
  },
] satisfies readonly GatewayFault[];
