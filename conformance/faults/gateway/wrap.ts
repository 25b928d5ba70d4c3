/**
 * Faults of a gateway: between a sound server and the kit's application stands a wrapper with one deviation, so that the
 * pair behaves like a server with it. It forwards everything else. Production code knows nothing of it.
 */
import type { App, Connection, Exchange, Fields, Notice, PushRequest, Sink, Source } from '../../../spec/msgi.ts';

/** An exchange that forwards to another one, for `withMembers`. */
export class Forwarded implements Exchange {
  readonly #inner: Exchange;

  constructor(inner: Exchange) {
    this.#inner = inner;
  }

  get id(): number {
    return this.#inner.id;
  }
  get request(): Exchange['request'] {
    return this.#inner.request;
  }
  get connection(): Connection {
    return this.#inner.connection;
  }
  get caps(): Exchange['caps'] {
    return this.#inner.caps;
  }
  get body(): Source {
    return this.#inner.body;
  }
  get state(): Exchange['state'] {
    return this.#inner.state;
  }
  get pushed(): boolean {
    return this.#inner.pushed;
  }
  get priority(): Exchange['priority'] {
    return this.#inner.priority;
  }
  get signal(): AbortSignal {
    return this.#inner.signal;
  }
  get locals(): Record<string, unknown> {
    return this.#inner.locals;
  }
  inform(status: number, fields?: Fields): boolean {
    return this.#inner.inform(status, fields);
  }
  respond(status: number, fields?: Fields, body?: Uint8Array | string): void {
    this.#inner.respond(status, fields, body);
  }
  start(status: number, fields?: Fields): Sink {
    return this.#inner.start(status, fields);
  }
  push(request: PushRequest, app?: App): boolean {
    return this.#inner.push(request, app);
  }
  prioritize(urgency: number, incremental?: boolean): void {
    this.#inner.prioritize(urgency, incremental);
  }
  deadline(ms: number): void {
    this.#inner.deadline(ms);
  }
  reset(code?: number): void {
    this.#inner.reset(code);
  }
  watch(listener: (notice: Notice) => void): () => void {
    return this.#inner.watch(listener);
  }
}

/** A source that forwards: a fault extends it, overrides what it does wrong, and calls `super` for the rest. */
export class ForwardedSource implements Source {
  readonly #inner: Source;

  constructor(inner: Source) {
    this.#inner = inner;
  }

  get ended(): boolean {
    return this.#inner.ended;
  }
  get buffered(): number {
    return this.#inner.buffered;
  }
  get window(): number {
    return this.#inner.window;
  }
  get trailers(): Fields | null {
    return this.#inner.trailers;
  }
  read(): ReturnType<Source['read']> {
    return this.#inner.read();
  }
  manual(): void {
    this.#inner.manual();
  }
  credit(octets: number): void {
    this.#inner.credit(octets);
  }
  stop(code?: number): void {
    this.#inner.stop(code);
  }
  /** By `read`, so that a fault in `read` shows here as well. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
  }
}

/** The same for a sink. */
export class ForwardedSink implements Sink {
  readonly #inner: Sink;

  constructor(inner: Sink) {
    this.#inner = inner;
  }

  get window(): number {
    return this.#inner.window;
  }
  get buffered(): number {
    return this.#inner.buffered;
  }
  write(chunk: Uint8Array | string): ReturnType<Sink['write']> {
    return this.#inner.write(chunk);
  }
  ready(): ReturnType<Sink['ready']> {
    return this.#inner.ready();
  }
  end(trailers?: Fields): ReturnType<Sink['end']> {
    return this.#inner.end(trailers);
  }
}

/** The application is given what `face` makes of each exchange. */
export const facing =
  (face: (x: Exchange) => Exchange): ((app: App) => App) =>
  app =>
  x =>
    app(face(x));

/** The exchange with some members in place of its own. */
export function withMembers(inner: Exchange, members: Partial<Exchange>): Exchange {
  return Object.defineProperties(new Forwarded(inner), Object.getOwnPropertyDescriptors(members)) as Exchange;
}

/** The application hears nothing of a drain. */
export const deaf = facing(x =>
  withMembers(x, {
    watch: listener =>
      x.watch(notice => {
        if (notice.type !== 'drain') listener(notice);
      }),
  }),
);
