/** The three faces that an application sees. Each holds one reference and forwards. */
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
} from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import { checkInteger } from '../../gateway/arguments.ts';
import { NO_FIELDS, type NodeHandling } from './handling.ts';
import type { NodeInbound } from './inbound.ts';
import type { NodeOutbound } from './outbound.ts';

function caps(push: boolean, tunnel: boolean): Caps {
  return Object.freeze({
    multiplex: true,
    duplex: true,
    push,
    inform: true,
    trailers: true,
    tunnel,
    credit: 'coarse',
    priority: 'none',
    reset: 'code',
  });
}

const CAPS = caps(false, false);
const CAPS_PUSH = caps(true, false);
const CAPS_TUNNEL = caps(false, true);

const NO_PRIORITY: Priority = Object.freeze({ scheme: 'none', urgency: 3, incremental: false, node: null });

/** Makes a promise on behalf of an exchange. */
export type Push = (parent: NodeHandling, request: PushRequest, app: App | undefined) => boolean;

export class NodeExchange implements Exchange {
  readonly #handling: NodeHandling;
  readonly #push: Push;
  #body: Source | null = null;

  constructor(handling: NodeHandling, push: Push) {
    this.#handling = handling;
    this.#push = push;
  }

  get id(): number {
    return this.#handling.id;
  }

  get request(): RequestHead {
    return this.#handling.head;
  }

  get connection(): Connection {
    return this.#handling.session.face;
  }

  get caps(): Caps {
    const { tunnel, pushed, session } = this.#handling;
    if (tunnel) return CAPS_TUNNEL;
    return !pushed && session.takesPush ? CAPS_PUSH : CAPS;
  }

  get body(): Source {
    this.#body ??= new NodeSource(this.#handling.body());
    return this.#body;
  }

  get state(): 'idle' | 'open' | 'done' | 'dead' {
    return this.#handling.phase;
  }

  get pushed(): boolean {
    return this.#handling.pushed;
  }

  get priority(): Priority {
    return NO_PRIORITY;
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
    return new NodeSink(this.#handling.start(status, fields));
  }

  push(request: PushRequest, app?: App): boolean {
    return this.#push(this.#handling, request, app);
  }

  prioritize(urgency: number, incremental = false): void {
    checkInteger('urgency', urgency, 0, 7);
    if (typeof incremental !== 'boolean') throw new TypeError('incremental is true or false');
  }

  deadline(ms: number): void {
    this.#handling.deadline(ms);
  }

  reset(code: number = ERROR_CODE.CANCEL): void {
    this.#handling.reset(code);
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#handling.watch(listener);
  }
}

class NodeSource implements Source {
  readonly #inbound: NodeInbound;

  constructor(inbound: NodeInbound) {
    this.#inbound = inbound;
  }

  get ended(): boolean {
    return this.#inbound.state === 'ended';
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

  /** Leaving the loop changes nothing: another may go on. Not through `read`, which a wrapper may have replaced. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const inbound = this.#inbound;
    for (let chunk = await inbound.read(); chunk !== null; chunk = await inbound.read()) yield chunk;
  }
}

class NodeSink implements Sink {
  readonly #outbound: NodeOutbound;

  constructor(outbound: NodeOutbound) {
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
