/** The far side of a tunnel: a TCP listener of the kit's, and the one connection that a proxy makes to it. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { DeadlinePassed } from '../outcome.ts';
import type { End } from './peer.ts';
import type { Transcript } from './transcript.ts';

export class FarEnd {
  /** As in ":authority". */
  readonly authority: string;
  /** Everything read, one character for each octet. */
  text = '';
  /** What came first: FIN, after which the other direction may go on, or a reset. */
  end: End | null = null;
  #socket: Socket | null = null;
  #connection = 0;
  readonly #server: Server;
  readonly #signal: AbortSignal;
  readonly #transcript: Transcript;
  readonly #waiters = new Set<() => void>();

  private constructor(server: Server, transcript: Transcript, signal: AbortSignal) {
    this.#server = server;
    this.#transcript = transcript;
    this.#signal = signal;
    this.authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => this.#connected(socket));
  }

  static async listen(transcript: Transcript, signal: AbortSignal): Promise<FarEnd> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.unref();
    return new FarEnd(server, transcript, signal);
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  write(text: string): void {
    this.#note('>', 'TCP', text);
    this.#socket?.write(Buffer.from(text, 'latin1'));
  }

  /** FIN: this direction ends. */
  finish(): void {
    this.#note('>', 'FIN', '');
    this.#socket?.end();
  }

  reset(): void {
    this.#note('>', 'RESET', 'on purpose');
    this.#socket?.resetAndDestroy();
  }

  /** Waits for the condition. Throws DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await this.#wait(this.#signal, condition, what);
  }

  /** Whether the condition comes true within `ms` milliseconds. Throws DeadlinePassed at the case's deadline. */
  async within(ms: number, condition: () => boolean, what: string): Promise<boolean> {
    return this.#wait(AbortSignal.any([AbortSignal.timeout(ms), this.#signal]), condition, what);
  }

  /** Whether the condition comes true before `ended` is aborted. */
  async #wait(ended: AbortSignal, condition: () => boolean, what: string): Promise<boolean> {
    while (!condition()) {
      if (this.#signal.aborted) throw new DeadlinePassed(what);
      if (ended.aborted) return false;
      await new Promise<void>(resolve => {
        this.#waiters.add(resolve);
        ended.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#waiters.clear();
    }
    return true;
  }

  close(): void {
    this.#server.close();
    this.#socket?.destroy();
  }

  #connected(socket: Socket): void {
    if (this.#socket !== null) return void socket.destroy();
    this.#socket = socket;
    this.#connection = this.#transcript.connection();
    this.#note('-', 'OPEN', `of the server, to ${this.authority}`);
    socket
      .on('data', octets => this.#read(octets))
      .on('end', () => this.#over('FIN'))
      .on('error', () => this.#over('RESET'))
      .on('close', () => this.#over('RESET'));
    this.#wake();
  }

  #read(octets: Buffer): void {
    const text = octets.toString('latin1');
    this.#note('<', 'TCP', text);
    this.text += text;
    this.#wake();
  }

  #over(end: End): void {
    if (this.end !== null) return;
    this.end = end;
    this.#note('<', end, '');
    this.#wake();
  }

  #note(direction: '<' | '>' | '-', type: string, text: string): void {
    this.#transcript.event(direction, this.#connection, type, text);
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
