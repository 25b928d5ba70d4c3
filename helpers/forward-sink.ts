/** A response half that is another one. */
import type { Awaitable, Fields, Sink } from '../spec/msgi.ts';

/** Forwards every member. */
export class ForwardSink implements Sink {
  protected readonly inner: Sink;

  constructor(inner: Sink) {
    this.inner = inner;
  }

  get window(): number {
    return this.inner.window;
  }

  get buffered(): number {
    return this.inner.buffered;
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    return this.inner.write(chunk);
  }

  ready(): Awaitable<number> {
    return this.inner.ready();
  }

  end(trailers?: Fields): Awaitable<void> {
    return this.inner.end(trailers);
  }
}
