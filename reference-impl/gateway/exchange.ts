/** The three faces that an application sees. Each holds one reference and forwards; what is behind is in handling.ts. */
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
import { ERROR_CODE } from '../../wire/index.ts';
import { checkInteger } from './arguments.ts';
import { type Handling, NO_FIELDS } from './handling.ts';
import type { Inbound } from './inbound.ts';
import type { Outbound } from './outbound.ts';
import { push } from './promises.ts';

export class ServerExchange implements Exchange {
  readonly #handling: Handling;
  #body: Source | null = null;

  constructor(handling: Handling) {
    this.#handling = handling;
  }

  get id(): number {
    return this.#handling.id;
  }

  get request(): RequestHead {
    return this.#handling.head;
  }

  get connection(): Connection {
    return this.#handling.gateway.face;
  }

  get caps(): Caps {
    return this.#handling.gateway.caps(this.#handling);
  }

  get body(): Source {
    this.#body ??= new ServerSource(this.#handling.body());
    return this.#body;
  }

  get state(): 'idle' | 'open' | 'done' | 'dead' {
    return this.#handling.phase;
  }

  get pushed(): boolean {
    return this.#handling.promised;
  }

  get priority(): Priority {
    return this.#handling.gateway.priority(this.#handling);
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
    return new ServerSink(this.#handling.start(status, fields), this.#handling);
  }

  push(request: PushRequest, app?: App): boolean {
    return push(this.#handling, request, app);
  }

  prioritize(urgency: number, incremental = false): void {
    checkInteger('urgency', urgency, 0, 7);
    if (typeof incremental !== 'boolean') throw new TypeError('incremental is true or false');
    this.#handling.gateway.prioritize(this.#handling, urgency, incremental);
  }

  deadline(ms: number): void {
    if (ms !== Number.POSITIVE_INFINITY) checkInteger('a deadline in milliseconds', ms, 1, 2_147_483_647);
    this.#handling.gateway.setDeadline(this.#handling, ms);
  }

  reset(code: number = ERROR_CODE.CANCEL): void {
    this.#handling.reset(code);
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#handling.watch(listener);
  }
}

class ServerSource implements Source {
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

  /** Leaving the loop changes nothing: another may go on. Not by `read` of this object, which may be overridden (MSGI-MID-1). */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const inbound = this.#inbound;
    for (let chunk = await inbound.read(); chunk !== null; chunk = await inbound.read()) yield chunk;
  }
}

class ServerSink implements Sink {
  readonly #outbound: Outbound;
  readonly #handling: Handling;

  constructor(outbound: Outbound, handling: Handling) {
    this.#outbound = outbound;
    this.#handling = handling;
  }

  static lending(sink: object): Lending | null {
    return #outbound in sink ? octets => sink.#outbound.lend(octets) : null;
  }

  get window(): number {
    return this.#outbound.window;
  }

  get buffered(): number {
    return this.#handling.queued;
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

type Lending = (octets: Uint8Array) => Awaitable<void>;

/**
 * `write` of that sink for octets whose memory is the caller's again when it returns: who forwards content can read it into
 * the same memory each time. Null for a sink of somebody else, such as middleware, whose own `write` must be called.
 */
export function lending(sink: object): Lending | null {
  return ServerSink.lending(sink);
}
