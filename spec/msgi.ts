/** MSGI 1.0 — normative declarations. Exchange, Source, Sink and Connection are live; all else is plain data (own, enumerable, frozen or never changed). No classes, no DOM types but AbortSignal. */

export type Awaitable<T> = T | PromiseLike<T>;

/** Flat field list: [name, value, name, value, …]; lower-case names; one char = one octet (U+0000–00FF); no pseudo-fields. Read during the call it is given to, never kept. */
export interface Fields extends ReadonlyArray<string> {
  /** Names that must be sent never-indexed (RFC 7541 §7.1.3), beside those that always are. */
  readonly sensitive?: readonly string[];
}

export type App = (x: Exchange) => Awaitable<void>;

/** What a module exports by default: an App, or this. */
export interface Application {
  readonly app: App;
  start?(host: Host): Awaitable<void>;
  drain?(): void;
  stop?(): Awaitable<void>;
}

export interface Host {
  readonly spec: string;
  readonly server: string;
}

export interface RequestHead {
  readonly version: '1.0' | '1.1' | '2' | '3';
  readonly method: string;
  /** What the peer claims; `connection.tls` is the fact. */
  readonly scheme: string;
  /** The only authority: "host" is never in `fields`. */
  readonly authority: string;
  /** `base + target` is the path and query exactly as received; "*" for OPTIONS *; "" for plain CONNECT. */
  readonly target: string;
  /** Prefix already consumed by routing (SCRIPT_NAME): "" or "/…" with no slash at its end. */
  readonly base: string;
  /** ":protocol" of extended CONNECT, else "". */
  readonly protocol: string;
  readonly fields: Fields;
}

export interface Exchange {
  /** Stream id: unique on its connection only. */
  readonly id: number;
  readonly request: RequestHead;
  readonly connection: Connection;
  readonly caps: Caps;
  readonly body: Source;
  /** State of the response half, section 3. */
  readonly state: 'idle' | 'open' | 'done' | 'dead';
  readonly pushed: boolean;
  /** What the peer asks for now. */
  readonly priority: Priority;
  /** Aborts iff the exchange fails: never on ordinary completion. */
  readonly signal: AbortSignal;
  /** No prototype. */
  readonly locals: Record<string, unknown>;

  inform(status: number, fields?: Fields): boolean;
  respond(status: number, fields?: Fields, body?: Uint8Array | string): void;
  start(status: number, fields?: Fields): Sink;
  push(request: PushRequest, app?: App): boolean;
  prioritize(urgency: number, incremental?: boolean): void;
  /** From now; the last call wins; Infinity lifts it. */
  deadline(ms: number): void;
  reset(code?: number): void;
  watch(listener: (notice: Notice) => void): () => void;
}

/** Receive half. One reader at a time. */
export interface Source extends AsyncIterable<Uint8Array> {
  readonly ended: boolean;
  readonly buffered: number;
  /** Octets the peer may still send without further credit; may be negative. */
  readonly window: number;
  /** null until ended, then the trailer section (possibly empty). */
  readonly trailers: Fields | null;
  /** At least one octet; null only when the message is whole. */
  read(): Awaitable<Uint8Array | null>;
  manual(): void;
  credit(octets: number): void;
  stop(code?: number): void;
}

/** Send half. Strings are sent as UTF-8. */
export interface Sink {
  /** Octets that a write could hand on now: stream and connection windows and the server's own room, less what is buffered; never negative. */
  readonly window: number;
  readonly buffered: number;
  write(chunk: Uint8Array | string): Awaitable<void>;
  /** Waits for window > 0 and gives it; 0 when no more content will be taken. */
  ready(): Awaitable<number>;
  /** Settles when the last octet has been handed to the transport. */
  end(trailers?: Fields): Awaitable<void>;
}

export interface PushRequest {
  /** As it goes on the wire, `base` included. */
  readonly target: string;
  readonly method?: 'GET' | 'HEAD';
  readonly authority?: string;
  readonly fields?: Fields;
}

export interface Priority {
  readonly scheme: 'urgency' | 'tree' | 'none';
  readonly urgency: number;
  readonly incremental: boolean;
  readonly node: PriorityNode | null;
}

/** Live read-only view of the RFC 7540 §5.3 tree; the root has id 0. */
export interface PriorityNode {
  readonly id: number;
  readonly weight: number;
  readonly parent: PriorityNode | null;
  readonly children: readonly PriorityNode[];
}

export type Notice = { readonly type: 'priority'; readonly priority: Priority } | { readonly type: 'drain' } | Close;

/** Always the last notice. `status` is 0 when no head was sent; `sent` and `received` count content octets. */
export interface Close {
  readonly type: 'close';
  /** The whole response was handed to the transport. */
  readonly complete: boolean;
  readonly code: number;
  readonly by: Party;
  readonly status: number;
  readonly sent: number;
  readonly received: number;
}

/** At whose door the end lies: "peer" reset or broke the protocol; "app" ended or reset; "server" enforced a limit; "transport" was lost. */
export type Party = 'peer' | 'app' | 'server' | 'transport';

export interface Connection {
  readonly peer: Address | null;
  readonly local: Address | null;
  readonly tls: Tls | null;
  readonly tree: PriorityNode | null;
  readonly draining: boolean;
  /** Shared by every exchange of the connection, whoever they are for. */
  readonly locals: Record<string, unknown>;
  drain(): void;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Tls {
  readonly version: string;
  readonly cipher: string;
  readonly alpn: string;
  readonly sni: string;
  /** DER, leaf first; empty when the client sent none. */
  readonly chain: readonly Uint8Array[];
  readonly verified: boolean;
}

/** What this exchange can do, as known now. */
export interface Caps {
  readonly multiplex: boolean;
  readonly duplex: boolean;
  readonly push: boolean;
  readonly inform: boolean;
  readonly trailers: boolean;
  readonly tunnel: boolean;
  readonly credit: 'exact' | 'coarse';
  readonly priority: 'both' | 'tree' | 'urgency' | 'none';
  readonly reset: 'code' | 'close';
  readonly [extension: `${string}.${string}`]: unknown;
}

/** Thrown by read/write/ready/end and carried as signal.reason; recognised by its name. */
export interface ExchangeError extends Error {
  readonly name: 'ExchangeError';
  readonly code: number;
  readonly by: Party;
}
