/** Listeners of one exchange: called in order, never inside a call that the application makes; `close` comes once and last. */
import type { Close, Notice } from '../../spec/msgi.ts';

type Listener = (notice: Notice) => void;

export class Notices {
  readonly #listeners = new Set<{ readonly call: Listener }>();
  readonly #report: (error: unknown) => void;
  #drained = false;
  #close: Close | null = null;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  watch(call: Listener): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    const late: Notice[] = [];
    if (this.#drained) late.push({ type: 'drain' });
    if (this.#close !== null) late.push(this.#close);
    if (late.length > 0) setImmediate(() => this.#give(entry, late));
    return () => void this.#listeners.delete(entry);
  }

  tell(notice: Notice): void {
    if (this.#close !== null || (notice.type === 'drain' && this.#drained)) return;
    if (notice.type === 'drain') this.#drained = true;
    if (notice.type === 'close') this.#close = notice;
    const entries = [...this.#listeners];
    queueMicrotask(() => {
      for (const entry of entries) this.#give(entry, [notice]);
    });
  }

  #give(entry: { readonly call: Listener }, notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (!this.#listeners.has(entry)) return;
      try {
        entry.call(notice);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
