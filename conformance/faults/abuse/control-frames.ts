/** Servers that do too much for frames that cost a client nothing. */
import { FRAME_TYPE } from '../../../wire/index.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { busyWith, endsOf, GROWN, keeps, ofType, UNANSWERED, UNSERVED } from './servers.ts';

/** Above every stream that a case opens. */
const HIGH = 100_000;

export default [
  {
    id: 'abuse/lost-in-replies',
    deviation:
      'The server waits, behind a thousand acknowledgements, for the client to read them, and does nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/unread-pings', 'abuse/unread-settings'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith((_, payload) => (payload.type === 'PING' || payload.type === 'SETTINGS') && !payload.ack, 1000),
  },
  {
    id: 'abuse/compares-every-setting',
    deviation: 'The server compares each entry of SETTINGS with all others, and so is busy with large frames.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/settings-of-many-entries'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith((_, payload) => payload.type === 'SETTINGS' && payload.entries.length > 1000, 2),
  },
  {
    id: 'abuse/copies-every-window',
    deviation: 'The server keeps the windows of all streams, 64 KiB of them, for each SETTINGS that moves them.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/window-seesaw'],
    seen: GROWN,
    server: keeps((_, payload) => payload.type === 'SETTINGS' && payload.entries.length === 1, 2 ** 18),
  },
  {
    id: 'abuse/lost-in-the-tree',
    deviation: 'The server walks through its whole tree for each PRIORITY, and so comes to nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/priority-churn', 'abuse/priority-chain'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(ofType(FRAME_TYPE.PRIORITY), 900),
  },
  {
    id: 'abuse/ends-in-a-circle',
    deviation: 'The server follows dependencies in a circle until its stack is full, and ends.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/priority-cycles'],
    seen: UNSERVED,
    server: endsOf(({ stream }, payload) => payload.type === 'PRIORITY' && payload.dependency > stream, 0),
  },
  {
    id: 'abuse/keeps-every-priority',
    deviation: 'The server keeps what PRIORITY_UPDATE says of streams that are idle, with 256 KiB for each.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/priority-update-churn', 'abuse/priority-updates-in-turn'],
    seen: GROWN,
    server: keeps(ofType(FRAME_TYPE.PRIORITY_UPDATE), 2 ** 18),
  },
  {
    id: 'abuse/schedules-for-every-octet',
    deviation: 'The server goes through all that waits for each WINDOW_UPDATE, and so comes to nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/credit-by-the-octet'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(({ type, stream }) => type === FRAME_TYPE.WINDOW_UPDATE && stream === 0, 1000),
  },
  {
    id: 'abuse/ends-at-unknown-types',
    deviation: 'The server has no reader for frames of the type 0x0f, and ends when it calls it.',
    clause: 'RFC 9113 §5.5',
    fails: ['abuse/frames-of-every-type'],
    seen: UNSERVED,
    server: endsOf(ofType(0x0f), 0),
  },
  {
    id: 'abuse/drains-all-at-goaway',
    deviation: 'The server ends all its connections when one client says GOAWAY twice.',
    clause: 'RFC 9113 §6.8',
    fails: ['abuse/goaway-again-and-again'],
    seen: UNSERVED,
    server: endsOf(ofType(FRAME_TYPE.GOAWAY), 1),
  },
  {
    id: 'abuse/looks-for-every-reset',
    deviation:
      'The server looks for the stream of each RST_STREAM among all that there ever were, and does nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/resets-of-the-same-stream'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(({ type, stream }) => type === FRAME_TYPE.RST_STREAM && stream < HIGH, 400),
  },
] satisfies readonly GatewayFault[];
