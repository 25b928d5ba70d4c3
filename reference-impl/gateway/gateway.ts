/** One connection between the engine and an application: makes exchanges of requests and runs the application on them. */
import type { Address, App, Awaitable, Connection, Fields, Tls } from '../../spec/msgi.ts';
import { ERROR_CODE, type ErrorCode } from '../../wire/index.ts';
import { type ConnectionListener, Http2Connection } from '../engine/connection.ts';
import type { Http2Error } from '../engine/errors.ts';
import type { Limits } from '../engine/limits.ts';
import type { Request } from '../engine/request-head.ts';
import type { Stream } from '../engine/stream.ts';
import type { Applications } from './applications.ts';
import { ServerExchange } from './exchange.ts';
import { Handling, NO_FIELDS } from './handling.ts';

/** What all connections of a server share. */
export interface Host {
  readonly app: App;
  readonly applications: Applications;
  readonly limits: Limits;
  /** Protocols of CONNECT that the application is invoked for, in lower case, "" for plain CONNECT (MSGI-TUN-1). */
  readonly protocols: ReadonlySet<string>;
  /** Authorities that may be pushed besides that of the parent, in lower case (MSGI-PUSH-9). */
  readonly authorities: ReadonlySet<string>;
  /** The value of the date field now, kept up by the server's one timer. */
  readonly clock: { readonly date: string };
  /** How long the peer may keep a response, or an application that reads a request, waiting: milliseconds. */
  readonly sendTimeout: number;
  readonly receiveTimeout: number;
  /** A failure of the application or of the server itself. Does not throw. */
  readonly report: (error: unknown, what: string) => void;
  /** A connection has ended for an error, of either side, or for a limit. Does not throw. */
  readonly failed: (failure: ConnectionFailure) => void;
}

/** Why a connection was closed that was not in good order. */
export interface ConnectionFailure {
  readonly peer: Address | null;
  /** Of the GOAWAY; null where the transport was dropped without one. */
  readonly code: ErrorCode | null;
  /** The rule that was broken, or the limit that was met, with its section. Quotes nothing of the peer's. */
  readonly rule: string;
}

/** What the transport of one connection does for it. */
export interface Transport {
  readonly peer: Address | null;
  readonly local: Address | null;
  readonly tls: Tls | null;
  /** There is output. */
  wake(): void;
  /** Flush what is there, then close. */
  close(): void;
}

/** Milliseconds that the peer has to answer the PING of a drain before the final GOAWAY is sent anyway. */
const DRAIN_LIMIT = 1000;

export class Gateway implements ConnectionListener {
  readonly http2: Http2Connection;
  readonly face: Connection;
  readonly #host: Host;
  readonly #transport: Transport;
  /** Exchanges that the timer has to look at. */
  readonly #timed = new Set<Handling>();
  /** The exchange whose application is being called: it is not among the streams yet. */
  #invoked: Handling | null = null;
  #drainedAt = Number.POSITIVE_INFINITY;

  constructor(host: Host, transport: Transport) {
    this.#host = host;
    this.#transport = transport;
    const extended = [...host.protocols].some(protocol => protocol !== '');
    this.http2 = new Http2Connection(this, host.limits, extended);
    this.face = connectionFace(this.http2, transport, () => this.drain());
  }

  get date(): string {
    return this.#host.clock.date;
  }

  get initialWindow(): number {
    return this.#host.limits.initialWindow;
  }

  get outputMark(): number {
    return this.#host.limits.outputMark;
  }

  open(id: number, receiveWindow: number, sendWindow: number): Stream {
    return new Handling(this, id, receiveWindow, sendWindow);
  }

  request(stream: Stream, request: Request): void {
    const handling = stream as Handling;
    handling.begin(request);
    if (request.head.method === 'CONNECT' && !this.#host.protocols.has(request.head.protocol.toLowerCase())) {
      // Not listed, so no application answers for a tunnel that is not there.
      handling.respond(501, NO_FIELDS, undefined);
      handling.settle();
      return;
    }
    this.#invoked = handling;
    this.#run(handling);
    this.#invoked = null;
  }

  /** Whether exchanges of that authority may be promised on one of `parent`. */
  serves(authority: string, parent: string): boolean {
    const name = authority.toLowerCase();
    return name !== '' && (name === parent.toLowerCase() || this.#host.authorities.has(name));
  }

  /** Promises a request, and runs `app`, or what is hosted, on it in a later turn (MSGI-PUSH-14). */
  promise(parent: Handling, section: Fields, request: Request, app: App = this.#host.app): boolean {
    const handling = this.http2.promise(parent, section) as Handling | null;
    if (handling === null) return false;
    handling.begin(request);
    this.#follow(
      handling,
      new Promise(resolve => setImmediate(resolve)).then(() => app(new ServerExchange(handling))),
    );
    return true;
  }

  #run(handling: Handling): void {
    const { app } = this.#host;
    let result: Awaitable<void>;
    try {
      result = app(new ServerExchange(handling));
    } catch (error) {
      this.#threw(handling, error);
      return;
    }
    if (result === undefined) this.#fulfilled(handling);
    else this.#follow(handling, result);
  }

  #follow(handling: Handling, result: PromiseLike<void>): void {
    this.#host.applications.follow(
      result,
      () => this.#fulfilled(handling),
      error => this.#threw(handling, error),
    );
  }

  #fulfilled(handling: Handling): void {
    if (handling.phase === 'idle') this.#unanswered(handling, new Error('no response: the application returned'));
    else if (handling.phase === 'open') this.#unended(handling, new Error('not ended: the application returned'));
    handling.settle();
  }

  #threw(handling: Handling, error: unknown): void {
    if (handling.phase === 'idle') this.#unanswered(handling, error);
    else if (handling.phase === 'open') this.#unended(handling, error);
    else if (!handling.owns(error)) this.report(error, handling);
    handling.settle();
  }

  #unanswered(handling: Handling, error: unknown): void {
    this.report(error, handling);
    handling.respond(500, NO_FIELDS, undefined);
  }

  #unended(handling: Handling, error: unknown): void {
    this.report(error, handling);
    handling.fail(ERROR_CODE.INTERNAL_ERROR, 'app', 'the application has failed');
  }

  report(error: unknown, handling: Handling): void {
    this.#host.report(error, `${handling.head.method} on stream ${handling.id}`);
  }

  output(): void {
    this.#transport.wake();
  }

  close(error: Http2Error | null): void {
    if (error !== null) this.#host.failed({ peer: this.#transport.peer, code: error.code, rule: error.message });
    this.#transport.close();
  }

  fault(error: unknown): void {
    this.#host.report(error, 'the connection');
  }

  /** No new streams; every live exchange is told. */
  drain(): void {
    if (this.http2.draining) return;
    this.#drainedAt = performance.now();
    this.http2.drain();
    this.#invoked?.tell({ type: 'drain' });
    for (const stream of this.http2.streams()) (stream as Handling).tell({ type: 'drain' });
  }

  /** The grace time is over: what still runs is cancelled. */
  cancel(): void {
    this.http2.finishDrain();
    for (const stream of [...this.http2.streams()]) (stream as Handling).limit('the server is stopping');
  }

  setDeadline(handling: Handling, ms: number): void {
    if (handling.phase === 'dead') return;
    handling.withExtras().deadline = performance.now() + ms;
    if (ms === Number.POSITIVE_INFINITY) this.#timed.delete(handling);
    else this.#timed.add(handling);
  }

  /** The server's coarse timer: deadlines, and peers that do not let content go. */
  tick(now: number): void {
    if (now - this.#drainedAt >= DRAIN_LIMIT) this.http2.finishDrain();
    for (const handling of this.#timed) {
      const { deadline } = handling.withExtras();
      if (deadline === Number.POSITIVE_INFINITY) {
        this.#timed.delete(handling);
      } else if (deadline <= now) {
        this.#timed.delete(handling);
        handling.limit('the deadline of the exchange has passed');
      }
    }
    for (const stream of this.http2.streams()) this.#checkWaits(stream as Handling, now);
  }

  #checkWaits(handling: Handling, now: number): void {
    if (this.#keepsUsWaiting(handling, now)) handling.limit('the peer has taken no content for too long');
    else if (this.#isTooSlow(handling, now)) handling.limit('the request comes too slowly', 408);
  }

  /** Content that has a window and waits all the same waits for the transport, which has a limit of its own. */
  #keepsUsWaiting(handling: Handling, now: number): boolean {
    const waiting = (handling.queued > 0 || (handling.outbound?.waiting ?? false)) && !this.http2.windowOpen(handling);
    if (!waiting && handling.extras === null) return false;
    const { sending } = handling.withExtras();
    return sending.look(now, waiting, handling.sent - handling.queued) >= this.#host.sendTimeout;
  }

  /** Once the response has begun, both sides may be silent for as long as they like: the application has its deadline. */
  #isTooSlow(handling: Handling, now: number): boolean {
    const reading = handling.inbound?.reading ?? false;
    // A transport that takes nothing is not read either.
    const waiting = reading && handling.phase === 'idle' && handling.receiveWindow > 0 && this.http2.sender.writable;
    if (!waiting && handling.extras === null) return false;
    const { receiving } = handling.withExtras();
    return receiving.look(now, waiting, handling.received) >= this.#host.receiveTimeout;
  }
}

function connectionFace(http2: Http2Connection, transport: Transport, drain: () => void): Connection {
  let locals: Record<string, unknown> | null = null;
  return {
    get peer() {
      return transport.peer;
    },
    get local() {
      return transport.local;
    },
    get tls() {
      return transport.tls;
    },
    tree: null,
    get draining() {
      return http2.draining;
    },
    get locals() {
      locals ??= Object.create(null) as Record<string, unknown>;
      return locals;
    },
    drain,
  };
}
