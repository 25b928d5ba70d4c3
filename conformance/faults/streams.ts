/** Servers that are wrong about stream states, identifiers and concurrency (RFC 9113 §5.1). */
import {
  ERROR_CODE,
  FLAG,
  FRAME_TYPE,
  type Frame,
  latin1Text,
  parsePayload,
  rstStream,
  SETTING,
  settings,
} from '../../wire/index.ts';
import { damages, endsConnection, type Fault, hides, type Wire } from './fault.ts';

const ends = ({ type, flags }: Frame): boolean =>
  (type === FRAME_TYPE.DATA || type === FRAME_TYPE.HEADERS) && (flags & FLAG.END_STREAM) !== 0;

const { MAX_CONCURRENT_STREAMS } = SETTING;

/** Takes frames of that kind for a connection error once the stream was answered, and asks nobody to stop. */
function closesWhenAnswered(...types: readonly number[]): Wire {
  return link => {
    const answered = new Set<number>();
    const filters = endsConnection('STREAM_CLOSED', f => types.includes(f.type) && answered.has(f.stream))(link);
    return {
      ...filters,
      toClient: frame => {
        if (frame.type === FRAME_TYPE.RST_STREAM && answered.has(frame.stream)) return [];
        if (ends(frame)) answered.add(frame.stream);
        return filters.toClient?.(frame) ?? [frame];
      },
    };
  };
}

/** Serves requests on spent identifiers: the sound server behind it sees them under numbers of its own. */
function serves(spent: 'lower' | 'used'): Wire {
  return () => {
    const theirs = new Map<number, number>();
    const ours = new Map<number, number>();
    let [highest, next] = [0, 1];
    const opens = ({ type, stream }: Frame): boolean =>
      type === FRAME_TYPE.HEADERS && (stream > highest || theirs.has(stream) === (spent === 'used'));
    return {
      toServer: frame => {
        if (opens(frame)) {
          highest = Math.max(highest, frame.stream);
          theirs.set(frame.stream, next);
          ours.set(next, frame.stream);
          next += 2;
        }
        return [{ ...frame, stream: theirs.get(frame.stream) ?? frame.stream }];
      },
      toClient: frame => [{ ...frame, stream: ours.get(frame.stream) ?? frame.stream }],
    };
  };
}

interface Counter {
  opened(): void;
  ended(refused: boolean): void;
  full(limit: number): boolean;
}

/** Refuses new streams by a count of its own, whatever the server behind it would do. */
function miscounts(counting: () => Counter): Wire {
  return link => {
    const counter = counting();
    const open = new Set<number>();
    let limit = Number.POSITIVE_INFINITY;
    const close = (frame: Frame, refused: boolean): void => {
      if (open.delete(frame.stream)) counter.ended(refused);
    };
    return {
      toServer: frame => {
        if (frame.type === FRAME_TYPE.RST_STREAM) close(frame, false);
        if (frame.type !== FRAME_TYPE.HEADERS || open.has(frame.stream)) return [frame];
        if (counter.full(limit)) {
          link.toClient(rstStream(frame.stream, 'REFUSED_STREAM'));
          return [];
        }
        open.add(frame.stream);
        counter.opened();
        return [frame];
      },
      toClient: frame => {
        const payload = parsePayload(frame);
        if (payload.type === 'SETTINGS') limit = new Map(payload.entries).get(MAX_CONCURRENT_STREAMS) ?? limit;
        if (payload.type === 'RST_STREAM') close(frame, payload.code === ERROR_CODE.REFUSED_STREAM);
        else if (ends(frame)) close(frame, false);
        return [frame];
      },
    };
  };
}

export default [
  {
    id: 'streams/ignores-window-update-on-even-streams',
    deviation: 'The server ignores WINDOW_UPDATE on even streams that it never promised.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/window-update-on-never-promised-stream'],
    seen: /the connection lives on/,
    wire: () => ({
      toServer: frame =>
        frame.type === FRAME_TYPE.WINDOW_UPDATE && frame.stream > 0 && frame.stream % 2 === 0 ? [] : [frame],
    }),
  },
  {
    id: 'streams/drops-frames-behind-end-stream',
    deviation: 'The server drops DATA and HEADERS on streams that the client has ended.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/headers-after-end-stream', 'data/after-end-stream'],
    seen: /no reaction within/,
    wire: () => {
      const ended = new Set<number>();
      return {
        toServer: frame => {
          const late = ended.has(frame.stream) && (frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS);
          if (ends(frame)) ended.add(frame.stream);
          return late ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'streams/refuses-unknown-frames',
    deviation: 'The server takes a frame of unknown type on a stream for a connection error.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/unknown-frames-in-every-state'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', ({ stream }, { type }) => type === 'unknown' && stream > 0),
  },
  {
    id: 'streams/refuses-late-frames',
    deviation:
      'The server takes WINDOW_UPDATE and RST_STREAM right behind the end of a response for connection errors.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/late-window-update-and-reset'],
    seen: /GOAWAY STREAM_CLOSED/,
    wire: closesWhenAnswered(FRAME_TYPE.WINDOW_UPDATE, FRAME_TYPE.RST_STREAM),
  },
  {
    id: 'streams/refuses-rest-of-request',
    deviation: 'The server takes content that follows its own response for a connection error.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/rest-of-request-after-early-answer'],
    seen: /GOAWAY STREAM_CLOSED/,
    wire: closesWhenAnswered(FRAME_TYPE.DATA),
  },
  {
    id: 'streams/keeps-credit-of-reset-streams',
    deviation: 'The server gives no credit back once DATA came on a stream that it has reset.',
    clause: 'RFC 9113 §5.1',
    fails: ['streams/data-after-reset-costs-no-window'],
    seen: /credit for the DATA on streams that were reset/,
    wire: () => {
      let reset = false;
      return {
        toClient: frame => {
          if (frame.type === FRAME_TYPE.RST_STREAM) reset = true;
          return reset && frame.type === FRAME_TYPE.WINDOW_UPDATE && frame.stream === 0 ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'streams/serves-lower-identifiers',
    deviation: 'The server serves requests on identifiers that were passed over.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['streams/lower-identifier'],
    seen: /the request on stream 5 is served/,
    wire: serves('lower'),
  },
  {
    id: 'streams/serves-used-identifiers',
    deviation: 'The server serves a request on the identifier of a stream that is over.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['streams/used-identifier'],
    seen: /the request on stream 1 is served/,
    wire: serves('used'),
  },
  {
    id: 'streams/wants-every-identifier',
    deviation: 'The server takes a request that leaves an identifier out for a connection error.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['streams/skipped-identifiers'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: link => {
      let expected = 1;
      return endsConnection('PROTOCOL_ERROR', ({ type, stream }) => {
        if (type !== FRAME_TYPE.HEADERS) return false;
        const skips = stream > expected;
        if (stream === expected) expected += 2;
        return skips;
      })(link);
    },
  },
  {
    id: 'streams/takes-thirty-bits',
    deviation: 'The server takes stream identifiers from 2^30 on for a connection error.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['streams/whole-range-of-identifiers'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', ({ stream }) => stream >= 2 ** 30),
  },
  {
    id: 'streams/takes-one-above-the-limit',
    deviation: 'The server takes one stream more than its SETTINGS_MAX_CONCURRENT_STREAMS says.',
    clause: 'RFC 9113 §5.1.2',
    fails: ['streams/one-above-the-limit'],
    seen: /the stream is served/,
    wire: damages((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.map(([id, value]) => [id, id === MAX_CONCURRENT_STREAMS ? value - 1 : value]))
        : frame,
    ),
  },
  {
    id: 'streams/counts-ended-streams',
    deviation: 'Streams that have ended go on to count for SETTINGS_MAX_CONCURRENT_STREAMS.',
    clause: 'RFC 9113 §5.1.2',
    fails: ['streams/ended-streams-free-their-slot'],
    seen: /RST_STREAM REFUSED_STREAM/,
    wire: miscounts(() => {
      let all = 0;
      return {
        opened: () => {
          all += 1;
        },
        ended: () => {},
        full: limit => all >= limit,
      };
    }),
  },
  {
    id: 'streams/counts-refused-streams',
    deviation: 'Streams that were refused go on to count for SETTINGS_MAX_CONCURRENT_STREAMS.',
    clause: 'RFC 9113 §5.1.2',
    fails: ['streams/refused-streams-take-no-slot'],
    seen: /RST_STREAM REFUSED_STREAM/,
    wire: miscounts(() => {
      let [active, refused] = [0, 0];
      return {
        opened: () => {
          active += 1;
        },
        ended: wasRefused => {
          if (wasRefused) refused += 1;
          else active -= 1;
        },
        full: limit => refused > 0 && active >= limit,
      };
    }),
  },
  {
    id: 'streams/even-requests-not-noticed',
    deviation: 'The server drops requests on even streams.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['streams/request-on-even-stream'],
    seen: /the connection lives on/,
    wire: hides(({ type, stream }) => type === FRAME_TYPE.HEADERS && stream > 0 && stream % 2 === 0),
  },
  {
    id: 'streams/one-upload-at-a-time',
    deviation: 'The server takes DATA for the content of the request that came last.',
    clause: 'RFC 9113 §5',
    fails: ['streams/interleaved-uploads'],
    seen: /stream \d+: (status 400|RST_STREAM)/,
    wire: () => {
      let last = 0;
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) last = frame.stream;
          return [frame.type === FRAME_TYPE.DATA && last > 3 ? { ...frame, stream: last } : frame];
        },
      };
    },
  },
  {
    id: 'streams/in-the-order-of-requests',
    deviation: 'The server sends responses one after the other, in the order of their requests.',
    clause: 'RFC 9113 §2',
    grade: 'weak',
    fails: ['streams/stalled-stream-holds-no-other'],
    seen: /waits although its window is open/,
    wire: hides((frame, payload) => payload.type === 'WINDOW_UPDATE' && frame.stream > 5),
  },
  {
    id: 'streams/ends-at-late-credit',
    deviation: 'The server ends the connection when a response that has waited gets credit.',
    clause: 'RFC 9113 §6.9',
    fails: ['streams/stalled-stream-holds-no-other'],
    seen: /stream \d+: .*GOAWAY FLOW_CONTROL_ERROR/,
    wire: endsConnection('FLOW_CONTROL_ERROR', ({ type, stream }) => type === FRAME_TYPE.WINDOW_UPDATE && stream > 5),
  },
  {
    id: 'streams/one-authority',
    deviation: 'The server takes a second authority on a connection for an error of the connection.',
    clause: 'RFC 9113 §9.1.1',
    fails: ['streams/several-authorities'],
    seen: /ends the connection/,
    wire: endsConnection(
      'PROTOCOL_ERROR',
      ({ type, payload }) => type === FRAME_TYPE.HEADERS && latin1Text(payload).includes('another.invalid'),
    ),
  },
] satisfies readonly Fault[];
