/** The kit's end of the control channel: the processes that host its application, and what they tell, by attempt. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onLine } from '../application/control-client.ts';
import { type ApplicationMessage, type KitMessage, parseKey } from '../application/messages.ts';

/** What one attempt is told. */
export interface ControlListener {
  event(message: ApplicationMessage): void;
  /** A process that hosts the application has gone, or does not speak as it should: nothing is known from here on. */
  lost(why: string): void;
}

export class Control {
  readonly address: string;
  readonly #server: Server;
  readonly #hosts = new Set<Socket>();
  readonly #listeners = new Map<string, ControlListener>();
  readonly #greeted = new Set<() => void>();
  /** What was said of attempts that go on: a process that comes later is told it, too. */
  readonly #said = new Map<string, KitMessage[]>();
  #attempts = 0;
  #closed = false;

  private constructor(server: Server) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => this.#accept(socket));
  }

  static async listen(): Promise<Control> {
    const server = createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.unref();
    return new Control(server);
  }

  /** Processes that host the application now. */
  get hosts(): number {
    return this.#hosts.size;
  }

  /** Whether a process that hosts the application is there within `ms` milliseconds. */
  greeted(ms: number): Promise<boolean> {
    if (this.#hosts.size > 0) return Promise.resolve(true);
    return new Promise(resolve => {
      const settle = (there: boolean): void => {
        clearTimeout(timer);
        this.#greeted.delete(greet);
        resolve(there);
      };
      const greet = (): void => settle(true);
      const timer = setTimeout(() => settle(false), ms);
      this.#greeted.add(greet);
    });
  }

  /** A name for an attempt, whose messages go to the listener until it is forgotten. */
  attend(listener: ControlListener): string {
    this.#attempts += 1;
    const attempt = `n${this.#attempts}`;
    this.#listeners.set(attempt, listener);
    return attempt;
  }

  /** The attempt is over: its handlers wait at no gate any more. */
  forget(attempt: string): void {
    this.#said.delete(attempt);
    if (this.#listeners.delete(attempt)) this.#write({ do: 'end', attempt }, this.#hosts);
  }

  /** To every process: the kit does not know which of them has the exchange. */
  send(message: KitMessage): void {
    if (message.do !== 'end') {
      const { attempt } = parseKey(message.key);
      this.#said.set(attempt, [...(this.#said.get(attempt) ?? []), message]);
    }
    this.#write(message, this.#hosts);
  }

  #write(message: KitMessage, hosts: Iterable<Socket>): void {
    const line = `${JSON.stringify(message)}\n`;
    for (const socket of hosts) socket.write(line);
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#hosts) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    let last = 0;
    const leave = (why: string): void => {
      if (!this.#hosts.delete(socket) || this.#closed) return;
      socket.destroy();
      for (const listener of [...this.#listeners.values()]) listener.lost(why);
    };
    socket.on('close', () => leave('its connection has ended'));
    onLine(socket, line => {
      const message = parse(line);
      if (message === null || message.seq !== last + 1)
        return leave(`no message number ${last + 1}: ${line.slice(0, 120)}`);
      last = message.seq;
      if (message.event === 'hello') this.#greet(socket);
      else this.#tell(message);
    });
  }

  #greet(socket: Socket): void {
    this.#hosts.add(socket);
    for (const messages of this.#said.values()) for (const message of messages) this.#write(message, [socket]);
    for (const greet of [...this.#greeted]) greet();
  }

  /** What is of no exchange is of all attempts. */
  #tell(message: ApplicationMessage): void {
    if ('key' in message) this.#listeners.get(parseKey(message.key).attempt)?.event(message);
    else for (const listener of [...this.#listeners.values()]) listener.event(message);
  }
}

function parse(line: string): ApplicationMessage | null {
  try {
    return JSON.parse(line) as ApplicationMessage;
  } catch {
    return null;
  }
}
