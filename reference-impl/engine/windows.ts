/** Arithmetic of flow-control windows, RFC 9113 §6.9. Octets; a window may be negative and never passes 2^31−1. */
import { MAX_WINDOW } from '../../wire/index.ts';

/** The window after an increment or a change of the initial size; null where it would pass 2^31−1 (§6.9.1). */
export function grown(window: number, by: number): number | null {
  const sum = window + by;
  return sum > MAX_WINDOW ? null : sum;
}

/** The most that may be granted on top of `window` without passing 2^31−1. */
export function room(window: number): number {
  return MAX_WINDOW - window;
}

/**
 * The window of the whole connection for what the peer sends. It is opened again on receipt, whatever becomes of the
 * octets, so that one request that nobody reads holds no other back; the streams bound the memory.
 */
export class ReceiptWindow {
  readonly #size: number;
  #left: number;

  /** `size`: what it is kept at, at least 65,535. */
  constructor(size: number, left: number) {
    this.#size = size;
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes `octets`; false where the peer had not so many. */
  take(octets: number): boolean {
    this.#left -= octets;
    return this.#left >= 0;
  }

  /** The increment to send now, 0 while more than half is left: batches cost the peer nothing. */
  due(): number {
    if (this.#left > this.#size / 2) return 0;
    const increment = this.#size - this.#left;
    this.#left = this.#size;
    return increment;
  }
}
