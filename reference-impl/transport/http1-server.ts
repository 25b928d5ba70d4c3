/** The parser of HTTP/1.x is node's: a server that never listens, and is given connections. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Host } from '../gateway/gateway.ts';
import type { ParserError } from '../http1/refusal.ts';
import type { Received } from '../http1/request-head.ts';
import { upgradeOf, withoutUpgrade } from '../http1/upgrade.ts';
import { messageArrival, receivedOf, tunnelArrival, unlistedArrival } from './http1-arrival.ts';
import type { Http1Peer } from './http1-peer.ts';

export class Http1Server {
  readonly #server: Server;
  readonly #peers = new WeakMap<Socket, Http1Peer>();

  constructor(host: Host) {
    const server = createServer({
      insecureHTTPParser: false,
      // Judged here, beside all else that can be wrong with "host".
      requireHostHeader: false,
      maxHeaderSize: host.limits.headerListSize,
      keepAliveTimeout: 0,
    });
    // The timer of the listener knows the limits; a head with too many lines is refused, and not cut.
    server.timeout = 0;
    server.maxHeadersCount = 0;
    // Without it the end of the peer's direction cancels what it has asked for (MSGI-VER-6).
    Object.assign(server, { httpAllowHalfOpen: true });
    this.#server = server;
    const request = (message: IncomingMessage, response: ServerResponse): void => {
      this.#peers.get(message.socket)?.http1.request(messageArrival(message, response));
    };
    // Applications decide about 100, and see every expectation as on HTTP/2.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, request);
    server.on('clientError', (error: ParserError, socket) => {
      // What came before the fault in the same read is on its way.
      setImmediate(() => this.#peers.get(socket as Socket)?.http1.broken(error));
    });
    server.on('connect', (message, socket, rest) => this.#tunnel(message, socket as Socket, rest));
    if ([...host.protocols].some(protocol => protocol !== '')) {
      server.on('upgrade', (message, socket, rest) => this.#upgrade(message, socket as Socket, rest, host.protocols));
    }
  }

  /** `octets` have been read of the connection already. */
  take(socket: Socket, peer: Http1Peer, octets: Uint8Array | null): void {
    this.#peers.set(socket, peer);
    if (octets !== null) socket.unshift(octets);
    this.#server.emit('connection', socket);
    peer.parsed();
  }

  #tunnel(message: IncomingMessage, socket: Socket, rest: Buffer): void {
    this.#peers.get(socket)?.http1.request(tunnelArrival(message, socket, rest));
  }

  /** node hands every upgrade over; those that are not listed go back to the parser, as requests without (MSGI-TUN-4). */
  #upgrade(message: IncomingMessage, socket: Socket, rest: Buffer, protocols: ReadonlySet<string>): void {
    const peer = this.#peers.get(socket);
    if (peer === undefined) return;
    const received = receivedOf(message);
    if (isListed(received, protocols)) this.#tunnel(message, socket, rest);
    else {
      const again = () => this.take(socket, peer, Buffer.concat([withoutUpgrade(received), rest]));
      peer.http1.request(unlistedArrival(message, again));
    }
  }
}

/** What is wrong with a listed one is refused by its turn. */
function isListed(received: Received, protocols: ReadonlySet<string>): boolean {
  try {
    return upgradeOf(received, protocols) !== null;
  } catch {
    return true;
  }
}
