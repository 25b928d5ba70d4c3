/** Listeners of one exchange: called in order, never inside a call that the application makes; `close` comes once and last. */
import type { Close, Notice } from '../../spec/msgi.ts';

type Listener = (notice: Notice) => void;

interface Entry {
  readonly call: Listener;
  /** What it will be told when its turn comes. */
  readonly due: Notice[];
}

export class Notices {
  readonly #listeners = new Set<Entry>();
  readonly #report: (error: unknown) => void;
  #drained = false;
  #close: Close | null = null;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** A listener that comes late is told in the next turn what has happened, and what happens until then behind it. */
  watch(call: Listener): () => void {
    const entry: Entry = { call, due: [] };
    this.#listeners.add(entry);
    if (this.#drained) entry.due.push({ type: 'drain' });
    if (this.#close !== null) entry.due.push(this.#close);
    if (entry.due.length > 0) setImmediate(() => this.#give(entry));
    return () => void this.#listeners.delete(entry);
  }

  tell(notice: Notice): void {
    if (this.#close !== null || (notice.type === 'drain' && this.#drained)) return;
    if (notice.type === 'drain') this.#drained = true;
    if (notice.type === 'close') this.#close = notice;
    for (const entry of this.#listeners) {
      entry.due.push(notice);
      if (entry.due.length === 1) queueMicrotask(() => this.#give(entry));
    }
  }

  #give(entry: Entry): void {
    for (let notice = entry.due[0]; notice !== undefined; notice = entry.due[0]) {
      if (!this.#listeners.has(entry)) return;
      try {
        entry.call(notice);
      } catch (error) {
        this.#report(error);
      }
      entry.due.shift();
    }
  }
}
