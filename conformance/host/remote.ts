/** The application inside a host, seen from the kit: it is told what to do, and tells what it sees. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onLine } from '../application/control-client.ts';
import type { Transcript } from '../peer/transcript.ts';
import type { AppMessage, Json, KitMessage, Member, ReportedError } from './messages.ts';
import type { Waits } from './waits.ts';

/** What became of a call. */
export type Answer = { readonly value: Json } | { readonly error: ReportedError };

type MessageOf<E extends AppMessage['event']> = Extract<AppMessage, { readonly event: E }>;
type Unnumbered<M> = M extends { readonly call: number } ? Omit<M, 'call'> : never;

export class Remote {
  /** What MSGI_CONTROL says. */
  readonly address: string;
  readonly received: AppMessage[] = [];
  transcript: Transcript;
  /** The application has ended the connection: its process is over, or ends. */
  lost = false;
  readonly #server: Server;
  readonly #waits: Waits;
  #socket: Socket | null = null;
  #calls = 0;

  private constructor(server: Server, waits: Waits, transcript: Transcript) {
    this.#server = server;
    this.#waits = waits;
    this.transcript = transcript;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => this.#admit(socket));
  }

  static async listen(waits: Waits, transcript: Transcript): Promise<Remote> {
    const server = createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Remote(server, waits, transcript);
  }

  /** One application for each host. */
  #admit(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#socket !== null) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    onLine(socket, line => this.#take(line));
    socket.on('close', () => {
      this.lost = true;
      this.#waits.wake();
    });
  }

  #take(line: string): void {
    this.transcript.event('=', 0, 'APP', line.slice(0, 400));
    this.received.push(JSON.parse(line) as AppMessage);
    this.#waits.wake();
  }

  of<E extends AppMessage['event']>(event: E): readonly MessageOf<E>[] {
    return this.received.filter((message): message is MessageOf<E> => message.event === event);
  }

  tell(message: KitMessage): void {
    const line = JSON.stringify(message);
    this.transcript.event('=', 0, 'KIT', line.slice(0, 400));
    this.#socket?.write(`${line}\n`);
  }

  /** Asks for a call, and gives its number: what becomes of it is told when there is something to tell. */
  begin(message: Unnumbered<KitMessage>): number {
    this.#calls += 1;
    this.tell({ ...message, call: this.#calls } as KitMessage);
    return this.#calls;
  }

  act(exchange: number, member: Member, args: readonly Json[]): number {
    return this.begin({ do: 'call', exchange, member, arguments: args });
  }

  /** What has become of the call by now; null while it waits. */
  answer(call: number): Answer | null {
    return this.of('answer').find(one => one.call === call) ?? null;
  }

  close(): void {
    this.#server.close();
    this.#socket?.destroy();
  }
}
