/** A TCP listener of the kit's: an authority that a server could connect to, and should not. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export class Listener {
  /** As in ":authority". */
  readonly authority: string;
  /** What came on the connections to it, one character for each octet. */
  first = '';
  /** Resolves when something comes. */
  readonly reached: Promise<void>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.reached = new Promise(resolve => {
      server.on('connection', socket => {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('data', octets => {
          this.first += octets.toString('latin1');
          resolve();
        });
      });
    });
  }

  static async open(): Promise<Listener> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.unref();
    return new Listener(server);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
