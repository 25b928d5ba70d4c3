/** One connection between the engine and an application: makes exchanges of requests and runs the application on them. */
import type { Address, App, Connection, Tls } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';
import { type ConnectionListener, Http2Connection } from '../engine/connection.ts';
import type { Http2Error } from '../engine/errors.ts';
import type { Limits } from '../engine/limits.ts';
import type { Request } from '../engine/request-head.ts';
import type { Stream } from '../engine/stream.ts';
import { ServerExchange } from './exchange.ts';
import { Handling, NO_FIELDS } from './handling.ts';

/** What all connections of a server share. */
export interface Host {
  readonly app: App;
  readonly limits: Limits;
  /** The value of the date field now, kept up by the server's one timer. */
  readonly clock: { readonly date: string };
  /** How long sending may be blocked by the peer, milliseconds. */
  readonly sendTimeout: number;
  /** A failure of the application or of the server itself. */
  readonly report: (error: unknown, what: string) => void;
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
  #drainedAt = Number.POSITIVE_INFINITY;

  constructor(host: Host, transport: Transport) {
    this.#host = host;
    this.#transport = transport;
    this.http2 = new Http2Connection(this, host.limits);
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
    if (request.head.method === 'CONNECT') {
      // No protocol is listed, plain CONNECT included: no application answers for a tunnel that is not there.
      handling.respond(501, NO_FIELDS, undefined);
      handling.settle();
      return;
    }
    this.#run(handling);
  }

  #run(handling: Handling): void {
    const { app } = this.#host;
    let result: unknown;
    try {
      result = app(new ServerExchange(handling));
    } catch (error) {
      this.#threw(handling, error);
      return;
    }
    if (result === undefined) {
      this.#fulfilled(handling);
    } else {
      Promise.resolve(result).then(
        () => this.#fulfilled(handling),
        (error: unknown) => this.#threw(handling, error),
      );
    }
  }

  #fulfilled(handling: Handling): void {
    if (handling.phase === 'idle') this.#unanswered(handling, new Error('no response: the application returned'));
    else if (handling.phase === 'open') this.#unended(handling, new Error('not ended: the application returned'));
    handling.settle();
  }

  #threw(handling: Handling, error: unknown): void {
    if (handling.phase === 'idle') this.#unanswered(handling, error);
    else if (handling.phase === 'open') this.#unended(handling, error);
    else if (error !== handling.error || handling.error === null) this.report(error, handling);
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

  close(_error: Http2Error | null): void {
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
    for (const stream of this.http2.streams()) this.#checkBlocked(stream as Handling, now);
  }

  #checkBlocked(handling: Handling, now: number): void {
    if (handling.queued === 0 && !(handling.outbound?.waiting ?? false)) return;
    const extras = handling.withExtras();
    const sent = handling.sent - handling.queued;
    if (this.http2.sender.room(handling) > 0 || extras.blockedSent !== sent) {
      extras.blockedSince = Number.POSITIVE_INFINITY;
      extras.blockedSent = sent;
    } else if (extras.blockedSince === Number.POSITIVE_INFINITY) {
      extras.blockedSince = now;
    } else if (now - extras.blockedSince >= this.#host.sendTimeout) {
      handling.limit('the peer has taken no content for too long');
    }
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
