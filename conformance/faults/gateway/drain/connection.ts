/** Servers that drain a connection in a wrong way. */
import type { Connection, Exchange, Notice } from '../../../../spec/msgi.ts';
import { FRAME_TYPE, type Frame, goaway, type Payload, rstStream } from '../../../../wire/index.ts';
import { damages, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { deaf, facing, withMembers } from '../wrap.ts';

/** The exchange with some members of its connection in place of its own. */
const connected = (x: Exchange, members: PropertyDescriptorMap): Exchange =>
  withMembers(x, { connection: Object.create(x.connection, members) as Connection });

/** What the client sends once the server has said GOAWAY `count` times. */
const behindGoaway =
  (count: number, matches: (frame: Frame) => boolean, instead: (frame: Frame) => readonly Frame[] = () => []): Wire =>
  link => {
    let said = 0;
    return {
      toClient: frame => {
        if (frame.type === FRAME_TYPE.GOAWAY) said += 1;
        return [frame];
      },
      toServer: frame => {
        if (said < count || !matches(frame)) return [frame];
        link.toClient(...instead(frame));
        return [];
      },
    };
  };

/** GOAWAY frames of the server, each with its number from 1. */
const goaways = (change: (frame: Frame, count: number, lastStream: number) => readonly Frame[]): Wire => {
  return link => {
    let count = 0;
    return damages((frame: Frame, payload: Payload) => {
      if (payload.type !== 'GOAWAY') return frame;
      count += 1;
      return change(frame, count, payload.lastStream);
    })(link);
  };
};

/** Streams that the client has opened since the first GOAWAY, and what it says on them. */
const crossing = (): ((frame: Frame) => boolean) => {
  const opened = new Set<number>();
  return frame => {
    if (frame.type === FRAME_TYPE.HEADERS) opened.add(frame.stream);
    return opened.has(frame.stream);
  };
};

export default [
  {
    id: 'drain/tells-no-exchange',
    deviation: 'The server tells no exchange of a drain.',
    clause: 'MSGI-SPAN-8',
    fails: ['drain/every-exchange-of-the-connection-is-told'],
    seen: /waited for the application to report "drain" of held-1/,
    waits: true,
    wrap: deaf,
  },
  {
    id: 'drain/drains-every-connection',
    deviation: 'The server drains all connections when one is to be drained.',
    clause: 'MSGI-SPAN-14',
    fails: ['drain/every-exchange-of-the-connection-is-told'],
    seen: /an exchange of another connection is told/,
    wrap: app => {
      const known = new Set<Connection>();
      const drain = (): void => {
        for (const one of known) one.drain();
      };
      return x => {
        known.add(x.connection);
        return app(connected(x, { drain: { value: drain } }));
      };
    },
  },
  {
    id: 'drain/draining-when-told',
    deviation: 'The member connection.draining stays false.',
    clause: 'MSGI-SPAN-16',
    fails: ['drain/draining-from-the-begin'],
    seen: /after of drains is false, not true/,
    wrap: facing(x => connected(x, { draining: { get: () => false } })),
  },
  {
    id: 'drain/tells-again',
    deviation: 'Every drain() tells the exchanges.',
    clause: 'MSGI-SPAN-17',
    fails: ['drain/a-second-drain-does-nothing'],
    seen: /held is told 2 times/,
    wrap: app => {
      const listeners = new Set<(notice: Notice) => void>();
      return x => {
        const drain = (): void => {
          if (x.connection.draining) for (const listener of listeners) listener({ type: 'drain' });
          else x.connection.drain();
        };
        const watch = (listener: (notice: Notice) => void): (() => void) => {
          listeners.add(listener);
          return x.watch(listener);
        };
        return app(withMembers(connected(x, { drain: { value: drain } }), { watch }));
      };
    },
  },
  {
    id: 'drain/says-it-again',
    deviation: 'Every drain() sends GOAWAY.',
    clause: 'MSGI-SPAN-17',
    fails: ['drain/a-second-drain-does-nothing'],
    seen: /2 GOAWAY frames that name no stream/,
    wire: goaways((frame, count) => (count === 1 ? [frame, frame] : [frame])),
  },
  {
    id: 'drain/names-a-stream-at-once',
    deviation: 'The first GOAWAY of a drain names the last stream so far.',
    clause: 'MSGI-SPAN-9',
    fails: ['drain/goaway-ping-goaway'],
    seen: /the first GOAWAY has last stream 7/,
    wire: goaways((frame, count) => [count === 1 ? goaway(7, 'NO_ERROR') : frame]),
  },
  {
    id: 'drain/names-a-stream-in-the-first-goaway',
    deviation: 'A graceful shutdown begins with a GOAWAY that names the last stream so far.',
    clause: 'RFC 9113 §6.8',
    fails: ['drain/first-goaway-names-no-stream'],
    seen: /the first GOAWAY has NO_ERROR and the last stream 7/,
    grade: 'weak',
    wire: goaways((frame, count) => [count === 1 ? goaway(7, 'NO_ERROR') : frame]),
  },
  {
    id: 'drain/asks-before-it-tells',
    deviation: 'The server sends the PING of a drain before its GOAWAY.',
    clause: 'MSGI-SPAN-9',
    fails: ['drain/goaway-ping-goaway'],
    seen: /no PING comes behind the first GOAWAY/,
    wire: () => {
      let told: Frame | null = null;
      let asked = false;
      return {
        toClient: frame => {
          if (frame.type === FRAME_TYPE.GOAWAY && told === null) {
            told = frame;
            return [];
          }
          if (told === null || asked || frame.type !== FRAME_TYPE.PING) return [frame];
          asked = true;
          return [frame, told];
        },
      };
    },
  },
  {
    id: 'drain/does-not-wait-for-the-acknowledgement',
    deviation: 'The server sends both GOAWAY frames at once.',
    clause: 'MSGI-SPAN-9',
    fails: ['drain/goaway-ping-goaway', 'drain/last-goaway-without-an-acknowledgement'],
    seen: /comes before the acknowledgement of PING|comes \d+ ms behind the request to drain, without an acknowledgement/,
    wire: () => {
      let said = false;
      let last = 0;
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) last = Math.max(last, frame.stream);
          return [frame];
        },
        toClient: frame => {
          if (frame.type === FRAME_TYPE.PING && said) return [frame, goaway(last, 'NO_ERROR')];
          if (frame.type === FRAME_TYPE.GOAWAY && said) return [];
          said ||= frame.type === FRAME_TYPE.GOAWAY;
          return [frame];
        },
      };
    },
  },
  {
    id: 'drain/refuses-what-crosses',
    deviation: 'The server refuses requests from its first GOAWAY on.',
    clause: 'MSGI-SPAN-10',
    fails: ['drain/requests-before-the-last-goaway-are-served'],
    seen: /late-1: RST_STREAM REFUSED_STREAM/,
    wire: link => behindGoaway(1, crossing(), ({ stream }) => [rstStream(stream, 'REFUSED_STREAM')])(link),
  },
  {
    id: 'drain/cancels-at-once',
    deviation: 'The server cancels the exchanges of a connection when its drain begins.',
    clause: 'MSGI-SPAN-11',
    fails: ['drain/exchanges-go-on'],
    seen: /upload: RST_STREAM CANCEL/,
    wrap: facing(x => {
      x.watch(({ type }) => {
        if (type === 'drain' && x.request.method === 'POST') x.reset(8);
      });
      return x;
    }),
  },
  {
    id: 'drain/loses-what-crosses',
    deviation: 'The server counts a request that crosses its GOAWAY as taken, and forgets it.',
    clause: 'RFC 9113 §6.8',
    fails: ['drain/a-racing-request-has-its-answer'],
    seen: /the racing request on stream \d+ has no answer/,
    grade: 'weak',
    waits: true,
    wire: () => {
      let asked = 0;
      let racing = 0;
      return {
        toServer: frame => {
          if (frame.type !== FRAME_TYPE.HEADERS) return [frame];
          asked += 1;
          // Behind the two of the positive control and the one that drains.
          if (asked < 4) return [frame];
          racing = frame.stream;
          return [];
        },
        toClient: frame => [frame.type === FRAME_TYPE.GOAWAY && racing > 0 ? goaway(racing, 'NO_ERROR') : frame],
      };
    },
  },
  {
    id: 'drain/ignores-fields-behind-goaway',
    deviation: 'The server does not decode field blocks of streams above the last one of its GOAWAY.',
    clause: 'RFC 9113 §6.8',
    fails: ['drain/ignored-headers-update-the-table'],
    seen: /GOAWAY COMPRESSION_ERROR for what is ignored/,
    wire: link => {
      const crosses = crossing();
      return behindGoaway(2, frame => (frame.stream < 9 ? false : crosses(frame)))(link);
    },
  },
  {
    id: 'drain/ignores-data-behind-goaway',
    deviation: 'The server gives no credit back for DATA of streams above the last one of its GOAWAY.',
    clause: 'RFC 9113 §6.8',
    fails: ['drain/ignored-data-counts-for-the-connection'],
    seen: /waited for credit for DATA that was ignored/,
    waits: true,
    wire: link => behindGoaway(2, crossing())(link),
  },
] satisfies readonly GatewayFault[];
