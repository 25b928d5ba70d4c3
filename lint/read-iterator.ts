/** `for await` over a source: the server's own iterator, looked at as its `read` is. */
import type { Source } from '../spec/msgi.ts';
import type { Judge } from './judge.ts';
import type { LintSource } from './source.ts';

export class ReadIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #inner: AsyncIterator<Uint8Array>;
  readonly #body: Source;
  readonly #source: LintSource;
  readonly #judge: Judge;
  /** The loop was left, or has ended: what `next` gives from now on says nothing of the request. */
  #over = false;

  constructor(inner: AsyncIterator<Uint8Array>, body: Source, source: LintSource, judge: Judge) {
    this.#inner = inner;
    this.#body = body;
    this.#source = source;
    this.#judge = judge;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An iterator may queue a second `next`, so no TypeError is owed for it. */
  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#over) return this.#inner.next();
    const wrong = this.#source.beforeRead();
    const before = this.#body.window;
    const open = wrong === null ? null : { ...wrong, open: true };
    this.#judge.enter('next', open);
    let result: Promise<IteratorResult<Uint8Array>>;
    try {
      result = this.#inner.next();
    } catch (error) {
      this.#judge.threw('next', error, open);
      throw error;
    }
    this.#judge.took('next', open);
    this.#source.afterNext(result, before);
    result.then(this.#took, this.#failed);
    return result;
  }

  readonly #took = ({ done, value }: IteratorResult<Uint8Array>): void => {
    if (done) this.#over = true;
    this.#source.took(done ? null : value);
  };

  readonly #failed = (error: unknown): void => {
    this.#over = true;
    this.#source.failed(error);
  };

  /** Leaving the loop changes nothing (MSGI-LIFE-39). */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.#over = true;
    return this.#inner.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }
}
