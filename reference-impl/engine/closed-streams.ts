/**
 * What is remembered of streams that have left the table (RFC 9113 §5.1, §5.1.1): all of it bounded, since a peer decides
 * how many there are. What has been forgotten counts as closed in the ordinary way.
 */
import type { Ended } from './stream.ts';

const RANGES = 64;

export class ClosedStreams {
  readonly #reset = new Set<number>();
  readonly #most: number;
  /** Ranges of ids that were passed over, newest last: [first, last, first, last, …]. */
  readonly #skipped: number[] = [];

  /** `most`: resets that are remembered. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The stream was reset by this side: frames of it may still be under way. */
  addReset(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size > this.#most) {
      for (const oldest of this.#reset) {
        this.#reset.delete(oldest);
        break;
      }
    }
  }

  /** The ids from `first` to `last` will never be used. */
  addSkipped(first: number, last: number): void {
    this.#skipped.push(first, last);
    if (this.#skipped.length > 2 * RANGES) this.#skipped.splice(0, 2);
  }

  how(id: number): Ended {
    if (this.#reset.has(id)) return 'reset';
    for (let i = 0; i < this.#skipped.length; i += 2) {
      if (id >= (this.#skipped[i] as number) && id <= (this.#skipped[i + 1] as number)) return 'skipped';
    }
    return 'closed';
  }
}
