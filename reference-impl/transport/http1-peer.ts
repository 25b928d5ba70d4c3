/** A socket that speaks HTTP/1.x: what node's parser does not do for the connection. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Address, Tls } from '../../spec/msgi.ts';
import type { Host } from '../gateway/gateway.ts';
import { Patience } from '../gateway/patience.ts';
import { Http1Connection, type Http1Transport } from '../http1/connection.ts';
import { address, taken, tlsFacts } from './facts.ts';
import { linger } from './linger.ts';
import type { ServeOptions } from './options.ts';
import type { Peer } from './peer.ts';

/** Octets in all that are copied together rather than given to the kernel one by one. */
const JOIN = 16_384;

export class Http1Peer implements Http1Transport, Peer {
  readonly http1: Http1Connection;
  readonly peer: Address | null;
  readonly local: Address | null;
  readonly #socket: Socket;
  readonly #tlsSocket: TLSSocket | null;
  readonly #host: Host;
  readonly #idleTimeout: number;
  /** With the peer that takes what is written, and that finishes the head that it has begun. */
  readonly #taking = new Patience();
  readonly #beginning = new Patience();
  readonly #pauseAgain = (): void => {
    if (this.#held) this.#socket.pause();
  };
  #tlsFacts: Tls | null = null;
  #held = false;
  /** Octets that had been received when the connection became idle, and when that was. */
  #idleOctets: number;
  #idleSince = performance.now();

  constructor(socket: Socket, tls: TLSSocket | null, host: Host, options: ServeOptions, gone: () => void) {
    this.#socket = socket;
    this.#tlsSocket = tls;
    this.#host = host;
    this.#idleTimeout = options.idleTimeout ?? 300_000;
    this.peer = address(socket.remoteAddress, socket.remotePort);
    this.local = address(socket.localAddress, socket.localPort);
    this.#idleOctets = tls === null ? 0 : socket.bytesRead;
    this.http1 = new Http1Connection(host, this);
    socket.on('drain', () => this.http1.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.http1.lost();
      gone();
    });
  }

  get tls(): Tls | null {
    if (this.#tlsSocket !== null) this.#tlsFacts ??= tlsFacts(this.#tlsSocket);
    return this.#tlsFacts;
  }

  get writable(): boolean {
    return this.#socket.writable && !this.#socket.writableNeedDrain;
  }

  get waiting(): number {
    return this.#socket.writableLength;
  }

  write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (pieces.length > 1 && length <= JOIN) {
      socket.write(Buffer.concat(pieces, length));
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** node's parser has the socket, and its listeners stand before this one: a message that is read lets the socket flow. */
  parsed(): void {
    this.#socket.off('resume', this.#pauseAgain).on('resume', this.#pauseAgain);
  }

  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (held) this.#socket.pause();
    else this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  finish(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.end();
    if (socket.writableFinished) linger(socket);
    else socket.once('finish', () => linger(socket));
    socket.resume();
  }

  destroy(reset = false): void {
    // A TLS connection that ends without its close_notify is known to be cut.
    if (reset && this.#tlsSocket === null) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  tick(now: number): void {
    const socket = this.#socket;
    const { sendTimeout, receiveTimeout } = this.#host;
    if (this.#taking.look(now, socket.writableLength > 0, taken(socket)) >= sendTimeout) {
      this.http1.stall();
      return;
    }
    this.http1.tick(now);
    const { idle } = this.http1;
    if (!idle) this.#idleSince = Number.POSITIVE_INFINITY;
    else if (this.#idleSince === Number.POSITIVE_INFINITY) this.#becameIdle(now);
    const begun = idle && socket.bytesRead > this.#idleOctets;
    if (this.#beginning.look(now, begun, socket.bytesRead) >= receiveTimeout) this.http1.refuse(408);
    else if (idle && !begun && now - this.#idleSince > this.#idleTimeout) this.http1.drain();
  }

  #becameIdle(now: number): void {
    this.#idleSince = now;
    this.#idleOctets = this.#socket.bytesRead;
  }

  drain(): void {
    this.http1.drain();
  }

  cancel(): void {
    this.http1.cancel();
  }
}
