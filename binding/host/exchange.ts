/** The faces that an application sees at the host. Each forwards; what is behind is in handling.ts. */
import type {
  App,
  Awaitable,
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
} from '../../spec/msgi.ts';
import { NO_FIELDS } from '../fields.ts';
import { CANCEL } from './arguments.ts';
import type { Handling } from './handling.ts';
import type { Outbound } from './sink.ts';
import type { Inbound } from './source.ts';

export class HostExchange implements Exchange {
  readonly #handling: Handling;
  readonly #body: Source;

  constructor(handling: Handling) {
    this.#handling = handling;
    this.#body = new HostSource(handling.inbound);
  }

  get id(): number {
    return this.#handling.id;
  }

  get request(): RequestHead {
    return this.#handling.request;
  }

  get connection(): Connection {
    return this.#handling.connection.face;
  }

  get caps(): Caps {
    return this.#handling.caps;
  }

  get body(): Source {
    return this.#body;
  }

  get state(): 'idle' | 'open' | 'done' | 'dead' {
    return this.#handling.phase;
  }

  get pushed(): boolean {
    return this.#handling.pushed;
  }

  get priority(): Priority {
    return this.#handling.priority;
  }

  get signal(): AbortSignal {
    return this.#handling.signal;
  }

  get locals(): Record<string, unknown> {
    return this.#handling.locals;
  }

  inform(status: number, fields: Fields = NO_FIELDS): boolean {
    return this.#handling.inform(status, fields);
  }

  respond(status: number, fields: Fields = NO_FIELDS, body?: Uint8Array | string): void {
    this.#handling.respond(status, fields, body);
  }

  start(status: number, fields: Fields = NO_FIELDS): Sink {
    return new HostSink(this.#handling.start(status, fields));
  }

  push(request: PushRequest, app?: App): boolean {
    return this.#handling.push(request, app);
  }

  prioritize(urgency: number, incremental = false): void {
    this.#handling.prioritize(urgency, incremental);
  }

  deadline(ms: number): void {
    this.#handling.deadline(ms);
  }

  reset(code: number = CANCEL): void {
    this.#handling.reset(code);
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#handling.watch(listener);
  }
}

class HostSource implements Source {
  readonly #inbound: Inbound;

  constructor(inbound: Inbound) {
    this.#inbound = inbound;
  }

  get ended(): boolean {
    return this.#inbound.ended;
  }

  get buffered(): number {
    return this.#inbound.buffered;
  }

  get window(): number {
    return this.#inbound.window;
  }

  get trailers(): Fields | null {
    return this.#inbound.trailers;
  }

  read(): Awaitable<Uint8Array | null> {
    return this.#inbound.read();
  }

  manual(): void {
    this.#inbound.manual();
  }

  credit(octets: number): void {
    this.#inbound.credit(octets);
  }

  stop(code?: number): void {
    this.#inbound.stop(code);
  }

  /** Reads behind the face: a wrapper that overrides `read` has an iterator of its own (MSGI-MID-1). */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const inbound = this.#inbound;
    for (let chunk = await inbound.read(); chunk !== null; chunk = await inbound.read()) yield chunk;
  }
}

class HostSink implements Sink {
  readonly #outbound: Outbound;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  get window(): number {
    return this.#outbound.window;
  }

  get buffered(): number {
    return this.#outbound.buffered;
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    return this.#outbound.write(chunk);
  }

  ready(): Awaitable<number> {
    return this.#outbound.ready();
  }

  end(trailers?: Fields): Awaitable<void> {
    return this.#outbound.end(trailers);
  }
}
