/** Servers that make something of frames that carry nothing. */
import { data, FRAME_TYPE } from '../../../wire/index.ts';
import { alters } from '../fault.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { busyWith, endsOf, GROWN, keeps, ofType, UNANSWERED, UNSERVED } from './servers.ts';

/** Octets of HEADERS beyond which a block is large. */
const LARGE = 4500;

export default [
  {
    id: 'abuse/makes-content-of-nothing',
    deviation: 'The server takes DATA without content for an octet, and gives it to the application.',
    clause: 'MSGI-DATA-8',
    fails: ['abuse/empty-data'],
    seen: /the application is given \d+ chunks of no content at all/,
    wire: alters((next, payload) =>
      payload.type === 'DATA' && payload.content.length === 0 && !payload.endStream ? data(next.stream, '0') : next,
    ),
  },
  {
    id: 'abuse/keeps-padding',
    deviation: 'The server keeps a MiB for each frame of padding.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/padding-alone'],
    seen: GROWN,
    server: keeps((_, payload) => payload.type === 'DATA' && payload.padding !== null, 2 ** 20),
  },
  {
    id: 'abuse/counts-no-fragments',
    deviation: 'The server begins anew with a field block for each of its fragments, and so comes to nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/empty-fragments', 'abuse/fragments-of-one-octet'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(ofType(FRAME_TYPE.CONTINUATION), 500),
  },
  {
    id: 'abuse/keeps-nameless-fields',
    deviation: 'The server keeps each field until it ends, with a KiB for it, although it has no name.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/fields-without-a-name'],
    seen: GROWN,
    server: keeps(({ type, payload }) => type === FRAME_TYPE.HEADERS && payload.length > LARGE, 3 * 2 ** 20),
  },
  {
    id: 'abuse/ends-at-empty-trailers',
    deviation: 'The server looks at the first field of a trailer section that has none, and ends.',
    clause: 'RFC 9113 §8.1',
    fails: ['abuse/trailers-of-nothing'],
    seen: UNSERVED,
    server: endsOf(({ type, payload }) => type === FRAME_TYPE.HEADERS && payload.length === 0, 0),
  },
] satisfies readonly GatewayFault[];
