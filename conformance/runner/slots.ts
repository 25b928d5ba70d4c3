/**
 * Places for cases under way. A case that only waits for a close or a time limit gives its place back meanwhile, and then
 * goes on at once, be there a place or not: its own clock runs, and those that have not begun can wait.
 */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async hold<T>(work: (idle: <W>(wait: Promise<W>) => Promise<W>) => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await work(wait => this.#idle(wait));
    } finally {
      this.#give();
    }
  }

  async #idle<T>(wait: Promise<T>): Promise<T> {
    this.#give();
    try {
      return await wait;
    } finally {
      this.#free -= 1;
    }
  }

  #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise(resolve => this.#queue.push(resolve));
  }

  #give(): void {
    this.#free += 1;
    const next = this.#free > 0 ? this.#queue.shift() : undefined;
    if (next === undefined) return;
    this.#free -= 1;
    next();
  }
}
