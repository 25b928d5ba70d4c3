/** One listener's notices: their order, and when they may come (section 3.7). */
import type { Notice } from '../spec/msgi.ts';
import type { Judge } from './judge.ts';

export class LintListener {
  /** What the server is given. */
  readonly listener: (notice: Notice) => void;
  readonly #judge: Judge;
  #drained = false;
  #closed = false;
  #removed = false;

  constructor(judge: Judge, listener: (notice: Notice) => void) {
    this.#judge = judge;
    this.listener = notice => {
      this.#look(notice);
      listener(notice);
    };
  }

  removed(): void {
    this.#removed = true;
  }

  #look({ type }: Notice): void {
    const judge = this.#judge;
    if (judge.depth > 0) judge.server('MSGI-NOTE-1', `the notice ${type} inside a call of the application's`);
    if (this.#removed) judge.server('MSGI-NOTE-6', `the notice ${type} to a listener that was removed`);
    if (this.#closed) judge.server('MSGI-NOTE-5', `the notice ${type} after close`);
    if (type === 'drain' && this.#drained) judge.server('MSGI-NOTE-8', 'a second notice drain');
    if (type === 'drain') this.#drained = true;
    if (type === 'close') this.#closed = true;
  }
}
