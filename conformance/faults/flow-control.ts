/** Servers that are wrong about flow control (RFC 9113 §5.2, §6.9). */
import {
  DEFAULT_WINDOW,
  type ErrorCode,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  INITIAL_SETTINGS,
  MAX_WINDOW,
  type Payload,
  parsePayload,
  rstStream,
  SETTING,
  settings,
  windowUpdate,
} from '../../wire/index.ts';
import { alters, type Fault, hides, type Link, type Wire } from './fault.ts';

const EDGE = 'every case that brings a response to the edge of its window shows it';

const EVERY_RESPONSE =
  'a request without content has ended before its response gets credit, in every case about windows';

const OVERRUN = /\d+ octets of DATA on stream \d+ with a (stream|connection) window of -?\d+/;

const STUCK = /waited for more of the response/;

const NO_CREDIT = /waited for credit/;

/** The windows of responses as the server behind the fault keeps them, by what passes. */
class Windows {
  initial: number = INITIAL_SETTINGS.INITIAL_WINDOW_SIZE;
  connection = DEFAULT_WINDOW;
  readonly running = new Map<number, number>();

  toServer(frame: Frame, payload: Payload): void {
    if (payload.type === 'HEADERS' && !this.running.has(frame.stream)) this.running.set(frame.stream, this.initial);
    else if (payload.type === 'RST_STREAM') this.running.delete(frame.stream);
    else if (payload.type === 'SETTINGS') this.#settings(payload.entries);
    else if (payload.type === 'WINDOW_UPDATE' && frame.stream === 0) this.connection += payload.increment;
    else if (payload.type === 'WINDOW_UPDATE') this.#add(frame.stream, payload.increment);
  }

  toClient(frame: Frame, payload: Payload): void {
    if (payload.type === 'DATA') {
      this.connection -= frame.payload.length;
      this.#add(frame.stream, -frame.payload.length);
    }
    if (payload.type === 'RST_STREAM' || ends(frame)) this.running.delete(frame.stream);
  }

  #settings(entries: readonly (readonly [number, number])[]): void {
    for (const [id, value] of entries) {
      if (id !== SETTING.INITIAL_WINDOW_SIZE) continue;
      for (const stream of this.running.keys()) this.#add(stream, value - this.initial);
      this.initial = value;
    }
  }

  #add(stream: number, octets: number): void {
    const window = this.running.get(stream);
    if (window !== undefined) this.running.set(stream, window + octets);
  }
}

function ends({ type, flags }: Frame): boolean {
  return (type === FRAME_TYPE.DATA || type === FRAME_TYPE.HEADERS) && (flags & FLAG.END_STREAM) !== 0;
}

/** A fault that must know the windows: `change` sees them as they were before the frame of the client. */
function watches(change: (frame: Frame, payload: Payload, windows: Windows, link: Link) => readonly Frame[]): Wire {
  return link => {
    const windows = new Windows();
    return {
      toServer(frame) {
        const payload = parsePayload(frame);
        const passed = change(frame, payload, windows, link);
        windows.toServer(frame, payload);
        return passed;
      },
      toClient(frame) {
        windows.toClient(frame, parsePayload(frame));
        return [frame];
      },
    };
  };
}

/** The last INITIAL_WINDOW_SIZE of a SETTINGS frame. */
function initialIn(payload: Payload): number | undefined {
  if (payload.type !== 'SETTINGS') return undefined;
  return payload.entries.findLast(([id]) => id === SETTING.INITIAL_WINDOW_SIZE)?.[1];
}

/** The SETTINGS frame without the entries that `matches`. */
function without(payload: Payload, matches: (id: number, value: number) => boolean): Frame {
  const entries = payload.type === 'SETTINGS' ? payload.entries : [];
  return settings(entries.filter(([id, value]) => !matches(id, value)));
}

/** The entries of a SETTINGS frame; none of any other. */
function entriesOf(frame: Frame): readonly (readonly [number, number])[] {
  const payload = parsePayload(frame);
  return payload.type === 'SETTINGS' ? payload.entries : [];
}

/** The server takes the client's frame for a stream error. */
function resets(link: Link, stream: number, code: ErrorCode): readonly Frame[] {
  link.toClient(rstStream(stream, code));
  return [rstStream(stream, 'CANCEL')];
}

/** The server takes the client's frame for a connection error. */
function closes(link: Link, code: ErrorCode): readonly Frame[] {
  link.toClient(goaway(0, code));
  link.close();
  return [];
}

const isUpdate = ({ type }: Frame): boolean => type === FRAME_TYPE.WINDOW_UPDATE;

/** The server gives back less credit than it should: `owed` counts, by window, what it will not give. */
function owes(count: (frame: Frame, payload: Payload, owe: (window: number, octets: number) => void) => void): Wire {
  return () => {
    const owed = new Map<number, number>();
    const owe = (window: number, octets: number): void => {
      owed.set(window, (owed.get(window) ?? 0) + octets);
    };
    return {
      toServer(frame) {
        count(frame, parsePayload(frame), owe);
        return [frame];
      },
      toClient(frame) {
        const payload = parsePayload(frame);
        if (payload.type !== 'WINDOW_UPDATE') return [frame];
        const kept = Math.min(payload.increment, owed.get(frame.stream) ?? 0);
        owe(frame.stream, -kept);
        return kept === payload.increment ? [] : [windowUpdate(frame.stream, payload.increment - kept)];
      },
    };
  };
}

export default [
  {
    id: 'flow-control/sends-one-octet-too-many',
    deviation: 'The server sends one octet more than the stream window admits.',
    clause: 'RFC 9113 §6.9.1',
    fails: [
      'flow-control/response-waits-for-stream-window',
      'flow-control/window-of-one-octet',
      'flow-control/zero-window',
      'flow-control/increment-of-one',
      'flow-control/settings-bind-from-acknowledgement',
    ],
    seen: OVERRUN,
    why: EDGE,
    wire: alters((frame, { type }) => (type === 'HEADERS' ? [frame, windowUpdate(frame.stream, 1)] : frame)),
  },
  {
    id: 'flow-control/knows-no-initial-window-size',
    deviation: 'The server acknowledges an INITIAL_WINDOW_SIZE below the default and goes on with 65,535.',
    clause: 'RFC 9113 §6.5.3',
    fails: ['flow-control/settings-bind-from-acknowledgement', 'flow-control/response-waits-for-stream-window'],
    seen: OVERRUN,
    why: EDGE,
    wire: alters((frame, payload) =>
      initialIn(payload) === undefined
        ? frame
        : without(payload, (id, value) => id === SETTING.INITIAL_WINDOW_SIZE && value < DEFAULT_WINDOW),
    ),
  },
  {
    id: 'flow-control/never-resumes',
    deviation: 'A response that stood still at the edge of its stream window does not go on when credit comes.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/window-of-one-octet'],
    seen: STUCK,
    why: EDGE,
    wire: hides(frame => isUpdate(frame) && frame.stream !== 0),
  },
  {
    id: 'flow-control/keeps-no-connection-window',
    deviation: 'The server keeps windows of streams only, none of the connection.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/response-waits-for-connection-window', 'flow-control/settings-leave-connection-window'],
    seen: /with a connection window of/,
    why: 'every case that uses the connection window up shows it',
    wire: () => {
      let opened = false;
      return {
        toServer(frame) {
          const payload = parsePayload(frame);
          const legal = payload.type === 'WINDOW_UPDATE' && payload.increment > 0;
          if (legal && frame.stream === 0) return [];
          if (opened) return [frame];
          opened = true;
          return [frame, windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW)];
        },
      };
    },
  },
  {
    id: 'flow-control/starts-at-65536',
    deviation: 'The server takes the initial stream window for 65,536 octets.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/initial-stream-window'],
    seen: /with a stream window of/,
    wire: () => {
      let opened = false;
      return {
        toServer(frame) {
          if (opened) return [frame];
          opened = true;
          return [settings([['INITIAL_WINDOW_SIZE', DEFAULT_WINDOW + 1], ...entriesOf(frame)])];
        },
      };
    },
  },
  {
    id: 'flow-control/leaves-settings-unread',
    deviation: 'The server leaves SETTINGS unprocessed as long as a response waits for its window.',
    clause: 'RFC 9113 §5.2.2',
    fails: ['flow-control/frames-are-read-while-windows-are-shut', 'flow-control/zero-window'],
    seen: /waited for the acknowledgement of SETTINGS/,
    why: 'every case that changes settings while a response waits shows it',
    wire: watches((frame, payload, { running }) =>
      payload.type === 'SETTINGS' && [...running.values()].some(window => window <= 0) ? [] : [frame],
    ),
  },
  {
    id: 'flow-control/refuses-requests-while-shut',
    deviation: 'The server resets a request that comes while a response waits for its window.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/requests-are-taken-while-windows-are-shut'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    why: 'every case with two responses that wait shows it',
    wire: watches((frame, payload, { running }, link) => {
      if (payload.type !== 'HEADERS' || ![...running.values()].some(window => window <= 0)) return [frame];
      link.toClient(rstStream(frame.stream, 'PROTOCOL_ERROR'));
      return [];
    }),
  },
  {
    id: 'flow-control/loses-credit-behind-waiting-stream',
    deviation: 'Credit for a stream is lost while an older one waits for its window.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/waiting-stream-does-not-hold-up-another'],
    seen: STUCK,
    wire: watches((frame, payload, { running }) => {
      const behind = [...running].some(([id, window]) => id < frame.stream && window <= 0);
      return payload.type === 'WINDOW_UPDATE' && behind ? [] : [frame];
    }),
  },
  {
    id: 'flow-control/takes-zero-increment',
    deviation: 'The server takes a WINDOW_UPDATE of 0 for nothing at all.',
    clause: 'RFC 9113 §6.9',
    fails: [
      'flow-control/zero-increment-on-stream',
      'flow-control/zero-increment-behind-reserved-bit',
      'flow-control/zero-increment-on-connection',
    ],
    seen: /no reaction within|the connection lives on/,
    wire: hides((_, payload) => payload.type === 'WINDOW_UPDATE' && payload.increment === 0),
  },
  {
    id: 'flow-control/takes-wrong-length',
    deviation: 'The server skips a WINDOW_UPDATE whose length is not 4.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/wrong-length-on-stream', 'flow-control/wrong-length-on-connection'],
    seen: /the connection lives on/,
    wire: hides(frame => isUpdate(frame) && frame.payload.length !== 4),
  },
  {
    id: 'flow-control/resets-for-wrong-length',
    deviation: 'The server takes a WINDOW_UPDATE whose length is not 4 for an error of the stream only.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/wrong-length-on-stream'],
    seen: /the connection lives on.*RST_STREAM FRAME_SIZE_ERROR/,
    wire: link => ({
      toServer: frame =>
        isUpdate(frame) && frame.payload.length !== 4 && frame.stream !== 0
          ? resets(link, frame.stream, 'FRAME_SIZE_ERROR')
          : [frame],
    }),
  },
  {
    id: 'flow-control/stops-at-largest-window',
    deviation: 'The server adds credit up to a window of 2^31-1 and takes no notice of the rest.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/stream-window-overflow', 'flow-control/connection-window-overflow'],
    seen: /no reaction within|the connection lives on/,
    wire: watches((frame, payload, { connection, running }) => {
      if (payload.type !== 'WINDOW_UPDATE') return [frame];
      const window = frame.stream === 0 ? connection : (running.get(frame.stream) ?? 0);
      return window + payload.increment > MAX_WINDOW ? [] : [frame];
    }),
  },
  {
    id: 'flow-control/adds-one-to-increments',
    deviation: 'The server adds one octet more than the increment says.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/increment-of-one', 'flow-control/response-waits-for-stream-window'],
    seen: OVERRUN,
    why: EDGE,
    wire: alters((frame, payload) =>
      payload.type === 'WINDOW_UPDATE' && frame.stream !== 0 && payload.increment < MAX_WINDOW
        ? windowUpdate(frame.stream, payload.increment + 1)
        : frame,
    ),
  },
  {
    id: 'flow-control/refuses-largest-increment',
    deviation: 'The server takes an increment of 2^31-1 for too large.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/largest-increment'],
    seen: /RST_STREAM FLOW_CONTROL_ERROR/,
    wire: link => ({
      toServer(frame) {
        const payload = parsePayload(frame);
        const largest = payload.type === 'WINDOW_UPDATE' && payload.increment === MAX_WINDOW && frame.stream !== 0;
        return largest ? resets(link, frame.stream, 'FLOW_CONTROL_ERROR') : [frame];
      },
    }),
  },
  {
    id: 'flow-control/counts-reserved-bit',
    deviation: 'The server reads the reserved bit as part of the increment, which makes it too large.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/reserved-bit-of-increment'],
    grade: 'weak',
    seen: /the increment is refused: .*RST_STREAM FLOW_CONTROL_ERROR/,
    wire: link => ({
      toServer(frame) {
        const payload = parsePayload(frame);
        return payload.type === 'WINDOW_UPDATE' && payload.reserved
          ? resets(link, frame.stream, 'FLOW_CONTROL_ERROR')
          : [frame];
      },
    }),
  },
  {
    id: 'flow-control/refuses-credit-behind-request',
    deviation: 'The server takes a WINDOW_UPDATE behind END_STREAM of the request for a frame on a closed stream.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/credit-on-half-closed-stream'],
    seen: /RST_STREAM STREAM_CLOSED/,
    why: EVERY_RESPONSE,
    wire: watches((frame, payload, { running }, link) =>
      payload.type === 'WINDOW_UPDATE' && running.has(frame.stream)
        ? resets(link, frame.stream, 'STREAM_CLOSED')
        : [frame],
    ),
  },
  {
    id: 'flow-control/refuses-credit-behind-response',
    deviation: 'The server takes a WINDOW_UPDATE on a stream that it has ended for a connection error.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/credit-on-closed-stream'],
    seen: /GOAWAY STREAM_CLOSED/,
    wire: watches((frame, payload, { running }, link) =>
      payload.type === 'WINDOW_UPDATE' && frame.stream !== 0 && !running.has(frame.stream)
        ? closes(link, 'STREAM_CLOSED')
        : [frame],
    ),
  },
  {
    id: 'flow-control/raises-new-streams-only',
    deviation: 'The server applies a raised INITIAL_WINDOW_SIZE to new streams only.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/raised-setting-grows-running-windows'],
    seen: STUCK,
    wire: watches((frame, payload, { initial, running }) => {
      const raised = (initialIn(payload) ?? 0) > initial && running.size > 0;
      return [raised ? without(payload, id => id === SETTING.INITIAL_WINDOW_SIZE) : frame];
    }),
  },
  {
    id: 'flow-control/lowers-new-streams-only',
    deviation: 'The server applies a lowered INITIAL_WINDOW_SIZE to new streams only.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/lowered-setting-shrinks-running-windows', 'flow-control/negative-window-is-paid-back'],
    seen: OVERRUN,
    wire: watches((frame, payload, { initial, running }) => {
      const by = initial - (initialIn(payload) ?? initial);
      return by > 0 ? [frame, ...[...running.keys()].map(stream => windowUpdate(stream, by))] : [frame];
    }),
  },
  {
    id: 'flow-control/forgets-negative-windows',
    deviation: 'The server takes a window that a setting makes negative for zero.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/negative-window-is-paid-back'],
    seen: OVERRUN,
    wire: watches((frame, payload, { initial, running }) => {
      const by = (initialIn(payload) ?? initial) - initial;
      const negative = [...running].filter(([, window]) => window + by < 0);
      return [frame, ...(by < 0 ? negative.map(([stream, window]) => windowUpdate(stream, -window - by)) : [])];
    }),
  },
  {
    id: 'flow-control/shifts-connection-window',
    deviation: 'The server adds the change of INITIAL_WINDOW_SIZE to the connection window too.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/settings-leave-connection-window', 'flow-control/response-waits-for-connection-window'],
    seen: /with a connection window of/,
    why: 'every case that raises the setting and has the connection window used up, or at its largest, shows it',
    wire: watches((frame, payload, { initial, connection }) => {
      const by = Math.min((initialIn(payload) ?? initial) - initial, MAX_WINDOW - connection);
      return by > 0 ? [frame, windowUpdate(0, by)] : [frame];
    }),
  },
  {
    id: 'flow-control/takes-overflow-by-settings',
    deviation: 'The server does not check running windows when INITIAL_WINDOW_SIZE is raised.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/stream-window-overflow-by-settings'],
    seen: /the connection lives on.*SETTINGS is acknowledged/,
    wire: watches((frame, payload, { initial, running }) => {
      const by = (initialIn(payload) ?? initial) - initial;
      const over = by > 0 && [...running.values()].some(window => window + by > MAX_WINDOW);
      return [over ? settings() : frame];
    }),
  },
  {
    id: 'flow-control/resets-for-overflow-by-settings',
    deviation: 'The server resets streams whose windows a raised INITIAL_WINDOW_SIZE lifts too far, and goes on.',
    clause: 'RFC 9113 §6.9.2',
    fails: ['flow-control/stream-window-overflow-by-settings'],
    seen: /the connection lives on.*RST_STREAM FLOW_CONTROL_ERROR/,
    wire: watches((frame, payload, { initial, running }, link) => {
      const by = (initialIn(payload) ?? initial) - initial;
      const over = by > 0 ? [...running].filter(([, window]) => window + by > MAX_WINDOW) : [];
      return over.length === 0
        ? [frame]
        : [settings(), ...over.flatMap(([id]) => resets(link, id, 'FLOW_CONTROL_ERROR'))];
    }),
  },
  {
    id: 'flow-control/keeps-frame-size',
    deviation: 'The server acknowledges a lowered MAX_FRAME_SIZE and goes on with larger frames.',
    clause: 'RFC 9113 §6.5.3',
    fails: ['flow-control/settings-bind-from-acknowledgement'],
    seen: /octets where the limit is 16384/,
    wire: () => {
      let acknowledged = 0;
      return {
        toClient(next) {
          if (next.type !== FRAME_TYPE.SETTINGS || !(next.flags & FLAG.ACK)) return [next];
          acknowledged += 1;
          // An extension frame: DATA of the sound server behind it keep to the limit.
          return acknowledged > 2 ? [next, frame(0xbe, 0, 0, new Uint8Array(20_000))] : [next];
        },
      };
    },
  },
  {
    id: 'flow-control/keeps-first-of-equal-settings',
    deviation: 'Of several values for one setting in a frame the server takes the first.',
    clause: 'RFC 9113 §6.5.3',
    fails: ['flow-control/last-of-equal-settings-lowers', 'flow-control/last-of-equal-settings-raises'],
    seen: new RegExp(`${OVERRUN.source}|${STUCK.source}`),
    wire: alters((frame, payload) => {
      if (payload.type !== 'SETTINGS' || payload.ack) return frame;
      return settings(payload.entries.filter(([id], i) => payload.entries.findIndex(([other]) => other === id) === i));
    }),
  },
  {
    id: 'flow-control/reads-five-settings',
    deviation: 'The server reads no more than five settings of a frame.',
    clause: 'RFC 9113 §6.5',
    fails: ['flow-control/all-six-settings'],
    seen: OVERRUN,
    wire: alters((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack ? settings(payload.entries.slice(0, 5)) : frame,
    ),
  },
  {
    id: 'flow-control/gives-no-stream-credit',
    deviation: 'The server gives credit back on the connection only.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/upload-gets-credit'],
    seen: NO_CREDIT,
    wire: () => ({ toClient: frame => (isUpdate(frame) && frame.stream !== 0 ? [] : [frame]) }),
  },
  {
    id: 'flow-control/gives-no-connection-credit',
    deviation: 'The server gives credit back on streams only.',
    clause: 'RFC 9113 §6.9.1',
    fails: [
      'flow-control/upload-gets-credit',
      'flow-control/uploads-get-connection-credit',
      'flow-control/refused-uploads-give-credit-back',
    ],
    seen: NO_CREDIT,
    why: 'every case that uploads more than the connection window shows it',
    wire: () => ({ toClient: frame => (isUpdate(frame) && frame.stream === 0 ? [] : [frame]) }),
  },
  {
    id: 'flow-control/gives-no-credit-for-padding',
    deviation: 'The server gives credit back for content, none for padding.',
    clause: 'RFC 9113 §6.1',
    fails: ['flow-control/padding-gets-credit'],
    seen: NO_CREDIT,
    wire: owes((frame, payload, owe) => {
      if (payload.type !== 'DATA' || payload.padding === null) return;
      owe(0, payload.padding.length + 1);
      owe(frame.stream, payload.padding.length + 1);
    }),
  },
  {
    id: 'flow-control/forgets-credit-of-reset-streams',
    deviation: 'The server gives no credit back for DATA of a stream that the client resets.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/reset-streams-give-credit-back'],
    seen: NO_CREDIT,
    wire: link => {
      const taken = new Map<number, number>();
      return owes((frame, payload, owe) => {
        if (payload.type === 'DATA') taken.set(frame.stream, (taken.get(frame.stream) ?? 0) + frame.payload.length);
        else if (payload.type === 'RST_STREAM') owe(0, taken.get(frame.stream) ?? 0);
      })(link);
    },
  },
  {
    id: 'flow-control/refuses-empty-data',
    deviation: 'The server takes an empty DATA frame at a window of zero for an overrun.',
    clause: 'RFC 9113 §6.9.1',
    fails: ['flow-control/empty-data-needs-no-window'],
    seen: /RST_STREAM FLOW_CONTROL_ERROR/,
    wire: link => {
      // What the client may send, by stream, and 0 for the connection.
      const windows = new Map([[0, DEFAULT_WINDOW]]);
      let initial = DEFAULT_WINDOW;
      const add = (window: number, octets: number): void => {
        windows.set(window, (windows.get(window) ?? initial) + octets);
      };
      return {
        toServer(frame) {
          if (frame.type !== FRAME_TYPE.DATA) return [frame];
          for (const window of [0, frame.stream]) add(window, -frame.payload.length);
          const room = Math.min(windows.get(0) ?? 0, windows.get(frame.stream) ?? 0);
          return frame.payload.length === 0 && room <= 0 ? resets(link, frame.stream, 'FLOW_CONTROL_ERROR') : [frame];
        },
        toClient(frame) {
          const payload = parsePayload(frame);
          initial = initialIn(payload) ?? initial;
          if (payload.type === 'WINDOW_UPDATE') add(frame.stream, payload.increment);
          return [frame];
        },
      };
    },
  },
  {
    id: 'flow-control/blames-the-first-flight',
    deviation: 'The server takes content for a breach of the protocol when its window has not reached the client.',
    clause: 'RFC 9113 §6.9.3',
    fails: ['flow-control/content-before-the-window-is-known'],
    seen: /the upload gets RST_STREAM PROTOCOL_ERROR/,
    wire: link => {
      let acknowledged = false;
      return {
        toServer(frame) {
          acknowledged ||= frame.type === FRAME_TYPE.SETTINGS && (frame.flags & FLAG.ACK) !== 0;
          return acknowledged || frame.type !== FRAME_TYPE.DATA
            ? [frame]
            : resets(link, frame.stream, 'PROTOCOL_ERROR');
        },
      };
    },
  },
] satisfies readonly Fault[];
