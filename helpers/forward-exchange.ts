/** An exchange that is another one: the base of middleware. */
import type {
  App,
  Caps,
  Connection,
  Exchange,
  Fields,
  Notice,
  Priority,
  PushRequest,
  RequestHead,
  Sink,
  Source,
} from '../spec/msgi.ts';

/**
 * Forwards every member, live ones included. A wrapper extends it and overrides what it means to change (section 12.1);
 * `inner` is the exchange below. Who overrides `start` changes `respond` in the same way (MSGI-MID-6), and who takes a
 * capability away says so in `caps` (MSGI-MID-9).
 */
export class ForwardExchange implements Exchange {
  protected readonly inner: Exchange;

  constructor(inner: Exchange) {
    this.inner = inner;
  }

  get id(): number {
    return this.inner.id;
  }

  get request(): RequestHead {
    return this.inner.request;
  }

  get connection(): Connection {
    return this.inner.connection;
  }

  get caps(): Caps {
    return this.inner.caps;
  }

  get body(): Source {
    return this.inner.body;
  }

  get state(): Exchange['state'] {
    return this.inner.state;
  }

  get pushed(): boolean {
    return this.inner.pushed;
  }

  get priority(): Priority {
    return this.inner.priority;
  }

  get signal(): AbortSignal {
    return this.inner.signal;
  }

  get locals(): Record<string, unknown> {
    return this.inner.locals;
  }

  inform(status: number, fields?: Fields): boolean {
    return this.inner.inform(status, fields);
  }

  respond(status: number, fields?: Fields, body?: Uint8Array | string): void {
    this.inner.respond(status, fields, body);
  }

  start(status: number, fields?: Fields): Sink {
    return this.inner.start(status, fields);
  }

  push(request: PushRequest, app?: App): boolean {
    return this.inner.push(request, app);
  }

  prioritize(urgency: number, incremental?: boolean): void {
    this.inner.prioritize(urgency, incremental);
  }

  deadline(ms: number): void {
    this.inner.deadline(ms);
  }

  reset(code?: number): void {
    this.inner.reset(code);
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.inner.watch(listener);
  }
}
