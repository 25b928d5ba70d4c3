/**
 * One flush after each read, one `setImmediate` flush for what comes later; a flush for each response, or one from a
 * microtask, costs ten times the CPU of all the rest together.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Address, Tls } from '../../spec/msgi.ts';
import type { Output } from '../engine/output.ts';
import { Gateway, type Host, type Transport } from '../gateway/gateway.ts';
import { Patience } from '../gateway/patience.ts';
import { address, tlsFacts } from './facts.ts';
import type { ServeOptions } from './options.ts';

/** Milliseconds until a connection that was ended here is destroyed, whatever the peer does. */
const LINGER = 1000;
/** Octets that may wait in a socket before reading pauses: a peer that does not read is not read either. */
const PAUSE_ABOVE = 1_048_576;
/** TLS turns each write into records: few large writes are what it likes. */
const TLS_WRITE = 262_144;

const HTTP1_TEXT = 'This port speaks HTTP/2 (RFC 9113 section 3.3).\n';
const HTTP1_REPLY =
  'HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\n' +
  `content-length: ${HTTP1_TEXT.length}\r\nconnection: close\r\n\r\n${HTTP1_TEXT}`;

/** One connection: a socket on one side, a gateway on the other. */
export class Http2Peer implements Transport {
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
      if (age > (this.#options.prefaceTimeout ?? 10_000)) this.#drop('the client has not begun in time');
      return;
    }
    const { sendTimeout, receiveTimeout } = this.#host;
    const socket = this.#socket;
    if (this.#taking.look(now, socket.writableLength > 0, taken(socket)) >= sendTimeout) {
      this.#drop('the peer has taken nothing for too long');
    }
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

  /** Without a word, since there is nobody to hear it. */
  #drop(rule: string): void {
    if (this.#socket.destroyed) return;
    this.#host.failed({ peer: this.peer, code: null, rule });
    this.#socket.destroy();
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
