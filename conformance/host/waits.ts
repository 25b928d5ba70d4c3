/** Waiting for what a host and its application do: until something has come about, or the deadline of the case has passed. */
import { DeadlinePassed } from '../outcome.ts';
import { turn } from '../peer/peer.ts';

export class Waits {
  /** The deadline of the case that is under way. */
  signal: AbortSignal = new AbortController().signal;
  readonly #waiters = new Set<() => void>();

  /** Something has happened. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Throws DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      await this.#change(what);
      await turn();
    }
  }

  #change(what: string): Promise<void> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiters.delete(changed);
        signal.removeEventListener('abort', passed);
        end();
      };
      const changed = (): void => settle(resolve);
      const passed = (): void => settle(() => reject(new DeadlinePassed(what)));
      this.#waiters.add(changed);
      signal.addEventListener('abort', passed);
      if (signal.aborted) passed();
    });
  }
}
