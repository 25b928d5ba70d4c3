/** Gates of all attempts: closed until the case releases them, open for good once the attempt is over. */
export class Gates {
  readonly #attempts = new Map<string, Attempt>();
  /** Attempts that are over; what still comes of them waits nowhere. */
  readonly #over = new Set<string>();

  /** Nobody is there to release any: a process that is to end must not wait for it. */
  #abandoned = false;

  pass(attempt: string, key: string, gate: string): Promise<void> {
    if (this.#abandoned || this.#over.has(attempt)) return Promise.resolve();
    const { released, waiting } = this.#of(attempt);
    const name = `${key} ${gate}`;
    if (released.has(name)) return Promise.resolve();
    return new Promise(resolve => {
      waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
    });
  }

  release(attempt: string, key: string, gate: string): void {
    const { released, waiting } = this.#of(attempt);
    const name = `${key} ${gate}`;
    released.add(name);
    for (const resolve of waiting.get(name) ?? []) resolve();
    waiting.delete(name);
  }

  end(attempt: string): void {
    for (const resolves of this.#attempts.get(attempt)?.waiting.values() ?? [])
      for (const resolve of resolves) resolve();
    this.#attempts.delete(attempt);
    this.#over.add(attempt);
  }

  /** The kit has gone. */
  abandon(): void {
    this.#abandoned = true;
    for (const attempt of [...this.#attempts.keys()]) this.end(attempt);
  }

  #of(attempt: string): Attempt {
    const known = this.#attempts.get(attempt) ?? { released: new Set(), waiting: new Map() };
    this.#attempts.set(attempt, known);
    return known;
  }
}

interface Attempt {
  readonly released: Set<string>;
  readonly waiting: Map<string, readonly (() => void)[]>;
}
