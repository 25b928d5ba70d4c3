/** Servers that hold for a client what it does not take. */
import type { Sink } from '../../../spec/msgi.ts';
import { FRAME_TYPE, MAX_WINDOW } from '../../../wire/index.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { ForwardedSink, facing, withMembers } from '../gateway/wrap.ts';
import { busyWith, endsOf, GROWN, UNANSWERED, UNSERVED } from './servers.ts';

/** Octets of each response that the server below takes at once. */
const HOARD = 3 * 2 ** 20;

/** Takes so much of a response as fast as it is written. */
class Hoard extends ForwardedSink {
  #octets = 0;

  override write(chunk: Uint8Array | string): ReturnType<Sink['write']> {
    const own = Uint8Array.from(Buffer.from(chunk as Uint8Array));
    this.#octets += own.length;
    const taken = super.write(own);
    if (this.#octets > HOARD) return taken;
    Promise.resolve(taken).catch(() => {});
    return Promise.resolve() as ReturnType<Sink['write']>;
  }
}

export default [
  {
    id: 'abuse/schedules-for-an-octet',
    deviation: 'The server goes through all streams for each octet of credit, and so comes to nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/content-by-the-octet', 'abuse/pushed-content-by-the-octet'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(({ type, stream }) => type === FRAME_TYPE.WINDOW_UPDATE && stream !== 0, 900),
  },
  {
    id: 'abuse/takes-all-that-is-written',
    deviation: 'The server takes three MiB of each response into its memory, whatever the client takes.',
    clause: 'MSGI-FLOW-22',
    fails: ['abuse/windows-that-never-open'],
    seen: GROWN,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new Hoard(x.start(status, fields)) })),
  },
  {
    id: 'abuse/writes-until-it-is-read',
    deviation: 'The server writes until the transport has taken it, and meanwhile does nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/unread-responses'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(({ type }) => type === FRAME_TYPE.HEADERS, 40),
  },
  {
    id: 'abuse/recounts-every-window',
    deviation: 'The server counts all windows anew for each SETTINGS that moves them, and so comes to nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/windows-that-shut'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith((_, payload) => payload.type === 'SETTINGS' && payload.entries.length === 1, 150),
  },
  {
    id: 'abuse/ends-where-a-window-overflows',
    deviation: 'The server ends when the window of a connection overflows.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['abuse/windows-that-overflow'],
    seen: UNSERVED,
    server: endsOf((_, payload) => payload.type === 'WINDOW_UPDATE' && payload.increment === MAX_WINDOW, 0),
  },
] satisfies readonly GatewayFault[];
