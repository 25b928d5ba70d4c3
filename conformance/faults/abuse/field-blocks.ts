/** Servers that take field sections as large as they come. */
import { FLAG, FRAME_TYPE, type Frame } from '../../../wire/index.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { busyWith, endsOf, GROWN, keeps, UNANSWERED, UNSERVED } from './servers.ts';

const isUnfinished = ({ type, flags }: Frame): boolean =>
  (type === FRAME_TYPE.HEADERS || type === FRAME_TYPE.CONTINUATION) && (flags & FLAG.END_HEADERS) === 0;

const isHeaders = ({ type, payload }: Frame, least: number, most: number): boolean =>
  type === FRAME_TYPE.HEADERS && payload.length >= least && payload.length < most;

export default [
  {
    id: 'abuse/keeps-every-fragment',
    deviation:
      'The server keeps what a field block decodes to, 4 MiB for a fragment, although it is beyond every limit.',
    clause: 'RFC 9113 §10.5.1',
    fails: ['abuse/fragments-without-end'],
    seen: GROWN,
    server: keeps(next => isUnfinished(next) && next.payload.length > 10_000, 2 ** 22),
  },
  {
    id: 'abuse/decodes-what-it-refuses',
    deviation: 'The server decodes a field block to its end, although it is beyond every limit, and does nothing else.',
    clause: 'RFC 9113 §10.5.1',
    fails: ['abuse/fragments-in-huffman'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(next => isUnfinished(next) && next.payload.length > 10_000, 10),
  },
  {
    id: 'abuse/ends-with-half-a-block',
    deviation: 'The server ends when a connection with half a field block is lost.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/lost-in-a-field-block'],
    seen: UNSERVED,
    server: endsOf(next => isUnfinished(next) && next.type === FRAME_TYPE.CONTINUATION, 0),
  },
  {
    id: 'abuse/limits-what-comes-encoded',
    deviation: 'The server limits a field section by the octets that come, and keeps what it decodes to: 6 MiB.',
    clause: 'RFC 9113 §10.5.1',
    fails: ['abuse/entry-of-4000-octets', 'abuse/entry-of-one-octet', 'abuse/cookie-in-crumbs'],
    seen: GROWN,
    server: keeps(next => isHeaders(next, 3500, 20_000), 6 * 2 ** 20),
  },
  {
    id: 'abuse/keeps-evicted-entries',
    deviation: 'The server keeps entries that its table has dropped, 512 KiB with each.',
    clause: 'RFC 7541 §4.3',
    fails: ['abuse/table-turned-over'],
    seen: GROWN,
    server: keeps(next => isHeaders(next, 3500, 5000), 2 ** 19),
  },
  {
    id: 'abuse/copies-its-table',
    deviation: 'The server copies its table for each new size of it, and keeps the copies: 4 MiB for a block.',
    clause: 'RFC 7541 §4.2',
    fails: ['abuse/table-resized'],
    seen: GROWN,
    server: keeps(next => isHeaders(next, 5000, 20_000), 2 ** 22),
  },
] satisfies readonly GatewayFault[];
