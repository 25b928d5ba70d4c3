/**
 * Frames as RFC 9113 §4.1 lays them out: 9 octets of header, then the payload.
 *
 * A frame is a plain object that lower-case functions build. The builders do what they are told, so that a conformance
 * kit can say what no sound peer would: any type on any stream, with any flags, of any length.
 */
import { ERROR_CODE, type ErrorCode, FLAG, FRAME_TYPE, flagList, frameTypeName } from './codes.ts';
import { concat, latin1, readU24, readU32, u16, u32 } from './octets.ts';
import { type SettingEntry, settingId } from './settings.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** 31 bits. */
  readonly stream: number;
  readonly payload: Uint8Array;
  /** The reserved bit before the stream identifier; left out when zero. */
  readonly reserved?: boolean;
}

export const FRAME_HEADER_LENGTH = 9;

/** The octets of a frame. `length` lets the header announce another length than the payload has. */
export function encodeFrame(frame: Frame, length: number = frame.payload.length): Uint8Array {
  const octets = new Uint8Array(FRAME_HEADER_LENGTH + frame.payload.length);
  octets[0] = (length >>> 16) & 0xff;
  octets[1] = (length >>> 8) & 0xff;
  octets[2] = length & 0xff;
  octets[3] = frame.type;
  octets[4] = frame.flags;
  octets.set(u32(frame.stream), 5);
  if (frame.reserved) octets[5] = (octets[5] as number) | 0x80;
  octets.set(frame.payload, FRAME_HEADER_LENGTH);
  return octets;
}

/** Cuts a byte stream into frames, whatever the reads were and whatever the frames say. Never throws. */
export class FrameReader {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Octets that wait for the rest of their frame. */
  get pending(): number {
    return this.#length;
  }

  /** Every frame that `octets` completes. Payloads are views: copy what must outlive the chunk. */
  read(octets: Uint8Array): Frame[] {
    this.#parts.push(octets);
    this.#length += octets.length;
    if (this.#length < this.#wanted()) return [];
    const whole = this.#parts.length === 1 ? octets : concat(this.#parts);
    const frames: Frame[] = [];
    let at = 0;
    while (whole.length - at >= FRAME_HEADER_LENGTH) {
      const end = at + FRAME_HEADER_LENGTH + readU24(whole, at);
      if (end > whole.length) break;
      frames.push(frameAt(whole, at, end));
      at = end;
    }
    this.#parts = at === whole.length ? [] : [whole.subarray(at)];
    this.#length = whole.length - at;
    return frames;
  }

  /** Octets that must be there before a look is worth it: keeps a frame that comes octet by octet linear. */
  #wanted(): number {
    const first = this.#parts[0] as Uint8Array;
    if (first.length >= 3) return FRAME_HEADER_LENGTH + readU24(first, 0);
    return FRAME_HEADER_LENGTH;
  }
}

function frameAt(octets: Uint8Array, at: number, end: number): Frame {
  const word = readU32(octets, at + 5);
  const frame = {
    type: octets[at + 3] as number,
    flags: octets[at + 4] as number,
    stream: word % 0x80000000,
    payload: octets.subarray(at + FRAME_HEADER_LENGTH, end),
  };
  return word >= 0x80000000 ? { ...frame, reserved: true } : frame;
}

/** A frame of any type, flags and payload: the way to say what no builder below says. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | readonly number[] = [],
): Frame {
  return { type, flags, stream, payload: payload instanceof Uint8Array ? payload : Uint8Array.from(payload) };
}

export interface Padding {
  /** Pad Length, RFC 9113 §6.1: 0–255. The PADDED flag is set whenever this is given. */
  readonly padding?: number;
  /** Value of every padding octet; senders must use 0. */
  readonly padValue?: number;
}

function padded(fixed: readonly number[], content: Uint8Array, { padding, padValue = 0 }: Padding): Uint8Array {
  if (padding === undefined) return concat([Uint8Array.from(fixed), content]);
  return concat([Uint8Array.of(padding, ...fixed), content, new Uint8Array(padding).fill(padValue)]);
}

/** DATA, RFC 9113 §6.1. A string is sent octet by character. */
export function data(
  stream: number,
  content: Uint8Array | string,
  options: Padding & { readonly endStream?: boolean } = {},
): Frame {
  const flags = (options.endStream ? FLAG.END_STREAM : 0) | (options.padding === undefined ? 0 : FLAG.PADDED);
  const octets = typeof content === 'string' ? latin1(content) : content;
  return frame(FRAME_TYPE.DATA, flags, stream, padded([], octets, options));
}

export interface PriorityFields {
  readonly exclusive?: boolean;
  readonly dependency: number;
  /** Weight as RFC 7540 §5.3.2 counts it, 1–256: the octet on the wire is one less. */
  readonly weight: number;
}

function priorityOctets({ exclusive, dependency, weight }: PriorityFields): number[] {
  const octets = u32(dependency);
  if (exclusive) octets[0] = (octets[0] as number) | 0x80;
  return [...octets, weight - 1];
}

export interface HeadersOptions extends Padding {
  readonly endStream?: boolean;
  /** True unless said otherwise: the fragment is the whole field block. */
  readonly endHeaders?: boolean;
  readonly priority?: PriorityFields;
}

/** HEADERS, RFC 9113 §6.2. */
export function headers(stream: number, fragment: Uint8Array, options: HeadersOptions = {}): Frame {
  const flags =
    (options.endStream ? FLAG.END_STREAM : 0) |
    (options.endHeaders === false ? 0 : FLAG.END_HEADERS) |
    (options.padding === undefined ? 0 : FLAG.PADDED) |
    (options.priority === undefined ? 0 : FLAG.PRIORITY);
  const fixed = options.priority === undefined ? [] : priorityOctets(options.priority);
  return frame(FRAME_TYPE.HEADERS, flags, stream, padded(fixed, fragment, options));
}

/** CONTINUATION, RFC 9113 §6.10. */
export function continuation(stream: number, fragment: Uint8Array, endHeaders = true): Frame {
  return frame(FRAME_TYPE.CONTINUATION, endHeaders ? FLAG.END_HEADERS : 0, stream, fragment);
}

/** PRIORITY, RFC 9113 §6.3. */
export function priority(stream: number, fields: PriorityFields): Frame {
  return frame(FRAME_TYPE.PRIORITY, 0, stream, priorityOctets(fields));
}

/** RST_STREAM, RFC 9113 §6.4. */
export function rstStream(stream: number, code: ErrorCode | number = 'CANCEL'): Frame {
  return frame(FRAME_TYPE.RST_STREAM, 0, stream, u32(typeof code === 'number' ? code : ERROR_CODE[code]));
}

/** SETTINGS, RFC 9113 §6.5, in the order given; an id may stand in it more than once. */
export function settings(entries: readonly SettingEntry[] = []): Frame {
  const payload = entries.flatMap(([name, value]) => [...u16(settingId(name)), ...u32(value)]);
  return frame(FRAME_TYPE.SETTINGS, 0, 0, payload);
}

export function settingsAck(): Frame {
  return frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0);
}

/** PUSH_PROMISE, RFC 9113 §6.6. */
export function pushPromise(
  stream: number,
  promised: number,
  fragment: Uint8Array,
  options: Padding & { readonly endHeaders?: boolean } = {},
): Frame {
  const flags =
    (options.endHeaders === false ? 0 : FLAG.END_HEADERS) | (options.padding === undefined ? 0 : FLAG.PADDED);
  return frame(FRAME_TYPE.PUSH_PROMISE, flags, stream, padded(u32(promised), fragment, options));
}

/** PING, RFC 9113 §6.7. `opaque` is 8 octets in a sound PING. */
export function ping(opaque: Uint8Array | readonly number[], ack = false): Frame {
  return frame(FRAME_TYPE.PING, ack ? FLAG.ACK : 0, 0, opaque);
}

/** GOAWAY, RFC 9113 §6.8. */
export function goaway(
  lastStream: number,
  code: ErrorCode | number = 'NO_ERROR',
  debug: Uint8Array | string = '',
): Frame {
  const octets = typeof debug === 'string' ? latin1(debug) : debug;
  const fixed = [...u32(lastStream), ...u32(typeof code === 'number' ? code : ERROR_CODE[code])];
  return frame(FRAME_TYPE.GOAWAY, 0, 0, concat([Uint8Array.from(fixed), octets]));
}

/** WINDOW_UPDATE, RFC 9113 §6.9; stream 0 is the connection. */
export function windowUpdate(stream: number, increment: number): Frame {
  return frame(FRAME_TYPE.WINDOW_UPDATE, 0, stream, u32(increment));
}

/** PRIORITY_UPDATE, RFC 9218 §7.1. */
export function priorityUpdate(prioritized: number, value: string): Frame {
  return frame(FRAME_TYPE.PRIORITY_UPDATE, 0, 0, concat([Uint8Array.from(u32(prioritized)), latin1(value)]));
}

/** ALTSVC, RFC 7838 §4. */
export function altsvc(stream: number, origin: string, value: string): Frame {
  return frame(
    FRAME_TYPE.ALTSVC,
    0,
    stream,
    concat([Uint8Array.from(u16(origin.length)), latin1(origin), latin1(value)]),
  );
}

/** ORIGIN, RFC 8336 §2.1. */
export function origin(origins: readonly string[]): Frame {
  const payload = origins.flatMap(entry => [...u16(entry.length), ...latin1(entry)]);
  return frame(FRAME_TYPE.ORIGIN, 0, 0, payload);
}

/** "HEADERS stream 1 END_STREAM END_HEADERS 24 octets": one line of a transcript. */
export function describeFrame(f: Frame): string {
  const flags = flagList(f.type, f.flags);
  const octets = f.payload.length === 1 ? '1 octet' : `${f.payload.length} octets`;
  return [frameTypeName(f.type), `stream ${f.stream}`, ...flags, octets].join(' ');
}
