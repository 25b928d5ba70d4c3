/** The kit's end of the pipes of one instance: each process that the server starts as a host is carried here. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Before the kit's address in MSGI_CONTROL, where the process is to carry the pipe and not to host. */
export const PIPE = 'pipe:';

/** Characters of the word by which a process shows that it belongs here: a port is soon somebody else's. */
const WORD_LENGTH = 16;

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
    const word = randomBytes(WORD_LENGTH / 2).toString('hex');
    this.address = `${PIPE}${word}@127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
      admit(socket, word, () => {
        take(socket);
        this.#began();
      });
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

/** A process that was started for other pipes, and comes late, does not know the word. */
function admit(socket: Socket, word: string, take: () => void): void {
  const listen = (): void => {
    const said: Buffer | null = socket.read(WORD_LENGTH);
    if (said === null) return;
    socket.off('readable', listen);
    if (said.toString('latin1') === word) take();
    else socket.destroy();
  };
  socket.on('readable', listen);
}
