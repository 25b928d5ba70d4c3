/** One session of node:http2: what its exchanges share, and the limits that its peer is held to. */
import type { ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Address, Connection, Tls } from '../../../spec/msgi.ts';
import { Patience } from '../../gateway/patience.ts';
import { address, tlsFacts } from '../../transport/facts.ts';
import type { NodeHandling } from './handling.ts';

/** What all sessions of one application share. */
export interface SessionHost {
  /** Receive window of each stream, as the server advertises it; null takes it from the settings of the session. */
  readonly initialWindow: number | null;
  readonly maxConcurrentStreams: number | null;
  readonly sendTimeout: number;
  readonly receiveTimeout: number;
  /** A failure of the application. Does not throw. */
  readonly report: (error: unknown, what: string) => void;
}

const TICK = 500;
/** Frames that node has not sent before `inform` and `push` give false. */
const QUEUE_MARK = 1000;
/** Milliseconds that the peer has to answer the PING of a drain before the final GOAWAY is sent anyway. */
const DRAIN_LIMIT = 1000;
const DEFAULT_WINDOW = 65_535;

export class NodeSession {
  readonly face: Connection;
  readonly exchanges = new Set<NodeHandling>();
  draining = false;
  /** Promised streams that are not closed. */
  promised = 0;
  peerGoaway = 0;
  readonly #session: ServerHttp2Session;
  readonly #host: SessionHost;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(session: ServerHttp2Session, host: SessionHost) {
    this.#session = session;
    this.#host = host;
    this.face = connectionFace(session, this);
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK);
    this.#timer.unref();
    session.on('error', ignoreError);
    session.once('goaway', code => {
      this.peerGoaway = code;
    });
    session.once('close', () => {
      this.#closed = true;
      clearInterval(this.#timer);
    });
  }

  get initialWindow(): number {
    return this.#host.initialWindow ?? this.#session.localSettings.initialWindowSize ?? DEFAULT_WINDOW;
  }

  /** What the peer began each stream with, and what the connection lets through now. */
  get sendWindows(): { readonly initial: number; readonly connection: number } {
    const { remoteSettings, state } = this.#session;
    return { initial: remoteSettings.initialWindowSize ?? 0, connection: state.remoteWindowSize ?? 0 };
  }

  /** The transport is gone. */
  get lost(): boolean {
    if (this.#closed || this.#session.destroyed) return true;
    return this.#session.socket.destroyed;
  }

  get congested(): boolean {
    return (this.#session.state.outboundQueueSize ?? 0) > QUEUE_MARK;
  }

  /** No further exchange fits (MSGI-MODEL-11): applications of failed ones count until they settle. */
  get full(): boolean {
    const limit = this.#host.maxConcurrentStreams ?? this.#session.localSettings.maxConcurrentStreams;
    return limit !== undefined && this.exchanges.size - this.promised >= limit;
  }

  get takesPush(): boolean {
    const { remoteSettings, closed } = this.#session;
    return !closed && !this.draining && remoteSettings.enablePush !== false;
  }

  get hasRoomForPush(): boolean {
    return !this.congested && this.promised < (this.#session.remoteSettings.maxConcurrentStreams ?? 0xffff_ffff);
  }

  report(error: unknown, handling: NodeHandling): void {
    this.#host.report(error, `${handling.head.method} on stream ${handling.id}`);
  }

  release(handling: NodeHandling): void {
    if (this.exchanges.delete(handling) && handling.pushed) this.promised -= 1;
  }

  /** Content of one exchange has gone: the window of the connection may have opened for the others. */
  progress(): void {
    for (const { outbound } of this.exchanges) outbound?.progress();
  }

  /** No new streams, but those that were under way; every live exchange is told. */
  drain(): void {
    if (this.draining || this.lost) return;
    this.draining = true;
    for (const handling of this.exchanges) handling.tell({ type: 'drain' });
    const session = this.#session;
    if (session.closed) return;
    session.goaway(0, 2 ** 31 - 1);
    // Final GOAWAY, and the end of the session once its streams are closed.
    const finish = () => {
      clearTimeout(timer);
      if (!session.destroyed) session.close();
    };
    const timer = setTimeout(finish, DRAIN_LIMIT);
    // In a turn of its own: nghttp2 would send it before GOAWAY, and its acknowledgement would tell nothing.
    setImmediate(() => {
      if (!session.destroyed) session.ping(finish);
    });
  }

  /** The grace time is over: what still runs is cancelled. */
  cancel(): void {
    for (const handling of [...this.exchanges]) handling.limit('the server is stopping');
    if (!this.#session.destroyed) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #tick(now: number): void {
    this.progress();
    for (const handling of this.exchanges) {
      if (this.#keepsUsWaiting(handling, now)) handling.limit('the peer has taken no content for too long');
      else if (this.#isTooSlow(handling, now)) handling.limit('the request comes too slowly', 408);
    }
  }

  #keepsUsWaiting(handling: NodeHandling, now: number): boolean {
    const { outbound } = handling;
    if (outbound === null || (!outbound.waiting && handling.sending === null)) return false;
    handling.sending ??= new Patience();
    return handling.sending.look(now, outbound.waiting, outbound.sent) >= this.#host.sendTimeout;
  }

  #isTooSlow(handling: NodeHandling, now: number): boolean {
    const { inbound } = handling;
    const waiting = handling.phase === 'idle' && (inbound?.reading ?? false) && (inbound?.window ?? 0) > 0;
    if (inbound === null || (!waiting && handling.receiving === null)) return false;
    handling.receiving ??= new Patience();
    return handling.receiving.look(now, waiting, inbound.received) >= this.#host.receiveTimeout;
  }
}

/** What a client does to its own connection must not end the server; its exchanges are told by their streams. */
function ignoreError(): void {}

function connectionFace(session: ServerHttp2Session, shared: NodeSession): Connection {
  const { socket } = session;
  const peer: Address | null = address(socket.remoteAddress, socket.remotePort);
  const local: Address | null = address(socket.localAddress, socket.localPort);
  const tls: Tls | null = session.encrypted ? tlsFacts(socket as TLSSocket) : null;
  const locals = Object.create(null) as Record<string, unknown>;
  return {
    peer,
    local,
    tls,
    tree: null,
    get draining() {
      return shared.draining;
    },
    locals,
    drain: () => shared.drain(),
  };
}
