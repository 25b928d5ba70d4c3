/** Listeners of one exchange (section 3.7): called in order, never inside a call of the application's; `close` is the last. */
import type { Close, Notice } from '../../spec/msgi.ts';

interface Entry {
  readonly call: (notice: Notice) => void;
  /** What it will be told when its turn comes. */
  readonly due: Notice[];
}

export class Notices {
  readonly #entries = new Set<Entry>();
  readonly #report: (error: unknown) => void;
  #drained = false;
  #close: Close | null = null;

  /** `report` is told of listeners that throw (MSGI-NOTE-3). */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** What has happened already comes in a later turn (MSGI-NOTE-4). */
  watch(call: (notice: Notice) => void): () => void {
    const entry: Entry = { call, due: [] };
    this.#entries.add(entry);
    if (this.#drained) entry.due.push({ type: 'drain' });
    if (this.#close !== null) entry.due.push(this.#close);
    if (entry.due.length > 0) setImmediate(() => this.#give(entry));
    return () => void this.#entries.delete(entry);
  }

  tell(notice: Notice): void {
    if (this.#close !== null || (notice.type === 'drain' && this.#drained)) return;
    if (notice.type === 'drain') this.#drained = true;
    if (notice.type === 'close') this.#close = notice;
    for (const entry of this.#entries) {
      entry.due.push(notice);
      if (entry.due.length === 1) queueMicrotask(() => this.#give(entry));
    }
  }

  /** A notice stays in the list while its call runs, so that one that comes meanwhile is not given out of order. */
  #give(entry: Entry): void {
    for (let [notice] = entry.due; notice !== undefined; [notice] = entry.due) {
      if (!this.#entries.has(entry)) return;
      try {
        entry.call(notice);
      } catch (error) {
        this.#report(error);
      }
      entry.due.shift();
    }
  }
}
