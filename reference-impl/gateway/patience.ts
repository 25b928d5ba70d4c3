/**
 * How long a peer keeps the server waiting: for content that it has begun to send, for a window, for its socket. What it
 * does get through is worth time, so that a slow peer is borne, and one that stands still or trickles is not.
 */

/** Octets a second that are fast enough for ever. */
const RATE = 128;

export class Patience {
  #lookedAt = Number.POSITIVE_INFINITY;
  #octets = 0;
  #waited = 0;

  /**
   * Milliseconds of one and the same wait, less what progress is worth. To be called at every beat of a coarse timer;
   * `octets` have got through so far, and never become fewer.
   */
  look(now: number, waiting: boolean, octets: number): number {
    const since = this.#lookedAt;
    const worth = (1000 * (octets - this.#octets)) / RATE;
    this.#lookedAt = waiting ? now : Number.POSITIVE_INFINITY;
    this.#octets = octets;
    this.#waited = waiting && since <= now ? Math.max(0, this.#waited + now - since - worth) : 0;
    return this.#waited;
  }
}
