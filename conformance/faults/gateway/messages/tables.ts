/** Servers that decode field blocks otherwise. */

import { parseBlock } from '../../../../wire/index.ts';
import { DeviantDecoder } from '../../deviant-decoder.ts';
import { endsConnection, mendsRequests, recode } from '../../fault.ts';
import { mapLines } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';

/** Two entries that stand one behind the other in the static table. */
const EXCHANGED: Readonly<Record<string, string>> = {
  'if-range': 'if-unmodified-since',
  'if-unmodified-since': 'if-range',
};

export default [
  {
    id: 'messages/static-table-with-a-slip',
    deviation: "The static table has entries 42 and 43 in each other's place.",
    clause: 'RFC 7541 Appendix A',
    fails: ['messages/static-table'],
    seen: /lines of names is /,
    wire: mendsRequests(({ fields }) => mapLines(fields, (name, value) => [EXCHANGED[name] ?? name, value])),
  },
  {
    id: 'messages/static-table-of-requests',
    deviation: 'The server takes an entry of the static table that no request has for none at all.',
    clause: 'RFC 7541 §2.3.1',
    fails: ['messages/static-entries-of-no-request'],
    seen: /entry 8 is a decoding error/,
    wire: endsConnection(
      'COMPRESSION_ERROR',
      (_, payload) =>
        payload.type === 'HEADERS' &&
        parseBlock(payload.fragment).instructions.some(one => one.kind === 'indexed' && one.index === 8),
    ),
  },
  {
    id: 'messages/table-upside-down',
    deviation: 'The server counts the entries of its table from the oldest.',
    clause: 'RFC 7541 §2.3.3',
    fails: ['messages/order-of-mixed-forms'],
    seen: /fields of a is /,
    wire: () => ({ toServer: recode(undefined, () => new DeviantDecoder({ order: 'oldest' })) }),
  },
  {
    id: 'messages/inserts-without-indexing',
    deviation: 'The server inserts literals without indexing.',
    clause: 'RFC 7541 §6.2.2',
    fails: ['messages/what-is-not-inserted'],
    seen: /without-referred is no error of the connection/,
    wire: () => ({
      toServer: recode(undefined, () => new DeviantDecoder({ inserts: ['incremental', 'without'] })),
    }),
  },
] satisfies readonly GatewayFault[];
