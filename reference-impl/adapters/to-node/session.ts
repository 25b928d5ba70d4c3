/** One session of node:http2 between its streams and an application: what they share, and the limits of its peer. */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { App, Caps, Connection, Fields, Priority } from '../../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../../wire/index.ts';
import { DEFAULT_LIMITS } from '../../engine/limits.ts';
import type { Request } from '../../engine/request-head.ts';
import type { Party } from '../../engine/stream.ts';
import type { Carrier, Wire } from '../../gateway/carrier.ts';
import { Deadlines } from '../../gateway/deadlines.ts';
import { ServerExchange } from '../../gateway/exchange.ts';
import { connectionFace } from '../../gateway/gateway.ts';
import type { Handling } from '../../gateway/handling.ts';
import { follow, type Hosting, reportFailure } from '../../gateway/invocation.ts';
import { checkWaits, type Waits } from '../../gateway/waits.ts';
import { address, tlsFacts } from '../../transport/facts.ts';
import type { Cause } from './cause.ts';
import { toHeaders } from './headers.ts';
import { NodeSender, type Peer } from './sender.ts';
import { Silence } from './silence.ts';
import { NodeStream } from './stream.ts';

/** What all sessions of one application share. */
export interface SessionHost extends Hosting, Waits {
  /** Receive window of each stream, as the server advertises it; null takes it from the settings of the session. */
  readonly initialWindow: number | null;
  readonly maxConcurrentStreams: number | null;
  /** How long a peer may say nothing while its exchanges run, until it is asked, and then until it answers: milliseconds. */
  readonly silence: number;
  /** The value of the date field now. */
  readonly clock: { readonly date: string };
}

const TICK = 500;
/** Milliseconds that the peer has to answer the PING of a drain before the final GOAWAY is sent anyway. */
const DRAIN_LIMIT = 1000;
const DEFAULT_WINDOW = 65_535;

const ORDINARY: Caps = Object.freeze({
  multiplex: true,
  duplex: true,
  push: false,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'coarse',
  priority: 'none',
  reset: 'code',
});
const WITH_PUSH: Caps = Object.freeze({ ...ORDINARY, push: true });
const OF_TUNNEL: Caps = Object.freeze({ ...ORDINARY, tunnel: true });

const NO_PRIORITY: Priority = Object.freeze({ scheme: 'none', urgency: 3, incremental: false, node: null });

export class NodeSession implements Carrier, Wire, Peer {
  readonly face: Connection;
  readonly sender: NodeSender;
  /** Nghttp2 makes one grant of many by itself. */
  readonly withheld = 0;
  readonly outputMark = DEFAULT_LIMITS.outputMark;
  readonly exchanges = new Set<NodeStream>();
  draining = false;
  peerGoaway = 0;
  /** Promised streams that are not closed. */
  #promised = 0;
  readonly #session: ServerHttp2Session;
  readonly #host: SessionHost;
  readonly #deadlines = new Deadlines();
  readonly #silence: Silence;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(session: ServerHttp2Session, host: SessionHost) {
    this.#session = session;
    this.#host = host;
    this.face = faceOf(session, this);
    this.#silence = new Silence(host.silence);
    this.sender = new NodeSender(this, stream => this.#responseEnded(stream));
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK).unref();
    session.on('error', ignoreError);
    session.once('goaway', code => {
      this.peerGoaway = code;
    });
    session.once('close', () => {
      this.#closed = true;
      clearInterval(this.#timer);
      // Behind what the streams have to tell themselves.
      setImmediate(() => this.#loseAll());
    });
  }

  get wire(): Wire {
    return this;
  }

  get date(): string {
    return this.#host.clock.date;
  }

  get initialWindow(): number {
    return this.#host.initialWindow ?? this.#session.localSettings.initialWindowSize ?? DEFAULT_WINDOW;
  }

  get initialSendWindow(): number {
    return this.#session.remoteSettings.initialWindowSize ?? 0;
  }

  get connectionSendWindow(): number {
    return this.#session.state.remoteWindowSize ?? 0;
  }

  get waitingFrames(): number {
    return this.#session.state.outboundQueueSize ?? 0;
  }

  /** The transport is gone. */
  get lost(): boolean {
    return this.#closed || this.#session.destroyed || this.#session.socket.destroyed;
  }

  /** No further exchange fits (MSGI-MODEL-11): applications of failed ones count until they settle. */
  get full(): boolean {
    const limit = this.#host.maxConcurrentStreams ?? this.#session.localSettings.maxConcurrentStreams;
    return limit !== undefined && this.exchanges.size - this.#promised >= limit;
  }

  // What exchanges ask for ----------------------------------------------------------------------------------------

  caps(handling: Handling): Caps {
    if (handling.head.method === 'CONNECT') return OF_TUNNEL;
    return !handling.promised && this.#takesPush ? WITH_PUSH : ORDINARY;
  }

  priority(): Priority {
    return NO_PRIORITY;
  }

  /** Node orders nothing. */
  prioritize(): void {}

  informs(handling: Handling): boolean {
    return !(handling as NodeStream).gone;
  }

  setDeadline(handling: Handling, ms: number): void {
    this.#deadlines.set(handling, ms);
  }

  report(error: unknown, handling: Handling): void {
    reportFailure(this.#host, error, handling);
  }

  /** Node sends by itself what it was given. */
  announce(): void {}

  push(): void {}

  allowance(handling: Handling): number {
    return handling.receiveWindow;
  }

  grant(handling: Handling, octets: number): void {
    const stream = handling as NodeStream;
    stream.receiveWindow = Math.min(MAX_WINDOW, stream.receiveWindow + octets);
    stream.giveBack();
  }

  reset(handling: Handling, code: number, by: Party, rule: string): void {
    const stream = handling as NodeStream;
    if (stream.failed) return;
    this.lose(stream, { code, by, rule });
    stream.kill(code);
  }

  stop(handling: Handling): void {
    handling.stopped = true;
    this.sender.stopPeer(handling as NodeStream);
  }

  release(handling: Handling): void {
    if (this.exchanges.delete(handling as NodeStream) && handling.promised) this.#promised -= 1;
  }

  #responseEnded(stream: NodeStream): void {
    stream.onComplete();
    stream.onClosed();
    this.sender.stopPeer(stream);
  }

  /** Fails an exchange that is over on the wire, or about to be. */
  lose(stream: NodeStream, { code, by, rule }: Cause): void {
    if (stream.failed) return;
    this.sender.drop(stream);
    stream.failed = true;
    stream.onFail(code, by, rule);
    stream.onClosed();
    if (!stream.held) this.release(stream);
  }

  /** Those whose streams were closed before, but not for their applications. */
  #loseAll(): void {
    const code = this.peerGoaway === 0 ? ERROR_CODE.CANCEL : this.peerGoaway;
    const by = this.peerGoaway === 0 ? 'transport' : 'peer';
    for (const stream of [...this.exchanges]) {
      if (!stream.over) this.lose(stream, { code, by, rule: 'the connection has ended' });
    }
  }

  // Promises (RFC 9113 §8.4) --------------------------------------------------------------------------------------

  get #takesPush(): boolean {
    const { remoteSettings, closed } = this.#session;
    return !closed && !this.draining && remoteSettings.enablePush !== false;
  }

  serves(authority: string, parent: string): boolean {
    return authority !== '' && authority.toLowerCase() === parent.toLowerCase();
  }

  promise(parent: Handling, section: Fields, request: Request, app: App = this.#host.app): boolean {
    const { stream } = parent as NodeStream;
    if (!this.#mayPromise(parent as NodeStream)) return false;
    const headers = toHeaders(section);
    this.#promised += 1;
    try {
      stream.pushStream(headers, (error: Error | null, promised: ServerHttp2Stream) => {
        if (error === null) this.#begin(promised, request, app);
        else this.#promised -= 1;
      });
      this.sender.count(headers);
      return true;
    } catch {
      // The peer takes none, as node knows already.
      this.#promised -= 1;
      return false;
    }
  }

  #mayPromise({ complete, promised, stream }: NodeStream): boolean {
    const room = this.#promised < (this.#session.remoteSettings.maxConcurrentStreams ?? 0xffff_ffff);
    const calm = this.sender.output.length <= this.outputMark;
    return !complete && !promised && stream.pushAllowed && this.#takesPush && room && calm;
  }

  #begin(promised: ServerHttp2Stream, request: Request, app: App): void {
    const stream = new NodeStream(this, promised, true);
    this.exchanges.add(stream);
    stream.begin(request);
    const later = new Promise(resolve => setImmediate(resolve));
    follow(
      this.#host,
      stream,
      later.then(() => app(new ServerExchange(stream))),
    );
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  /** No new streams, but those that were under way; every live exchange is told. */
  drain(): void {
    if (this.draining || this.lost) return;
    this.draining = true;
    for (const stream of this.exchanges) stream.tell({ type: 'drain' });
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
    for (const stream of [...this.exchanges]) stream.limit('the server is stopping');
    if (!this.#session.destroyed) this.#session.close();
  }

  #tick(now: number): void {
    this.#deadlines.tick(now);
    for (const stream of this.exchanges) checkWaits(this.#host, stream, now, true, !this.lost);
    if (!this.lost) this.#listen(now);
  }

  #listen(now: number): void {
    const session = this.#session;
    const what = this.#silence.look(now, this.exchanges.size > 0, session.socket.bytesRead);
    if (what === 'ask') session.ping(ignoreError);
    else if (what === 'end') session.destroy();
  }
}

/** What a client does to its own connection must not end the server; its exchanges are told by their streams. */
function ignoreError(): void {}

function faceOf(session: ServerHttp2Session, shared: NodeSession): Connection {
  const { socket } = session;
  const ends = {
    peer: address(socket.remoteAddress, socket.remotePort),
    local: address(socket.localAddress, socket.localPort),
    tls: session.encrypted ? tlsFacts(socket as TLSSocket) : null,
  };
  return connectionFace(
    shared,
    ends,
    () => null,
    id => roomOf(shared, id),
    () => shared.drain(),
  );
}

function roomOf({ exchanges, sender }: NodeSession, id: number): number {
  for (const exchange of exchanges) if (exchange.id === id) return sender.room(exchange);
  return 0;
}
