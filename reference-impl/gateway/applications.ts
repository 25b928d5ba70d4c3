/** Applications at work: what a server waits for before it stops them. */
export class Applications {
  #running = 0;
  #givenUp = false;
  #idle: (() => void) | null = null;

  /** Follows the promise of one. Neither end may throw. */
  follow(result: PromiseLike<unknown>, fulfilled: () => void, rejected: (error: unknown) => void): void {
    this.#running += 1;
    Promise.resolve(result).then(
      () => {
        fulfilled();
        this.#settled();
      },
      (error: unknown) => {
        rejected(error);
        this.#settled();
      },
    );
  }

  /** Settles when none is running, or they have been given up. */
  async idle(): Promise<void> {
    if (this.#running === 0 || this.#givenUp) return;
    await new Promise<void>(resolve => {
      this.#idle = resolve;
    });
  }

  giveUp(): void {
    this.#givenUp = true;
    this.#idle?.();
  }

  #settled(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.();
  }
}
