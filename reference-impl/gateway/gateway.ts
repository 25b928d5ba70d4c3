/** One connection between the engine and an application: makes exchanges of requests and runs the application on them. */
import type { Address, App, Caps, Connection, Fields, Priority, PriorityNode, Tls } from '../../spec/msgi.ts';
import type { ErrorCode } from '../../wire/index.ts';
import { type ConnectionListener, Http2Connection } from '../engine/connection.ts';
import type { Http2Error } from '../engine/errors.ts';
import type { Limits } from '../engine/limits.ts';
import type { PriorityPolicy } from '../engine/priorities.ts';
import type { Request } from '../engine/request-head.ts';
import type { Stream } from '../engine/stream.ts';
import type { Applications } from './applications.ts';
import type { Carrier } from './carrier.ts';
import { Deadlines } from './deadlines.ts';
import { lending, ServerExchange } from './exchange.ts';
import { Handling, NO_FIELDS } from './handling.ts';
import { follow, invoke, reportFailure } from './invocation.ts';
import { capsByPriority, priorityOf, viewOf } from './priority-view.ts';
import { checkWaits } from './waits.ts';

/** What all connections of a server share. */
export interface Host {
  readonly app: App;
  readonly applications: Applications;
  readonly limits: Limits;
  /** Protocols of CONNECT that the application is invoked for, in lower case, "" for plain CONNECT (MSGI-TUN-1). */
  readonly protocols: ReadonlySet<string>;
  /** Authorities that may be pushed besides that of the parent, in lower case (MSGI-PUSH-9). */
  readonly authorities: ReadonlySet<string>;
  /** Of HTTP/1.1: its clients read while they send, and take 103. */
  readonly duplex: boolean;
  readonly earlyHints: boolean;
  /** Signals of priority that are taken; all of them by default. */
  readonly priority?: PriorityPolicy;
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

/** Who is at the ends of a connection. */
export interface Ends {
  readonly peer: Address | null;
  readonly local: Address | null;
  readonly tls: Tls | null;
}

/** What the transport of one connection does for it. */
export interface Transport extends Ends {
  /** There is output. */
  wake(): void;
  /** Flush what is there, then close. */
  close(): void;
}

/** Milliseconds that the peer has to answer the PING of a drain before the final GOAWAY is sent anyway. */
const DRAIN_LIMIT = 1000;

/** What exchanges of this server can do: ordinary ones, those that promises can be made on, and tunnels. */
const ORDINARY: Caps = Object.freeze({
  multiplex: true,
  duplex: true,
  push: false,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'none',
  reset: 'code',
});
const CAPS = capsByPriority(ORDINARY);
const PUSH_CAPS = capsByPriority({ ...ORDINARY, push: true });
const TUNNEL_CAPS = capsByPriority({ ...ORDINARY, tunnel: true });

export class Gateway implements Carrier, ConnectionListener {
  readonly wire: Http2Connection;
  readonly face: Connection;
  readonly #host: Host;
  readonly #transport: Transport;
  readonly #deadlines = new Deadlines();
  /** The exchange whose application is being called: it is not among the streams yet. */
  #invoked: Handling | null = null;
  #drainedAt = Number.POSITIVE_INFINITY;

  constructor(host: Host, transport: Transport) {
    this.#host = host;
    this.#transport = transport;
    const extended = [...host.protocols].some(protocol => protocol !== '');
    this.wire = new Http2Connection(this, host.limits, {
      extendedConnect: extended,
      policy: host.priority,
      allocate: octets => Buffer.allocUnsafeSlow(octets),
    });
    const tree = (): PriorityNode | null => viewOf(this.wire.priorities.root(this.#invoked));
    const room = (id: number): number => this.#room(id);
    this.face = connectionFace(this.wire, transport, tree, room, () => this.drain());
  }

  get date(): string {
    return this.#host.clock.date;
  }

  get withheld(): number {
    return this.#host.limits.initialWindow / 2;
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
    invoke(this.#host, handling);
    this.#invoked = null;
  }

  /** Whether exchanges of that authority may be promised on one of `parent`. */
  serves(authority: string, parent: string): boolean {
    const name = authority.toLowerCase();
    return name !== '' && (name === parent.toLowerCase() || this.#host.authorities.has(name));
  }

  /** Promises a request, and runs `app`, or what is hosted, on it in a later turn (MSGI-PUSH-14). */
  promise(parent: Handling, section: Fields, request: Request, app: App = this.#host.app): boolean {
    const handling = this.wire.promise(parent, section) as Handling | null;
    if (handling === null) return false;
    this.wire.priorities.promise(handling, parent.id, request.priority);
    handling.begin(request);
    const later = new Promise(resolve => setImmediate(resolve));
    follow(
      this.#host,
      handling,
      later.then(() => app(new ServerExchange(handling))),
    );
    return true;
  }

  /** The one that is being called is not among the streams yet. */
  #room(id: number): number {
    const stream = this.#invoked?.id === id ? this.#invoked : this.wire.stream(id);
    return stream === undefined ? 0 : this.wire.sender.room(stream);
  }

  report(error: unknown, handling: Handling): void {
    reportFailure(this.#host, error, handling);
  }

  caps(handling: Handling): Caps {
    const { counting } = this.wire.priorities;
    if (handling.head.method === 'CONNECT') return TUNNEL_CAPS[counting];
    return (!handling.promised && this.wire.takesPromises ? PUSH_CAPS : CAPS)[counting];
  }

  priority(handling: Handling): Priority {
    return priorityOf(this.wire.priorities, handling);
  }

  prioritize(handling: Handling, urgency: number, incremental: boolean): void {
    this.wire.priorities.prioritize(handling, urgency, incremental);
  }

  informs(): boolean {
    return true;
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
    if (this.wire.draining) return;
    this.#drainedAt = performance.now();
    this.wire.drain();
    this.#invoked?.tell({ type: 'drain' });
    for (const stream of this.wire.running()) (stream as Handling).tell({ type: 'drain' });
  }

  /** The grace time is over: what still runs is cancelled. */
  cancel(): void {
    this.wire.finishDrain();
    for (const stream of this.wire.running()) (stream as Handling).limit('the server is stopping');
  }

  setDeadline(handling: Handling, ms: number): void {
    this.#deadlines.set(handling, ms);
  }

  /** The server's coarse timer: deadlines, and peers that do not let content go. */
  tick(now: number): void {
    if (now - this.#drainedAt >= DRAIN_LIMIT) this.wire.finishDrain();
    this.#deadlines.tick(now);
    for (const stream of this.wire.streams()) this.#checkWaits(stream as Handling, now);
  }

  #checkWaits(handling: Handling, now: number): void {
    // Content that has a window and waits all the same waits for the transport, which has a limit of its own.
    const blocked = !this.wire.windowOpen(handling);
    checkWaits(this.#host, handling, now, blocked, this.wire.sender.writable);
  }
}

export function connectionFace(
  wire: { readonly draining: boolean },
  transport: Ends,
  tree: () => PriorityNode | null,
  room: (id: number) => number,
  drain: () => void,
): Connection {
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
    get tree() {
      return tree();
    },
    get draining() {
      return wire.draining;
    },
    get locals() {
      locals ??= localsOf(room);
      return locals;
    },
    drain,
  };
}

/**
 * Offered beyond the specification (MSGI-MODEL-2) to who forwards exchanges. `msgi.room` gives, for the `id` of an exchange of
 * the connection, what the `window` of its sink would be, in octets: it has to be said before a sink is there. `msgi.lend`
 * gives, for a sink, how to write to it from memory that is used again.
 */
function localsOf(room: (id: number) => number): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, { 'msgi.room': room, 'msgi.lend': lending });
}
