/** A request half that is another one. */
import type { Awaitable, Fields, Source } from '../spec/msgi.ts';

/** Forwards every member; its iterator goes through its own `read`, so that an override holds for both (MSGI-MID-7). */
export class ForwardSource implements Source {
  protected readonly inner: Source;

  constructor(inner: Source) {
    this.inner = inner;
  }

  get ended(): boolean {
    return this.inner.ended;
  }

  get buffered(): number {
    return this.inner.buffered;
  }

  get window(): number {
    return this.inner.window;
  }

  get trailers(): Fields | null {
    return this.inner.trailers;
  }

  read(): Awaitable<Uint8Array | null> {
    return this.inner.read();
  }

  manual(): void {
    this.inner.manual();
  }

  credit(octets: number): void {
    this.inner.credit(octets);
  }

  stop(code?: number): void {
    this.inner.stop(code);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
  }
}
