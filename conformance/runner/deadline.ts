/** The one clock of a try: it runs while the case waits for the subject, and stands while the case sits out a time limit. */

/** Milliseconds that the clock stands at most: what a case sits out has a limit of its own. */
const MOST_IDLE_MS = 60_000;

export class Deadline {
  readonly #controller = new AbortController();
  #left: number;
  #since = 0;
  #idle = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `ms` milliseconds from now on. */
  constructor(ms: number) {
    this.#left = ms;
    this.#run();
  }

  /** Aborted when the time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for something that ends by itself. */
  async idle<T>(wait: Promise<T>): Promise<T> {
    if (this.#idle === 0) this.#stand();
    this.#idle += 1;
    try {
      return await wait;
    } finally {
      this.#idle -= 1;
      if (this.#idle === 0) this.#run();
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#arm(Math.max(0, this.#left));
    this.#since = performance.now();
  }

  #stand(): void {
    this.#left -= performance.now() - this.#since;
    this.#arm(MOST_IDLE_MS);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }
}
