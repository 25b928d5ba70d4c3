/**
 * A peer that says nothing while its exchanges run: it may have nothing to say, or be gone, or nghttp2 has ended the
 * connection for an error of its and reads no more, of which node is not told. A PING tells: only the first one answers.
 */
export class Silence {
  readonly #limit: number;
  #octets = -1;
  #since = 0;
  #asked = false;

  /** `limit`: milliseconds until it is asked, and then until it must have answered. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What to do now. To be called at every beat of a coarse timer; `octets` have come from the peer so far. */
  look(now: number, running: boolean, octets: number): 'nothing' | 'ask' | 'end' {
    if (!running || octets !== this.#octets) {
      this.#octets = octets;
      this.#since = now;
      this.#asked = false;
    }
    if (now - this.#since < this.#limit) return 'nothing';
    if (this.#asked) return 'end';
    this.#since = now;
    this.#asked = true;
    return 'ask';
  }
}
