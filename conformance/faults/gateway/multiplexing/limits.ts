/** Servers that count exchanges wrongly. */
import {
  ERROR_CODE,
  FRAME_TYPE,
  type Frame,
  parsePayload,
  rstStream,
  SETTING,
  settings,
} from '../../../../wire/index.ts';
import { damages } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';

/** Exchanges of an attempt from which on the server that counts too many gives up: below every limit that is usual. */
const MANY = 100;

export default [
  {
    id: 'multiplexing/refuses-with-cancel',
    deviation: 'The server refuses a request beyond the limit with CANCEL.',
    clause: 'MSGI-MODEL-12',
    fails: ['multiplexing/refused-beyond-the-limit', 'multiplexing/failed-applications-count-until-they-settle'],
    seen: /is not refused with REFUSED_STREAM: RST_STREAM CANCEL/,
    wire: damages((frame, payload) =>
      payload.type === 'RST_STREAM' && payload.code === ERROR_CODE.REFUSED_STREAM
        ? rstStream(frame.stream, 'CANCEL')
        : frame,
    ),
  },
  {
    id: 'multiplexing/refuses-and-calls',
    deviation: 'The server announces a limit of 8, calls the application on the ninth request, and refuses it then.',
    clause: 'MSGI-MODEL-12',
    fails: ['multiplexing/refused-beyond-the-limit', 'cancellation/refused-is-unseen'],
    seen: /the application (is|was) invoked on extra/,
    wire: link => {
      const limit = 8;
      const open = new Set<number>();
      const refused = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS && open.size >= limit) {
            refused.add(frame.stream);
            link.toClient(rstStream(frame.stream, 'REFUSED_STREAM'));
          } else if (frame.type === FRAME_TYPE.HEADERS) open.add(frame.stream);
          return [frame];
        },
        toClient: frame => {
          const payload = parsePayload(frame);
          const over = payload.type === 'RST_STREAM' || ('endStream' in payload && payload.endStream);
          if (over) open.delete(frame.stream);
          if (refused.has(frame.stream)) return [];
          if (payload.type !== 'SETTINGS' || payload.ack) return [frame];
          return [limited(payload.entries, limit)];
        },
      };
    },
  },
  {
    id: 'multiplexing/forgets-failed-exchanges',
    deviation: 'The server counts an exchange that has failed no more, though its application runs on.',
    clause: 'MSGI-MODEL-11',
    fails: ['multiplexing/failed-applications-count-until-they-settle'],
    seen: /the application is invoked on too-early/,
    wrap: app => x => {
      const failed = new Promise<void>(resolve => x.signal.addEventListener('abort', () => resolve()));
      return Promise.race([app(x), failed]) as Promise<void>;
    },
  },
  {
    id: 'multiplexing/counts-failed-exchanges-for-ever',
    deviation: 'The server counts an exchange that has failed also when its application has settled.',
    clause: 'MSGI-MODEL-11',
    fails: ['multiplexing/failed-applications-count-until-they-settle'],
    seen: /a request is refused where an application that failed has settled/,
    wire: link => {
      let failed = false;
      return {
        toServer: frame => {
          failed ||= frame.type === FRAME_TYPE.RST_STREAM;
          if (!failed || frame.type !== FRAME_TYPE.HEADERS) return [frame];
          link.toClient(rstStream(frame.stream, 'REFUSED_STREAM'));
          return [];
        },
      };
    },
  },
  {
    id: 'multiplexing/counts-applications-at-work',
    deviation: 'The server counts applications that work on after whole responses, and gives up what comes beyond.',
    clause: 'MSGI-MODEL-13',
    fails: ['multiplexing/applications-that-work-on-do-not-count'],
    seen: /^next: RST_STREAM/,
    wrap: app => {
      let running = 0;
      return async x => {
        if (running >= MANY) x.reset();
        running += 1;
        await app(x);
        running -= 1;
      };
    },
  },
] satisfies readonly GatewayFault[];

/** The server's SETTINGS with another limit. */
function limited(entries: readonly (readonly [number, number])[], limit: number): Frame {
  const { MAX_CONCURRENT_STREAMS } = SETTING;
  return settings([...entries.filter(([id]) => id !== MAX_CONCURRENT_STREAMS), [MAX_CONCURRENT_STREAMS, limit]]);
}
