/** Frames of MSGI/process: length, type, number, payload (section 11.2). Octets in, frames out; frames in, octets out. */
import { PipeError } from './pipe-error.ts';

/** Octets before the payload. */
export const FRAME_HEAD = 9;
/** The longest payload, octets, that an end may write before it has read a HELLO (MSGI-PROC-8). */
export const LEAST_PAYLOAD = 65_536;

export interface Frame {
  /** The octet, known or not. */
  readonly type: number;
  /** 0, a connection or an exchange; u32. */
  readonly number: number;
  readonly payload: Uint8Array;
  /** Of a frame that comes out in parts: octets of its payload that are still to come. */
  readonly left?: number;
}

export function encodeFrame({ type, number, payload }: Frame): Uint8Array {
  const octets = new Uint8Array(FRAME_HEAD + payload.length);
  putHead(octets, type, number, payload.length);
  octets.set(payload, FRAME_HEAD);
  return octets;
}

/** What stands before a payload that is written by itself: content is not copied for nine octets. */
export function encodeHead(type: number, number: number, length: number): Uint8Array {
  const octets = new Uint8Array(FRAME_HEAD);
  putHead(octets, type, number, length);
  return octets;
}

function putHead({ buffer }: Uint8Array, type: number, number: number, length: number): void {
  const view = new DataView(buffer);
  view.setUint32(0, length);
  view.setUint8(4, type);
  view.setUint32(5, number);
}

/** Cuts a stream of octets into frames, however it arrives. After an error it is of no more use. */
export class FrameReader {
  readonly #limit: number;
  readonly #inParts: number | null;
  readonly #head = new Uint8Array(FRAME_HEAD);
  readonly #view = new DataView(this.#head.buffer);
  #headed = 0;
  /** Of a frame whose head is whole; null before. */
  #payload: Uint8Array | null = null;
  #filled = 0;
  /** Of a frame that comes out in parts: octets that are still to come. */
  #left = 0;

  /**
   * `limit`: the longest payload that is taken, octets, as announced in HELLO. `inParts`: frames of this type come out as
   * several, in the parts in which they arrive, so that nothing is copied, or waits, for the rest of them.
   */
  constructor(limit: number, inParts: number | null = null) {
    this.#limit = limit;
    this.#inParts = inParts;
  }

  /** The next octets; payloads may be views into them. Throws PipeError for a payload beyond the limit. */
  *read(octets: Uint8Array): Generator<Frame, void, void> {
    let at = 0;
    while (at < octets.length) {
      if (this.#left > 0) {
        const payload = octets.subarray(at, at + this.#left);
        at += payload.length;
        yield this.#part(payload);
        continue;
      }
      at += this.#payload === null ? this.#readHead(octets, at) : this.#readPayload(octets, at);
      if (this.#payload !== null && this.#filled === this.#payload.length) yield this.#finish(this.#payload);
    }
  }

  /** The stream has ended between two frames. */
  get atBoundary(): boolean {
    return this.#headed === 0;
  }

  #readHead(octets: Uint8Array, at: number): number {
    const part = octets.subarray(at, at + FRAME_HEAD - this.#headed);
    this.#head.set(part, this.#headed);
    this.#headed += part.length;
    if (this.#headed < FRAME_HEAD) return part.length;
    const length = this.#view.getUint32(0);
    if (length > this.#limit) {
      throw new PipeError('MSGI-PROC-9', `a payload of ${length} octets, where ${this.#limit} are the most`);
    }
    if (this.#view.getUint8(4) === this.#inParts && length > 0) {
      this.#left = length;
      return part.length;
    }
    const from = at + part.length;
    const whole = octets.length - from >= length;
    this.#payload = whole ? octets.subarray(from, from + length) : new Uint8Array(length);
    this.#filled = whole ? length : 0;
    return part.length + this.#filled;
  }

  #readPayload(octets: Uint8Array, at: number): number {
    const payload = this.#payload as Uint8Array;
    const part = octets.subarray(at, at + payload.length - this.#filled);
    payload.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  #part(payload: Uint8Array): Frame {
    this.#left -= payload.length;
    if (this.#left === 0) this.#headed = 0;
    return { type: this.#view.getUint8(4), number: this.#view.getUint32(5), payload, left: this.#left };
  }

  #finish(payload: Uint8Array): Frame {
    this.#headed = 0;
    this.#payload = null;
    return { type: this.#view.getUint8(4), number: this.#view.getUint32(5), payload };
  }
}
