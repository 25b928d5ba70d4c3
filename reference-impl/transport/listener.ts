/** A listening port, and the connections that it has accepted. */
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { App } from '../../spec/msgi.ts';
import { DEFAULT_LIMITS } from '../engine/limits.ts';
import { Applications } from '../gateway/applications.ts';
import type { Host } from '../gateway/gateway.ts';
import { Http1Peer } from './http1-peer.ts';
import { Http1Server } from './http1-server.ts';
import { Http2Peer } from './http2-peer.ts';
import { newcomer } from './newcomer.ts';
import type { ServeOptions } from './options.ts';
import type { Peer } from './peer.ts';
import { reporting, reportToStderr, safely } from './report.ts';

const TICK = 500;

/** None of the suites that RFC 9113 section 9.2.2 and Appendix A advise against: ephemeral keys, authenticated encryption. */
const CIPHERS =
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20';

/** One listening port and its connections. */
export class Listener {
  readonly host: Host;
  readonly connections = new Set<Peer>();
  readonly #options: ServeOptions;
  readonly #server: Server;
  readonly #http1: Http1Server;
  readonly #clock = { date: new Date().toUTCString() };
  #timer: NodeJS.Timeout | null = null;
  /** Below TLS: those that have not shaken hands yet are nowhere else. */
  readonly #sockets = new Set<Socket>();
  #emptied: (() => void) | null = null;
  #closing = false;

  constructor(app: App, options: ServeOptions) {
    this.#options = options;
    const report = safely(options.report ?? reportToStderr);
    this.host = {
      app,
      applications: new Applications(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      protocols: inLowerCase(options.protocols),
      authorities: inLowerCase(options.authorities),
      duplex: options.duplex ?? false,
      earlyHints: options.earlyHints ?? false,
      priority: { signals: options.priority ?? 'both', tree: options.tree ?? true },
      clock: this.#clock,
      sendTimeout: options.sendTimeout ?? 60_000,
      receiveTimeout: options.receiveTimeout ?? 60_000,
      report,
      failed: reporting(options.failed, report),
    };
    this.#http1 = new Http1Server(this.host);
    this.#server = this.#createServer();
  }

  #createServer(): Server {
    const { tls } = this.#options;
    if (tls === undefined) {
      return createTcpServer({ noDelay: true, allowHalfOpen: true }, socket => this.#greet(socket));
    }
    const server = createTlsServer(
      {
        cert: asPem(tls.cert),
        key: asPem(tls.key),
        ALPNProtocols: ['h2', 'http/1.1'],
        allowHalfOpen: true,
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
      },
      socket => {
        socket.disableRenegotiation();
        if (this.#refuses(socket)) return;
        if (socket.alpnProtocol === 'h2') this.#takeHttp2(socket, socket);
        else this.#takeHttp1(socket, socket, null);
      },
    );
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #refuses(socket: Socket): boolean {
    if (this.#closing) socket.destroy();
    else socket.setNoDelay(true);
    return this.#closing;
  }

  #greet(socket: Socket): void {
    if (this.#refuses(socket)) return;
    const peer = newcomer(
      socket,
      this.host,
      this.#options,
      (kind, octets) => {
        if (kind === 'http1') this.#takeHttp1(socket, null, octets);
        else this.#takeHttp2(socket, null).receive(octets);
      },
      () => this.#gone(peer),
    );
    this.connections.add(peer);
  }

  #takeHttp2(socket: Socket, tls: TLSSocket | null): Http2Peer {
    const peer = new Http2Peer(socket, tls, this.host, this.#options, () => this.#gone(peer));
    this.connections.add(peer);
    return peer;
  }

  #takeHttp1(socket: Socket, tls: TLSSocket | null, octets: Uint8Array | null): void {
    const peer = new Http1Peer(socket, tls, this.host, this.#options, () => this.#gone(peer));
    this.connections.add(peer);
    this.#http1.take(socket, peer, octets);
  }

  #gone(peer: Peer): void {
    this.connections.delete(peer);
    if (this.connections.size === 0) this.#emptied?.();
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

function inLowerCase(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map(name => name.toLowerCase()));
}

function asPem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text);
}
