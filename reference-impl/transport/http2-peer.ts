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
import { address, taken, tlsFacts } from './facts.ts';
import { linger } from './linger.ts';
import type { ServeOptions } from './options.ts';
import type { Peer } from './peer.ts';

/** Octets that may wait in a socket before reading pauses: a peer that does not read is not read either. */
const PAUSE_ABOVE = 1_048_576;
/** TLS turns each write into records: few large writes are what it likes. */
const TLS_WRITE = 262_144;

/** One connection: a socket on one side, a gateway on the other. */
export class Http2Peer implements Transport, Peer {
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
  readonly #gateway: Gateway;
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
    socket.on('data', (octets: Buffer) => this.receive(octets));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#peerEnded());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
    this.#gateway = new Gateway(host, this);
    this.#flush();
  }

  get tls(): Tls | null {
    if (this.#tlsSocket !== null) this.#tlsFacts ??= tlsFacts(this.#tlsSocket);
    return this.#tlsFacts;
  }

  /** Octets of the peer. */
  receive(octets: Buffer): void {
    if (this.#ending) return;
    this.#heard = performance.now();
    this.#received += octets.length;
    // Not as a Buffer: its `slice` copies nothing, and an application would not expect one.
    this.#gateway.wire.receive(new Uint8Array(octets.buffer, octets.byteOffset, octets.length), this.#heard);
    this.#flush();
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
    const socket = this.#socket;
    if (socket.destroyed) return;
    const { wire } = this.#gateway;
    const { sender } = wire;
    wire.flushed();
    if (socket.writableLength === 0) this.#emptied(sender.output);
    while (sender.writable) {
      sender.pump();
      if (sender.output.length === 0) break;
      this.#write(sender.output.take());
      if (socket.writableNeedDrain) sender.writable = false;
      else if (socket.writableLength === 0) sender.output.recycle();
    }
    if (this.#ending) this.#finish(sender.output);
    else if (sender.writable) wire.transportReady();
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
    this.#gateway.wire.sender.writable = true;
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
    socket.once('finish', () => linger(socket));
  }

  #peerEnded(): void {
    const { wire } = this.#gateway;
    if (!wire.closed) wire.receiveEnd();
    wire.probe();
    this.#flush();
  }

  /**
   * FIN may be the end of one direction or of all there is, and a reset behind it is not heard: the transport tells neither
   * before something is written, at the latest the second time.
   */
  #probe(): void {
    const socket = this.#socket;
    if (!socket.readableEnded || socket.writableLength > 0) return;
    this.#gateway.wire.probe();
    this.wake();
  }

  #closed(): void {
    const { wire } = this.#gateway;
    if (!wire.closed) wire.lost();
    this.#gone();
  }

  tick(now: number): void {
    const gateway = this.#gateway;
    const age = now - this.#opened;
    const { sendTimeout, receiveTimeout } = this.#host;
    const socket = this.#socket;
    if (this.#taking.look(now, socket.writableLength > 0, taken(socket)) >= sendTimeout) {
      this.#drop('the peer has taken nothing for too long');
    }
    if (gateway.wire.closed) return;
    this.#probe();
    if (this.#finishing.look(now, gateway.wire.unfinished && !socket.isPaused(), this.#received) >= receiveTimeout) {
      gateway.wire.abort('ENHANCE_YOUR_CALM', 'a frame or a field block comes too slowly (RFC 9113 section 10.5)');
      return;
    }
    if (gateway.wire.active === 0 && now - this.#heard > (this.#options.idleTimeout ?? 300_000)) this.drain();
    if (!gateway.wire.acknowledged && age > (this.#options.settingsTimeout ?? 30_000)) {
      gateway.wire.abort('SETTINGS_TIMEOUT', 'SETTINGS has not been acknowledged in time (RFC 9113 section 6.5.3)');
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
    this.#gateway.drain();
  }

  /** The grace time is over. */
  cancel(): void {
    this.#gateway.cancel();
  }
}
