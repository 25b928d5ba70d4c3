/**
 * What the payload of a frame says, by type (RFC 9113 §6, RFC 7838 §4, RFC 8336 §2.1, RFC 9218 §7.1).
 *
 * Parsing is total: a payload that does not fit its type comes back as `malformed` with the code that its section names.
 * Whether a frame is *legal* (stream, state, values) is not decided here.
 */
import { type ErrorCode, FLAG, FRAME_TYPE } from './codes.ts';
import type { Frame, PriorityFields } from './frame.ts';
import { latin1Text, readU16, readU32 } from './octets.ts';

export type Payload =
  | {
      readonly type: 'DATA';
      readonly endStream: boolean;
      readonly content: Uint8Array;
      readonly padding: Uint8Array | null;
    }
  | {
      readonly type: 'HEADERS';
      readonly endStream: boolean;
      readonly endHeaders: boolean;
      readonly priority: PriorityFields | null;
      readonly fragment: Uint8Array;
      readonly padding: Uint8Array | null;
    }
  | ({ readonly type: 'PRIORITY' } & Required<PriorityFields>)
  | { readonly type: 'RST_STREAM'; readonly code: number }
  | { readonly type: 'SETTINGS'; readonly ack: boolean; readonly entries: readonly (readonly [number, number])[] }
  | {
      readonly type: 'PUSH_PROMISE';
      readonly endHeaders: boolean;
      readonly promised: number;
      readonly fragment: Uint8Array;
      readonly padding: Uint8Array | null;
    }
  | { readonly type: 'PING'; readonly ack: boolean; readonly opaque: Uint8Array }
  | { readonly type: 'GOAWAY'; readonly lastStream: number; readonly code: number; readonly debug: Uint8Array }
  | { readonly type: 'WINDOW_UPDATE'; readonly increment: number; readonly reserved: boolean }
  | { readonly type: 'CONTINUATION'; readonly endHeaders: boolean; readonly fragment: Uint8Array }
  | { readonly type: 'ALTSVC'; readonly origin: string; readonly value: string }
  | { readonly type: 'ORIGIN'; readonly origins: readonly string[] }
  | { readonly type: 'PRIORITY_UPDATE'; readonly prioritized: number; readonly value: string }
  | { readonly type: 'unknown' }
  | Malformed;

export interface Malformed {
  readonly type: 'malformed';
  readonly code: ErrorCode;
  readonly why: string;
}

const sizeError = (why: string): Malformed => ({ type: 'malformed', code: 'FRAME_SIZE_ERROR', why });

/** Parses any frame. Octets in the result are views of the frame's payload. */
export function parsePayload(frame: Frame): Payload {
  const parse = parsers[frame.type];
  return parse === undefined ? { type: 'unknown' } : parse(frame);
}

const parsers: Record<number, (frame: Frame) => Payload> = {
  [FRAME_TYPE.DATA]: parseData,
  [FRAME_TYPE.HEADERS]: parseHeaders,
  [FRAME_TYPE.PRIORITY]: parsePriority,
  [FRAME_TYPE.RST_STREAM]: parseRstStream,
  [FRAME_TYPE.SETTINGS]: parseSettings,
  [FRAME_TYPE.PUSH_PROMISE]: parsePushPromise,
  [FRAME_TYPE.PING]: parsePing,
  [FRAME_TYPE.GOAWAY]: parseGoaway,
  [FRAME_TYPE.WINDOW_UPDATE]: parseWindowUpdate,
  [FRAME_TYPE.CONTINUATION]: parseContinuation,
  [FRAME_TYPE.ALTSVC]: parseAltsvc,
  [FRAME_TYPE.ORIGIN]: parseOrigin,
  [FRAME_TYPE.PRIORITY_UPDATE]: parsePriorityUpdate,
};

/** What is between Pad Length and padding: `body` starts with the fixed fields. */
function unpad(frame: Frame, fixed: number): { body: Uint8Array; padding: Uint8Array | null } | Malformed {
  const { payload } = frame;
  if (!(frame.flags & FLAG.PADDED)) {
    return payload.length < fixed
      ? sizeError(`${payload.length} octets for fields of ${fixed}`)
      : { body: payload, padding: null };
  }
  if (payload.length < 1 + fixed) return sizeError(`${payload.length} octets for Pad Length and fields of ${fixed}`);
  const padLength = payload[0] as number;
  const end = payload.length - padLength;
  if (end < 1 + fixed) {
    return {
      type: 'malformed',
      code: 'PROTOCOL_ERROR',
      why: `Pad Length ${padLength} in a payload of ${payload.length} octets`,
    };
  }
  return { body: payload.subarray(1, end), padding: payload.subarray(end) };
}

function parseData(frame: Frame): Payload {
  const parts = unpad(frame, 0);
  if ('why' in parts) return parts;
  return {
    type: 'DATA',
    endStream: (frame.flags & FLAG.END_STREAM) !== 0,
    content: parts.body,
    padding: parts.padding,
  };
}

function priorityFields(octets: Uint8Array): Required<PriorityFields> {
  const word = readU32(octets, 0);
  return { exclusive: word >= 0x80000000, dependency: word % 0x80000000, weight: (octets[4] as number) + 1 };
}

function parseHeaders(frame: Frame): Payload {
  const prioritized = (frame.flags & FLAG.PRIORITY) !== 0;
  const parts = unpad(frame, prioritized ? 5 : 0);
  if ('why' in parts) return parts;
  return {
    type: 'HEADERS',
    endStream: (frame.flags & FLAG.END_STREAM) !== 0,
    endHeaders: (frame.flags & FLAG.END_HEADERS) !== 0,
    priority: prioritized ? priorityFields(parts.body) : null,
    fragment: prioritized ? parts.body.subarray(5) : parts.body,
    padding: parts.padding,
  };
}

function parsePriority({ payload }: Frame): Payload {
  if (payload.length !== 5) return sizeError(`PRIORITY of ${payload.length} octets, 5 expected`);
  return { type: 'PRIORITY', ...priorityFields(payload) };
}

function parseRstStream({ payload }: Frame): Payload {
  if (payload.length !== 4) return sizeError(`RST_STREAM of ${payload.length} octets, 4 expected`);
  return { type: 'RST_STREAM', code: readU32(payload, 0) };
}

function parseSettings({ flags, payload }: Frame): Payload {
  const ack = (flags & FLAG.ACK) !== 0;
  if (ack && payload.length > 0) return sizeError(`SETTINGS acknowledgement of ${payload.length} octets, 0 expected`);
  if (payload.length % 6 !== 0) return sizeError(`SETTINGS of ${payload.length} octets, a multiple of 6 expected`);
  const entries: (readonly [number, number])[] = [];
  for (let at = 0; at < payload.length; at += 6) entries.push([readU16(payload, at), readU32(payload, at + 2)]);
  return { type: 'SETTINGS', ack, entries };
}

function parsePushPromise(frame: Frame): Payload {
  const parts = unpad(frame, 4);
  if ('why' in parts) return parts;
  return {
    type: 'PUSH_PROMISE',
    endHeaders: (frame.flags & FLAG.END_HEADERS) !== 0,
    promised: readU32(parts.body, 0) % 0x80000000,
    fragment: parts.body.subarray(4),
    padding: parts.padding,
  };
}

function parsePing({ flags, payload }: Frame): Payload {
  if (payload.length !== 8) return sizeError(`PING of ${payload.length} octets, 8 expected`);
  return { type: 'PING', ack: (flags & FLAG.ACK) !== 0, opaque: payload };
}

function parseGoaway({ payload }: Frame): Payload {
  if (payload.length < 8) return sizeError(`GOAWAY of ${payload.length} octets, at least 8 expected`);
  return {
    type: 'GOAWAY',
    lastStream: readU32(payload, 0) % 0x80000000,
    code: readU32(payload, 4),
    debug: payload.subarray(8),
  };
}

function parseWindowUpdate({ payload }: Frame): Payload {
  if (payload.length !== 4) return sizeError(`WINDOW_UPDATE of ${payload.length} octets, 4 expected`);
  const word = readU32(payload, 0);
  return { type: 'WINDOW_UPDATE', increment: word % 0x80000000, reserved: word >= 0x80000000 };
}

function parseContinuation({ flags, payload }: Frame): Payload {
  return { type: 'CONTINUATION', endHeaders: (flags & FLAG.END_HEADERS) !== 0, fragment: payload };
}

function parseAltsvc({ payload }: Frame): Payload {
  const length = payload.length < 2 ? 0 : readU16(payload, 0);
  if (payload.length < 2 + length) return sizeError(`ALTSVC of ${payload.length} octets with an origin of ${length}`);
  return { type: 'ALTSVC', origin: latin1Text(payload, 2, 2 + length), value: latin1Text(payload, 2 + length) };
}

function parseOrigin({ payload }: Frame): Payload {
  const origins: string[] = [];
  let at = 0;
  while (at < payload.length) {
    const end = at + 2 + (payload.length - at < 2 ? 0 : readU16(payload, at));
    if (payload.length - at < 2 || end > payload.length) return sizeError('ORIGIN with an entry past its end');
    origins.push(latin1Text(payload, at + 2, end));
    at = end;
  }
  return { type: 'ORIGIN', origins };
}

function parsePriorityUpdate({ payload }: Frame): Payload {
  if (payload.length < 4) return sizeError(`PRIORITY_UPDATE of ${payload.length} octets, at least 4 expected`);
  return { type: 'PRIORITY_UPDATE', prioritized: readU32(payload, 0) % 0x80000000, value: latin1Text(payload, 4) };
}
