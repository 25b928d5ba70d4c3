/** Places for cases under way. A case that only waits for a close or a time limit gives its place back meanwhile. */
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
      await this.#take();
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
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
