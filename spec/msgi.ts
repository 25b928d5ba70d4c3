/**
 * MSGI 1.0, the normative declarations. The chapters beside this file say what each member does; here are shapes, units,
 * errors, and where to read on. Sizes are octets, times milliseconds, codes those of RFC 9113 §7, unless said otherwise.
 *
 * Exchange, Source, Sink, Connection and PriorityNode are live: reading twice may give two answers. All else is plain data:
 * own, enumerable properties that do not change. No classes, and no DOM type but AbortSignal.
 *
 * A TypeError is a mistake of the program and is thrown synchronously; an {@link ExchangeError} is the early end of the
 * exchange and is thrown, or rejects.
 * @module
 */

/** A value, or a promise of it: given at once where nothing has to be waited for (MSGI-LIFE-35). `await` takes both. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * A field section, flat: `[name, value, name, value, …]`. One character is one octet, U+0000 to U+00FF; names are in lower
 * case; there are no pseudo-fields. Lists given to a member are read during the call and never kept (MSGI-FIELD-12).
 * Section 2.3.
 */
export interface Fields extends ReadonlyArray<string> {
  /**
   * Names that are sent never-indexed (RFC 7541 §7.1.3), beside `authorization`, `proxy-authorization`, `cookie` and
   * `set-cookie`, which always are (MSGI-FIELD-13). Spreading the list drops it.
   */
  readonly sensitive?: readonly string[];
}

/**
 * An application: called once for each request (MSGI-MODEL-7). The promise is the lifetime of the response: when it settles
 * without one, the server answers 500, and what was begun and not ended is reset (MSGI-LIFE-13, MSGI-LIFE-14).
 * A call that throws is a promise that rejects.
 */
export type App = (x: Exchange) => Awaitable<void>;

/** What a module exports by default: an {@link App}, or this. Chapter 10. */
export interface Application {
  readonly app: App;
  /** Before the first connection; when it rejects the server does not serve (MSGI-SPAN-1, MSGI-SPAN-2). */
  start?(host: Host): Awaitable<void>;
  /** Once, when the server begins to drain (MSGI-SPAN-6). */
  drain?(): void;
  /** Once, after the last exchange; not after a `start` that rejected (MSGI-SPAN-3). */
  stop?(): Awaitable<void>;
}

/** Who hosts the application. */
export interface Host {
  /** Version of the specification: "1.0". */
  readonly spec: string;
  /** Name of the server, for people. */
  readonly server: string;
}

/** What was asked. Section 2.1; what a server has refused before, section 2.2. */
export interface RequestHead {
  /** Of this message: on HTTP/1.x two requests of one connection may differ. */
  readonly version: '1.0' | '1.1' | '2' | '3';
  /** A token, as received. "CONNECT" is a tunnel, also where HTTP/1.1 said GET with `upgrade` (section 8.2). */
  readonly method: string;
  /** What the peer claims; `connection.tls` is the fact. "" for plain CONNECT. */
  readonly scheme: string;
  /** Host, and port where one was given; "" where there is none. The only authority: "host" is never in `fields`. */
  readonly authority: string;
  /**
   * `base + target` is the path and query exactly as received (MSGI-HEAD-2); "*" for OPTIONS as a whole; "" for plain
   * CONNECT. Not decoded, not normalised: no file name.
   */
  readonly target: string;
  /** Prefix already consumed by routing (SCRIPT_NAME): "" or "/…" with no slash at its end (MSGI-MID-8). */
  readonly base: string;
  /** ":protocol" of extended CONNECT (RFC 8441), else "". */
  readonly protocol: string;
  /** Lower-case names in the order received, `cookie` joined, nothing connection-specific, no "host". Section 2.3. */
  readonly fields: Fields;
}

/** One request and the response to it. Chapter 1 has the model, chapter 3 the effect of each member in each state. */
export interface Exchange {
  /** Stream id, or 1, 3, 5 … on HTTP/1.x: unique on its connection only. */
  readonly id: number;
  readonly request: RequestHead;
  readonly connection: Connection;
  /** What this exchange can do, as known now. Section 9.1. */
  readonly caps: Caps;
  /** The request half. It ends independently of the response (MSGI-LIFE-25). */
  readonly body: Source;
  /**
   * Of the response half: "idle" before it begins; "open" after `start`; "done" when the application has ended it; "dead"
   * when the exchange failed before. Section 3.1.
   */
  readonly state: 'idle' | 'open' | 'done' | 'dead';
  /** Promised by this server, not asked for by the peer. */
  readonly pushed: boolean;
  /** What the peer asks for now; `prioritize` does not change it. Section 7.2. */
  readonly priority: Priority;
  /**
   * Aborts iff the exchange fails before its response is complete, with the {@link ExchangeError} as reason; never on
   * ordinary completion (MSGI-LIFE-48).
   */
  readonly signal: AbortSignal;
  /** Of this exchange, shared by its wrappers. No prototype; keys with a dot are extensions (MSGI-SEC-1). */
  readonly locals: Record<string, unknown>;

  /**
   * Sends an informational response: 100, or 102 to 199. True when it is queued, false where nothing is sent: the version
   * has none, the exchange is dead, the queue is full. TypeError after the response has begun. Section 6.2.
   */
  inform(status: number, fields?: Fields): boolean;
  /**
   * Sends the whole response, status 200 to 599, and is "done". Adds `content-length`, section 2.4; drops the body for HEAD,
   * 204, 205 and 304. The body is the server's for good (MSGI-DATA-5). TypeError when the response has begun, and with 2xx
   * on a CONNECT exchange. Without effect when dead.
   */
  respond(status: number, fields?: Fields, body?: Uint8Array | string): void;
  /**
   * Sends the head, status 200 to 599, and is "open". With 2xx on a CONNECT exchange it opens the tunnel (MSGI-TUN-5).
   * Without content (HEAD, 204, 205, 304) the sink takes and drops (section 3.2). TypeError when the response has begun.
   * When dead it gives a sink whose members give the error.
   */
  start(status: number, fields?: Fields): Sink;
  /**
   * Promises the response to another request, run on `app` or on the application that the server hosts. True when the
   * promise is queued; false wherever the peer or the state of things does not allow it. TypeError for a method other than
   * GET and HEAD, and a target that does not begin with "/". Section 6.1.
   */
  push(request: PushRequest, app?: App): boolean;
  /** The application's word to the scheduler: urgency 0, first, to 7; incremental false by default. Section 7.4. */
  prioritize(urgency: number, incremental?: boolean): void;
  /**
   * Ends the exchange when it is not closed after `ms` milliseconds from now: 1 to 2^31 − 1, or Infinity, which lifts it. The
   * last call wins; never early, at most 1,000 ms late. Section 3.8.
   */
  deadline(ms: number): void;
  /**
   * Gives the exchange up; what is not sent is dropped. `code` is 0 to 2^32 − 1, CANCEL (8) by default; TypeError for 7,
   * REFUSED_STREAM (MSGI-ERR-11).
   */
  reset(code?: number): void;
  /**
   * Listens for notices; gives a function that removes the listener. Never called inside a call of the application's; a
   * `drain` or `close` that has happened already is given in a later turn. Section 3.7.
   */
  watch(listener: (notice: Notice) => void): () => void;
}

/** The request half. One reader at a time. Section 3.5, and chapter 5 for its numbers. */
export interface Source extends AsyncIterable<Uint8Array> {
  /** The whole message has arrived and has been read. */
  readonly ended: boolean;
  /** Octets that have arrived and have not been read. */
  readonly buffered: number;
  /**
   * The allowance: octets that the peer may still send without further credit. May be negative; 0 once the peer has ended
   * the request, and when it is stopped or failed (MSGI-LIFE-41).
   */
  readonly window: number;
  /** null until `ended`, then the trailer section, possibly empty. */
  readonly trailers: Fields | null;
  /**
   * The next content, at least one octet; null only when the message is whole (MSGI-LIFE-36). The chunk is the
   * application's, its `buffer` is not (MSGI-DATA-7). ExchangeError when the request is stopped or failed; TypeError while
   * another `read` waits. The iterator reads likewise; leaving it changes nothing.
   */
  read(): Awaitable<Uint8Array | null>;
  /** From now on only `credit` lets the peer send more; there is no way back (MSGI-FLOW-5). */
  manual(): void;
  /**
   * Lets the peer send this many octets more, 0 to 2^31 − 1, in either mode. The allowance stops at 2^31 − 1 and never
   * throws for its sum (MSGI-FLOW-7, MSGI-FLOW-9).
   */
  credit(octets: number): void;
  /**
   * No more is wanted: what is buffered and what comes is dropped, and `read` gives an ExchangeError by "app". `code`, 0 by
   * default, reaches the peer on HTTP/3 only (MSGI-LIFE-45).
   */
  stop(code?: number): void;
}

/** The response half after `start`. Strings are sent as UTF-8 (MSGI-DATA-1). Section 3.1, and 5.6 for its numbers. */
export interface Sink {
  /**
   * Octets that a write could hand on now: the windows of stream and connection and the server's own room, less what is
   * buffered; never negative (MSGI-FLOW-20).
   */
  readonly window: number;
  /** Octets written and not yet handed to the transport. */
  readonly buffered: number;
  /**
   * Content. Settles when `buffered` is at or below the server's mark (MSGI-FLOW-22). The chunk is the server's for good
   * (MSGI-DATA-5); no octets put nothing on the wire. TypeError after `end`, and beyond the `content-length` of the head;
   * ExchangeError when dead.
   */
  write(chunk: Uint8Array | string): Awaitable<void>;
  /**
   * Waits for `window` above 0 and gives it; 0 when no more content will be taken: after `end`, or where the response has
   * none. Reserves nothing. ExchangeError when dead (MSGI-FLOW-23).
   */
  ready(): Awaitable<number>;
  /**
   * Ends the response. Settles when its last octet has been handed to the transport, rejects when the exchange fails before
   * (MSGI-LIFE-22). Trailers are dropped where they cannot be sent (MSGI-TRAIL-2); TypeError for fields that do not
   * belong there (MSGI-FIELD-11), for trailers on a tunnel, when the content is short of its `content-length` (which resets
   * the exchange), and the second time.
   */
  end(trailers?: Fields): Awaitable<void>;
}

/** The head of a request that was not made. The scheme is that of the parent. */
export interface PushRequest {
  /** As it goes on the wire, `base` included. */
  readonly target: string;
  /** GET by default. */
  readonly method?: 'GET' | 'HEAD';
  /** That of the parent by default; another one only where the listener serves it (MSGI-PUSH-9). */
  readonly authority?: string;
  readonly fields?: Fields;
}

/** What the peer asks for one exchange. Section 7.2. */
export interface Priority {
  /** Where the numbers come from: RFC 9218, the tree of RFC 7540 §5.3, or nowhere. */
  readonly scheme: 'urgency' | 'tree' | 'none';
  /** 0, first, to 7; 3 by default. From the tree: derived from the weight (MSGI-PRIO-7). */
  readonly urgency: number;
  /** Whether parts of the response are of use before its end. */
  readonly incremental: boolean;
  /** Place in the tree; null where there is none (MSGI-PRIO-12). */
  readonly node: PriorityNode | null;
}

/** Live read-only view of the RFC 7540 §5.3 tree; the root has id 0. Section 7.3. */
export interface PriorityNode {
  /** Stream id. */
  readonly id: number;
  /** 1 to 256. */
  readonly weight: number;
  /** null for the root. */
  readonly parent: PriorityNode | null;
  readonly children: readonly PriorityNode[];
}

/**
 * What an exchange is told: "priority", the peer asks for something else now (MSGI-NOTE-7); "drain", the connection takes
 * no new requests and has a grace limit (MSGI-SPAN-8); "close", the last one.
 */
export type Notice = { readonly type: 'priority'; readonly priority: Priority } | { readonly type: 'drain' } | Close;

/** The sum of an exchange, once and last (MSGI-NOTE-5). */
export interface Close {
  readonly type: 'close';
  /** The response was done, and the whole of it handed to the transport. A code of 0 proves less: a peer may reset with it. */
  readonly complete: boolean;
  /** Of the first failure of either half; 0 when none failed (MSGI-NOTE-10). */
  readonly code: number;
  /** Of the same failure; "app" when none failed. */
  readonly by: Party;
  /** Final status that was sent; 0 when no head was. */
  readonly status: number;
  /** Content octets handed to the transport. */
  readonly sent: number;
  /** Content octets that have arrived, read or not. */
  readonly received: number;
}

/** At whose door the end lies: "peer" reset or broke the protocol; "app" ended or reset; "server" enforced a limit; "transport" was lost. Section 4.1. */
export type Party = 'peer' | 'app' | 'server' | 'transport';

/** What the exchanges of one transport connection share. A connection is not a user (MSGI-MODEL-15). */
export interface Connection {
  /** null where it is not known, as on a unix socket. */
  readonly peer: Address | null;
  readonly local: Address | null;
  /** null in cleartext. The last hop's: behind a proxy it is the proxy's. */
  readonly tls: Tls | null;
  /** Root of the priority tree; null where there is none (MSGI-PRIO-12). */
  readonly tree: PriorityNode | null;
  /** No new requests are taken; set before the notice "drain" is given. */
  readonly draining: boolean;
  /** Shared by every exchange of the connection, whoever they are for: nothing of a user belongs here (MSGI-SEC-3). */
  readonly locals: Record<string, unknown>;
  /** Drains this connection; a second call has no effect (MSGI-SPAN-14). */
  drain(): void;
}

export interface Address {
  /** IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Facts of the handshake. */
export interface Tls {
  /** As "TLSv1.3". */
  readonly version: string;
  /** Name of the IANA registry, as "TLS_AES_128_GCM_SHA256". */
  readonly cipher: string;
  /** Protocol that ALPN chose, as "h2"; "" without. */
  readonly alpn: string;
  /** Server name that the client gave; "" without. */
  readonly sni: string;
  /** Certificates of the client, DER, leaf first; empty when it sent none. */
  readonly chain: readonly Uint8Array[];
  /** Whether the server has verified `chain`. */
  readonly verified: boolean;
}

/** What an exchange can do, as known now: every key is always there. Section 9.1. */
export interface Caps {
  /** Other exchanges of the connection run beside this one. */
  readonly multiplex: boolean;
  /** The peer reads while it sends. Where false, answering while reading can block (MSGI-CAPS-4). */
  readonly duplex: boolean;
  /** The peer takes promises; a single `push` may still give false. */
  readonly push: boolean;
  /** Informational responses are sent. */
  readonly inform: boolean;
  /** Trailers given to `end` are sent. */
  readonly trailers: boolean;
  /** This is a CONNECT exchange: `start` with 2xx opens a tunnel. */
  readonly tunnel: boolean;
  /** Whether the allowance binds the peer, or only stops the server's reading (section 5.8). */
  readonly credit: 'exact' | 'coarse';
  /** Signals of the peer that count (MSGI-PRIO-3). */
  readonly priority: 'both' | 'tree' | 'urgency' | 'none';
  /** Whether the peer sees the code of a reset, or only the loss of the connection. */
  readonly reset: 'code' | 'close';
  /** What one server offers beyond the specification (MSGI-MODEL-2). */
  readonly [extension: `${string}.${string}`]: unknown;
}

/**
 * The early end of an exchange: given by `read`, `write`, `ready` and `end`, and as `signal.reason`, one and the same
 * (MSGI-ERR-2). Known by its name, never by its class. The message quotes nothing that the peer sent. Chapter 4.
 */
export interface ExchangeError extends Error {
  readonly name: 'ExchangeError';
  /** Error code of RFC 9113 §7, on every version. */
  readonly code: number;
  readonly by: Party;
}
