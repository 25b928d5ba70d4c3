/** Servers that are wrong about SETTINGS. */
import {
  FLAG,
  FRAME_TYPE,
  MAX_WINDOW,
  parsePayload,
  rstStream,
  SETTING,
  settingError,
  settings,
} from '../../wire/index.ts';
import { alters, damages, endsConnection, type Fault, hides } from './fault.ts';

const SETTING_IDS = new Set<number>(Object.values(SETTING));

export default [
  {
    id: 'settings/takes-ack-with-payload',
    deviation: 'The server takes a SETTINGS acknowledgement with a payload as if it were empty.',
    clause: 'RFC 9113 §6.5',
    fails: ['settings/ack-with-payload'],
    seen: /the connection lives on/,
    wire: hides(
      ({ type, flags, payload }) => type === FRAME_TYPE.SETTINGS && (flags & FLAG.ACK) !== 0 && payload.length > 0,
    ),
  },
  {
    id: 'settings/acknowledges-twice',
    deviation: 'The server acknowledges every SETTINGS frame twice.',
    clause: 'RFC 9113 §6.5.3',
    fails: ['settings/each-acknowledged-once'],
    seen: /\d+ acknowledgements/,
    wire: damages((frame, payload) => (payload.type === 'SETTINGS' && payload.ack ? [frame, frame] : frame)),
  },
  {
    id: 'settings/only-between-responses',
    deviation: 'The server takes SETTINGS for an error while a response is under way.',
    clause: 'RFC 9113 §6.5',
    fails: ['settings/any-time'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    why: 'Many cases change a setting while they hold a response back.',
    wire: link => {
      let running = 0;
      const filters = endsConnection('PROTOCOL_ERROR', frame => {
        if (frame.type === FRAME_TYPE.HEADERS) running += 1;
        return running > 0 && frame.type === FRAME_TYPE.SETTINGS && (frame.flags & FLAG.ACK) === 0;
      })(link);
      return {
        ...filters,
        toClient: frame => {
          const carriesEnd = frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS;
          if (carriesEnd && (frame.flags & FLAG.END_STREAM) !== 0) running -= 1;
          return filters.toClient?.(frame) ?? [frame];
        },
      };
    },
  },
  {
    id: 'settings/drops-what-is-no-whole-setting',
    deviation: 'The server reads settings as long as six octets are left and drops the rest.',
    clause: 'RFC 9113 §6.5',
    fails: ['settings/length-not-of-whole-settings'],
    seen: /the connection lives on.*SETTINGS is acknowledged/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.SETTINGS
        ? { ...frame, payload: frame.payload.subarray(0, frame.payload.length - (frame.payload.length % 6)) }
        : frame,
    ),
  },
  {
    id: 'settings/checks-no-values',
    deviation: 'The server takes settings out of range, as if they had not been sent.',
    clause: 'RFC 9113 §6.5.2',
    fails: [
      'settings/enable-push-of-2',
      'settings/window-above-maximum',
      'settings/frame-size-below-minimum',
      'settings/frame-size-above-maximum',
    ],
    seen: /the connection lives on.*SETTINGS is acknowledged/,
    wire: alters((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.filter(([id, value]) => settingError(id, value) === null))
        : frame,
    ),
  },
  {
    id: 'settings/largest-window-is-too-large',
    deviation: 'The server takes INITIAL_WINDOW_SIZE for out of range from 2^31-1 on, where it is from 2^31 on.',
    clause: 'RFC 9113 §6.5.2',
    fails: ['settings/largest-values'],
    seen: /GOAWAY FLOW_CONTROL_ERROR/,
    wire: endsConnection(
      'FLOW_CONTROL_ERROR',
      (_, payload) =>
        payload.type === 'SETTINGS' &&
        payload.entries.some(([id, value]) => id === SETTING.INITIAL_WINDOW_SIZE && value === MAX_WINDOW),
    ),
  },
  {
    id: 'settings/stops-at-unknown',
    deviation: 'The server reads a SETTINGS frame up to the first setting that it does not know.',
    clause: 'RFC 9113 §6.5.2',
    fails: ['settings/unknown-ids'],
    seen: /octets of DATA where the window is 1000/,
    wire: alters((frame, payload) => {
      if (payload.type !== 'SETTINGS' || payload.ack) return frame;
      const known = payload.entries.map(([id]) => SETTING_IDS.has(id));
      return settings(payload.entries.slice(0, known.includes(false) ? known.indexOf(false) : known.length));
    }),
  },
  {
    id: 'settings/refuses-unknown',
    deviation: 'The server takes a setting that it does not know for an error.',
    clause: 'RFC 9113 §6.5.2',
    fails: ['settings/unknown-ids'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection(
      'PROTOCOL_ERROR',
      (_, payload) => payload.type === 'SETTINGS' && payload.entries.some(([id]) => !SETTING_IDS.has(id)),
    ),
  },
  {
    id: 'settings/stream-not-looked-at',
    deviation: 'The server does not look at the stream identifier of SETTINGS.',
    clause: 'RFC 9113 §6.5',
    fails: ['settings/on-idle-stream', 'settings/on-open-stream', 'settings/ack-on-stream'],
    seen: /the connection lives on/,
    wire: alters(frame => (frame.type === FRAME_TYPE.SETTINGS ? { ...frame, stream: 0 } : frame)),
  },
  {
    id: 'settings/no-streams-means-no-requests',
    deviation: 'The server refuses requests of a client that allows it no streams.',
    clause: 'RFC 9113 §6.5.2',
    fails: ['settings/no-streams-for-the-server'],
    seen: /RST_STREAM/,
    wire: link => {
      let none = false;
      let requests = 0;
      return {
        toServer: frame => {
          const payload = parsePayload(frame);
          if (payload.type === 'SETTINGS') none ||= payload.entries.some(([id, value]) => id === 3 && value === 0);
          if (payload.type === 'HEADERS') requests += 1;
          if (payload.type !== 'HEADERS' || !none || requests < 3) return [frame];
          link.toClient(rstStream(frame.stream, 'REFUSED_STREAM'));
          return [];
        },
      };
    },
  },
  {
    id: 'settings/never-opens',
    deviation: 'The server allows no stream, and leaves it at that.',
    clause: 'RFC 9113 §6.5.2',
    fails: ['settings/no-streams-only-briefly'],
    seen: /allows no stream for/,
    grade: 'weak',
    wire: damages((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings([...payload.entries, [SETTING.MAX_CONCURRENT_STREAMS, 0]])
        : frame,
    ),
  },
] satisfies readonly Fault[];
