/** The kit's end of the pipes of one instance: each process that the server starts as a host is carried here. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Before the kit's address in MSGI_CONTROL, where the process is to carry the pipe and not to host. */
export const PIPE = 'pipe:';

export class Pipes {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #began = (): void => {};
  readonly #first = new Promise<void>(resolve => {
    this.#began = resolve;
  });

  private constructor(server: Server, take: (pipe: Socket) => void) {
    this.#server = server;
    this.address = `${PIPE}127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
      take(socket);
      this.#began();
    });
  }

  /** Gives each new pipe to `take`. */
  static async listen(take: (pipe: Socket) => void): Promise<Pipes> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Pipes(server, take);
  }

  /** Whether the server starts a host within `ms` milliseconds. */
  greeted(ms: number): Promise<boolean> {
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(false), ms);
      void this.#first.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
