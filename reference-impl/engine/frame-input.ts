/** Cuts what the transport reads into the preface and frames (RFC 9113 §3.4, §4.1), in place where a frame is whole. */
import { FRAME_HEADER_LENGTH, MIN_MAX_FRAME_SIZE, PREFACE_OCTETS, readU24 } from '../../wire/index.ts';
import { connectionError } from './errors.ts';

export const EXPECTED_CLIENT_OCTETS = 'the client speaks first: the preface, then SETTINGS (RFC 9113 section 3.4)';
const NO_OCTETS = new Uint8Array(0);

/** Takes one frame: its header at `header`, its payload from `start` to `end`. False when no more is wanted. */
export type Deliver = (octets: Uint8Array, header: number, start: number, end: number) => boolean;

export class FrameInput {
  readonly #deliver: Deliver;
  /** Octets of the preface that have come. */
  #preface = 0;
  /** The beginning of a frame whose end has not come. */
  #held: Uint8Array = NO_OCTETS;
  #heldLength = 0;
  #octets: Uint8Array = NO_OCTETS;
  #at = 0;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** The preface or a frame has begun and not ended. */
  get unfinished(): boolean {
    return this.#heldLength > 0 || this.#preface < PREFACE_OCTETS.length;
  }

  /** The next octets of the transport; `run` reads them. */
  feed(octets: Uint8Array): void {
    this.#octets = octets;
    this.#at = 0;
  }

  /** Hands on the whole frames that are left; after an error it goes on behind the frame that threw. */
  run(): void {
    if (this.#preface < PREFACE_OCTETS.length) this.#readPreface();
    const octets = this.#octets;
    if (this.#heldLength > 0 && !this.#completeHeld()) return;
    while (octets.length - this.#at >= FRAME_HEADER_LENGTH) {
      const start = this.#at + FRAME_HEADER_LENGTH;
      const end = start + this.#frameLength(octets, this.#at);
      if (end > octets.length) break;
      const header = this.#at;
      this.#at = end;
      if (!this.#deliver(octets, header, start, end)) return;
    }
    if (this.#at < octets.length) this.#hold();
  }

  #readPreface(): void {
    const octets = this.#octets;
    while (this.#preface < PREFACE_OCTETS.length && this.#at < octets.length) {
      if (octets[this.#at] !== PREFACE_OCTETS[this.#preface]) {
        throw connectionError('PROTOCOL_ERROR', EXPECTED_CLIENT_OCTETS);
      }
      this.#preface += 1;
      this.#at += 1;
    }
  }

  #frameLength(octets: Uint8Array, at: number): number {
    const length = readU24(octets, at);
    if (length > MIN_MAX_FRAME_SIZE) {
      throw connectionError(
        'FRAME_SIZE_ERROR',
        `a frame of ${length} octets is above SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 4.2)`,
      );
    }
    return length;
  }

  /** Keeps the beginning of a frame, in room for all of it once its length is known. */
  #hold(): void {
    const rest = this.#octets.subarray(this.#at);
    this.#at = this.#octets.length;
    const known = rest.length >= 3;
    this.#held = new Uint8Array(FRAME_HEADER_LENGTH + (known ? this.#frameLength(rest, 0) : 0));
    this.#held.set(rest);
    this.#heldLength = rest.length;
  }

  /** Fills the held frame up; true when it is done with. */
  #completeHeld(): boolean {
    if (this.#heldLength < FRAME_HEADER_LENGTH && !this.#fillHeld(FRAME_HEADER_LENGTH)) return false;
    const size = FRAME_HEADER_LENGTH + this.#frameLength(this.#held, 0);
    if (this.#held.length < size) {
      const larger = new Uint8Array(size);
      larger.set(this.#held);
      this.#held = larger;
    }
    if (!this.#fillHeld(size)) return false;
    const frame = this.#held;
    this.#held = NO_OCTETS;
    this.#heldLength = 0;
    return this.#deliver(frame, 0, FRAME_HEADER_LENGTH, size);
  }

  #fillHeld(size: number): boolean {
    const take = Math.min(size - this.#heldLength, this.#octets.length - this.#at);
    this.#held.set(this.#octets.subarray(this.#at, this.#at + take), this.#heldLength);
    this.#heldLength += take;
    this.#at += take;
    return this.#heldLength === size;
  }
}
