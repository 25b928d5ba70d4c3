/**
 * Sockets: the only file that touches them. One flush after each read, one `setImmediate` flush for what comes later; a
 * flush for each response, or one from a microtask, costs ten times the CPU of all the rest together.
 */
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import type { Address, App, Application, Tls } from '../spec/msgi.ts';
import { DEFAULT_LIMITS, type Limits } from './engine/limits.ts';
import type { Output } from './engine/output.ts';
import { Applications } from './gateway/applications.ts';
import { Gateway, type Host, type Transport } from './gateway/gateway.ts';
import { Patience } from './gateway/patience.ts';

export { DEFAULT_LIMITS, type Limits } from './engine/limits.ts';

/** PEM texts. */
export interface Credentials {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/** Options of one server; every one may be left out. */
export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Serve TLS with ALPN "h2"; without it cleartext, with prior knowledge (RFC 9113 §3.3). */
  readonly tls?: Credentials;
  /** Any of the engine's limits. */
  readonly limits?: Partial<Limits>;
  /** Milliseconds for the client to begin and to acknowledge SETTINGS; default 10,000 and 30,000. */
  readonly prefaceTimeout?: number;
  readonly settingsTimeout?: number;
  /** Milliseconds that a peer may take no content, beyond those that its progress is worth; default 60,000. */
  readonly sendTimeout?: number;
  /** The same for what it has begun to send: a frame, a field block, content that is read and not answered yet; 60,000. */
  readonly receiveTimeout?: number;
  /** Milliseconds after which a connection without exchanges and without a word of the peer is drained; default 300,000. */
  readonly idleTimeout?: number;
  /** Milliseconds that running exchanges are given at the end; default 5,000. */
  readonly grace?: number;
  /** Milliseconds that applications are given after that, when their exchanges are cancelled; default 2,000. */
  readonly kill?: number;
  /** Failures of the application; default: one line to stderr. */
  readonly report?: (error: unknown, what: string) => void;
}

export interface Running {
  /** "http://127.0.0.1:8080" */
  readonly address: string;
  readonly port: number;
  /** Drains: running exchanges get the grace time, then the rest is cancelled. */
  close(): Promise<void>;
}

const TICK = 500;
/** Milliseconds until a connection that was ended here is destroyed, whatever the peer does. */
const LINGER = 1000;
/** Octets that may wait in a socket before reading pauses: a peer that does not read is not read either. */
const PAUSE_ABOVE = 1_048_576;
/** TLS turns each write into records: few large writes are what it likes. */
const TLS_WRITE = 262_144;

/** None of the suites that RFC 9113 section 9.2.2 and Appendix A advise against: ephemeral keys, authenticated encryption. */
const CIPHERS =
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20';

const HTTP1_TEXT = 'This port speaks HTTP/2 (RFC 9113 section 3.3).\n';
const HTTP1_REPLY =
  'HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\n' +
  `content-length: ${HTTP1_TEXT.length}\r\nconnection: close\r\n\r\n${HTTP1_TEXT}`;

/** Hosts an application until `close`. Rejects when it cannot listen or when the application's `start` does. */
export async function serve(hosted: App | Application, options: ServeOptions = {}): Promise<Running> {
  const application: Application = typeof hosted === 'function' ? { app: hosted } : hosted;
  await application.start?.({ spec: '1.0', server: 'msgi' });
  let listener: Listener;
  let port: number;
  try {
    listener = new Listener(application.app, options);
    port = await listener.listen();
  } catch (error) {
    // It was started, so it is stopped.
    await application.stop?.();
    throw error;
  }
  let closing: Promise<void> | null = null;
  return {
    address: `${options.tls === undefined ? 'http' : 'https'}://${hostInUrl(options.host ?? '127.0.0.1')}:${port}`,
    port,
    close: () => {
      closing ??= stop(application, listener);
      return closing;
    },
  };
}

async function stop(application: Application, listener: Listener): Promise<void> {
  drainApplication(application, listener);
  await listener.close();
  await application.stop?.();
}

function drainApplication(application: Application, listener: Listener): void {
  try {
    application.drain?.();
  } catch (error) {
    listener.host.report(error, 'drain');
  }
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function reportToStderr(error: unknown, what: string): void {
  process.stderr.write(`msgi: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
}

/** A report that fails must not take the exchange with it, or the server. */
function safely(report: Host['report']): Host['report'] {
  return (error, what) => {
    try {
      report(error, what);
    } catch {
      process.stderr.write(`msgi: ${what}: a failure that could not be reported\n`);
    }
  };
}

/** One listening port and its connections. */
class Listener {
  readonly host: Host;
  readonly connections = new Set<Peer>();
  readonly #options: ServeOptions;
  readonly #server: Server;
  readonly #clock = { date: new Date().toUTCString() };
  #timer: NodeJS.Timeout | null = null;
  /** Below TLS: those that have not shaken hands yet are nowhere else. */
  readonly #sockets = new Set<Socket>();
  #emptied: (() => void) | null = null;
  #closing = false;

  constructor(app: App, options: ServeOptions) {
    this.#options = options;
    this.host = {
      app,
      applications: new Applications(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      clock: this.#clock,
      sendTimeout: options.sendTimeout ?? 60_000,
      receiveTimeout: options.receiveTimeout ?? 60_000,
      report: safely(options.report ?? reportToStderr),
    };
    this.#server = this.#createServer();
  }

  #createServer(): Server {
    const { tls } = this.#options;
    if (tls === undefined) {
      return createTcpServer({ noDelay: true, allowHalfOpen: true }, socket => this.#accept(socket, null));
    }
    const server = createTlsServer(
      {
        cert: asPem(tls.cert),
        key: asPem(tls.key),
        ALPNProtocols: ['h2'],
        allowHalfOpen: true,
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
      },
      socket => {
        socket.disableRenegotiation();
        if (socket.alpnProtocol === 'h2') this.#accept(socket, socket);
        else socket.destroy();
      },
    );
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #accept(socket: Socket, tls: TLSSocket | null): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const peer = new Peer(socket, tls, this.host, this.#options, () => {
      this.connections.delete(peer);
      if (this.connections.size === 0) this.#emptied?.();
    });
    this.connections.add(peer);
  }

  listen(): Promise<number> {
    const server = this.#server;
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 4096 }, () => {
        server.off('error', reject);
        // A connection that cannot be accepted, for want of descriptors, is no end of the server.
        server.on('error', error => this.host.report(error, 'the listening socket'));
        this.#timer = setInterval(() => this.#tick(), TICK).unref();
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #tick(): void {
    this.#clock.date = new Date().toUTCString();
    const now = performance.now();
    this.#each(peer => peer.tick(now));
  }

  #each(act: (peer: Peer) => void): void {
    for (const peer of [...this.connections]) act(peer);
  }

  async close(): Promise<void> {
    const { grace = 5000, kill = 2000 } = this.#options;
    this.#closing = true;
    this.#server.close();
    this.#each(peer => peer.drain());
    const cancel = setTimeout(() => this.#each(peer => peer.cancel()), grace);
    const destroy = setTimeout(() => {
      this.#each(peer => peer.destroy());
      this.host.applications.giveUp();
    }, grace + kill);
    await this.#empty();
    await this.host.applications.idle();
    clearTimeout(cancel);
    clearTimeout(destroy);
    for (const socket of this.#sockets) socket.destroy();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #empty(): Promise<void> {
    if (this.connections.size === 0) return;
    await new Promise<void>(resolve => {
      this.#emptied = resolve;
    });
  }
}

function asPem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text);
}

/** One connection: a socket on one side, a gateway on the other. */
class Peer implements Transport {
  readonly #socket: Socket;
  readonly #tlsSocket: TLSSocket | null;
  readonly #host: Host;
  readonly #options: ServeOptions;
  readonly #gone: () => void;
  readonly #opened = performance.now();
  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.#flush();
  };
  /** null until the first octets have shown that the client speaks HTTP/2. */
  #gateway: Gateway | null = null;
  #scheduled = false;
  #ending = false;
  /** With the peer that takes what is written, and that finishes what it has begun to send. */
  readonly #taking = new Patience();
  readonly #finishing = new Patience();
  #heard = performance.now();
  #received = 0;
  #tlsFacts: Tls | null = null;
  peer: Address | null;
  local: Address | null;

  constructor(socket: Socket, tls: TLSSocket | null, host: Host, options: ServeOptions, gone: () => void) {
    this.#socket = socket;
    this.#tlsSocket = tls;
    this.#host = host;
    this.#options = options;
    this.#gone = gone;
    this.peer = address(socket.remoteAddress, socket.remotePort);
    this.local = address(socket.localAddress, socket.localPort);
    socket.on('data', (octets: Buffer) => this.#data(octets));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#peerEnded());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
    if (tls !== null) this.#begin();
  }

  get tls(): Tls | null {
    if (this.#tlsSocket !== null) this.#tlsFacts ??= tlsFacts(this.#tlsSocket);
    return this.#tlsFacts;
  }

  #begin(): Gateway {
    this.#gateway = new Gateway(this.#host, this);
    this.#flush();
    return this.#gateway;
  }

  #data(octets: Buffer): void {
    if (this.#ending) return;
    const gateway = this.#gateway ?? this.#greet(octets);
    if (gateway === null) return;
    this.#heard = performance.now();
    this.#received += octets.length;
    // Not as a Buffer: its `slice` copies nothing, and an application would not expect one.
    gateway.http2.receive(new Uint8Array(octets.buffer, octets.byteOffset, octets.length), this.#heard);
    this.#flush();
  }

  /** The first octets on a cleartext port: HTTP/1 is told so in its own words, all else is for the engine to judge. */
  #greet(octets: Buffer): Gateway | null {
    if (!/^[A-Z]+ [^\r\n]* HTTP\/1\.[01]\r?\n/.test(octets.toString('latin1', 0, 4096))) return this.#begin();
    this.#ending = true;
    this.#socket.end(HTTP1_REPLY);
    this.#linger();
    return null;
  }

  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flushLater);
  }

  close(): void {
    this.#ending = true;
    this.wake();
  }

  /** What the socket does not take waits in the output, frame by frame in slabs: in the socket each would hold a slab. */
  #flush(): void {
    const gateway = this.#gateway;
    const socket = this.#socket;
    if (gateway === null || socket.destroyed) return;
    const { http2 } = gateway;
    const { sender } = http2;
    http2.flushed();
    if (socket.writableLength === 0) this.#emptied(sender.output);
    while (sender.writable) {
      sender.pump();
      if (sender.output.length === 0) break;
      this.#write(sender.output.take());
      if (socket.writableNeedDrain) sender.writable = false;
      else if (socket.writableLength === 0) sender.output.recycle();
    }
    if (this.#ending) this.#finish(sender.output);
    else if (sender.writable) http2.transportReady();
    else if (socket.writableLength + sender.output.length > PAUSE_ABOVE) socket.pause();
  }

  /** The socket holds nothing any more: the kernel, or TLS, has a copy of all that was written. */
  #emptied(output: Output): void {
    output.replies = 0;
    output.recycle();
  }

  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (pieces.length === 1) {
      socket.write(pieces[0] as Uint8Array);
      return;
    }
    if (this.#tlsSocket !== null) {
      this.#writeJoined(pieces);
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  #writeJoined(pieces: readonly Uint8Array[]): void {
    for (let from = 0; from < pieces.length; ) {
      let to = from;
      let length = 0;
      while (to < pieces.length && (to === from || length + (pieces[to] as Uint8Array).length <= TLS_WRITE)) {
        length += (pieces[to] as Uint8Array).length;
        to += 1;
      }
      this.#socket.write(Buffer.concat(pieces.slice(from, to), length));
      from = to;
    }
  }

  #drained(): void {
    const gateway = this.#gateway;
    if (gateway === null) return;
    gateway.http2.sender.writable = true;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#flush();
  }

  /** FIN behind the last words; a reset of the transport would destroy them, so the peer's FIN is waited for. */
  #finish(output: Output): void {
    const socket = this.#socket;
    if (socket.writableEnded) return;
    if (output.length > 0) this.#write(output.take());
    socket.end();
    socket.resume();
    socket.once('finish', () => this.#linger());
  }

  #linger(): void {
    if (this.#socket.readableEnded) return;
    const timer = setTimeout(() => this.#socket.destroy(), LINGER);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #peerEnded(): void {
    const gateway = this.#gateway;
    if (gateway === null) this.#socket.end();
    else if (!gateway.http2.closed) gateway.http2.receiveEnd();
    this.#flush();
  }

  #closed(): void {
    if (this.#gateway !== null && !this.#gateway.http2.closed) this.#gateway.http2.lost();
    this.#gone();
  }

  tick(now: number): void {
    const gateway = this.#gateway;
    const age = now - this.#opened;
    if (gateway === null) {
      if (age > (this.#options.prefaceTimeout ?? 10_000)) this.#socket.destroy();
      return;
    }
    const { sendTimeout, receiveTimeout } = this.#host;
    const socket = this.#socket;
    if (this.#taking.look(now, socket.writableLength > 0, taken(socket)) >= sendTimeout) socket.destroy();
    if (gateway.http2.closed) return;
    if (this.#finishing.look(now, gateway.http2.unfinished && !socket.isPaused(), this.#received) >= receiveTimeout) {
      gateway.http2.abort('ENHANCE_YOUR_CALM', 'a frame or a field block comes too slowly (RFC 9113 section 10.5)');
      return;
    }
    if (gateway.http2.active === 0 && now - this.#heard > (this.#options.idleTimeout ?? 300_000)) this.drain();
    if (!gateway.http2.acknowledged && age > (this.#options.settingsTimeout ?? 30_000)) {
      gateway.http2.abort('SETTINGS_TIMEOUT', 'SETTINGS has not been acknowledged in time (RFC 9113 section 6.5.3)');
    }
    gateway.tick(now);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  drain(): void {
    if (this.#gateway === null) this.#socket.destroy();
    else this.#gateway.drain();
  }

  /** The grace time is over. */
  cancel(): void {
    if (this.#gateway === null) this.#socket.destroy();
    else this.#gateway.cancel();
  }
}

/** Octets that the kernel has taken. A write in flight counts as far as it has got, which the handle alone knows. */
function taken(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  const { bytesWritten, writeQueueSize } = handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}

function address(host: string | undefined, port: number | undefined): Address | null {
  return host === undefined || port === undefined ? null : { host, port };
}

function tlsFacts(socket: TLSSocket): Tls {
  const chain: Uint8Array[] = [];
  let certificate: ReturnType<TLSSocket['getPeerX509Certificate']> = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < 16) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    alpn: socket.alpnProtocol || '',
    sni: (socket as { servername?: string | false }).servername || '',
    chain,
    verified: socket.authorized,
  };
}
