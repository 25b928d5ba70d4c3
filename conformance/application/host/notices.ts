/** Notices to the listeners of one exchange, each in a later turn and in order (section 3.7). */
import type { Notice } from '../../../spec/msgi.ts';

interface Listener {
  readonly tell: (notice: Notice) => void;
  on: boolean;
}

export class Notices {
  readonly #later: (action: () => void) => void;
  readonly #listeners: Listener[] = [];
  readonly #kept: Notice[] = [];

  readonly #threw: (error: unknown) => void;

  constructor(later: (action: () => void) => void, threw: (error: unknown) => void) {
    this.#later = later;
    this.#threw = threw;
  }

  watch(tell: (notice: Notice) => void): () => void {
    const listener = { tell, on: true };
    this.#listeners.push(listener);
    for (const notice of this.#kept) this.#give(listener, notice);
    return () => {
      listener.on = false;
    };
  }

  tell(notice: Notice): void {
    if (notice.type !== 'priority') this.#kept.push(notice);
    for (const listener of this.#listeners) this.#give(listener, notice);
  }

  #give(listener: Listener, notice: Notice): void {
    this.#later(() => {
      if (!listener.on) return;
      try {
        listener.tell(notice);
      } catch (error) {
        // A failure of the application that its server takes and reports (MSGI-NOTE-3).
        this.#threw(error);
      }
    });
  }
}
