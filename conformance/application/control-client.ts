/** The application's end of the control channel. */
import { connect, type Socket } from 'node:net';
import type { ApplicationMessage, KitMessage } from './messages.ts';

/** A message without its number. */
type Unnumbered<M> = M extends unknown ? Omit<M, 'seq'> : never;
export type Event = Unnumbered<ApplicationMessage>;

export class ControlClient {
  readonly #socket: Socket;
  #seq = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects to "host:port". Rejects where nobody listens there. `left` is called when the kit has gone. */
  static async connect(
    address: string,
    told: (message: KitMessage) => void,
    left: () => void = () => {},
  ): Promise<ControlClient> {
    const at = address.lastIndexOf(':');
    const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    // A kit that has left is no matter of the server's: it goes on, and nothing here keeps its process alive.
    socket
      .on('error', () => socket.destroy())
      .on('close', left)
      .unref();
    onLine(socket, line => told(JSON.parse(line) as KitMessage));
    return new ControlClient(socket);
  }

  tell(event: Event): void {
    this.#seq += 1;
    this.#socket.write(`${JSON.stringify({ seq: this.#seq, ...event })}\n`);
  }

  close(): void {
    this.#socket.end();
  }
}

/** Calls `take` with each line, without its end. */
export function onLine(socket: Socket, take: (line: string) => void): void {
  let partial = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() as string;
    for (const line of lines) take(line);
  });
}
