/** A raw HTTP/1.x client: writes text as it is, and reads what comes. What it means is for the case to say. */
import type { Socket } from 'node:net';
import { DeadlinePassed } from '../outcome.ts';
import type { End } from './peer.ts';
import type { Transcript } from './transcript.ts';

export class Http1Peer {
  /** Everything read, one character for each octet. */
  text = '';
  end: End | null = null;
  readonly connection: number;
  readonly #socket: Socket;
  readonly #transcript: Transcript;
  readonly #signal: AbortSignal;
  readonly #waiters = new Set<() => void>();
  #left = false;

  constructor(socket: Socket, transcript: Transcript, signal: AbortSignal) {
    this.#socket = socket;
    this.#transcript = transcript;
    this.#signal = signal;
    this.connection = transcript.connection();
    transcript.event('-', this.connection, 'OPEN', `HTTP/1, port ${socket.localPort}`);
    socket.on('data', octets => this.#read(octets));
    socket
      .on('end', () => this.#over('FIN'))
      .on('error', () => this.#over('RESET'))
      .on('close', () => this.#over('RESET'));
  }

  /** One write; one octet for each character. */
  write(text: string): void {
    const octets = Buffer.from(text, 'latin1');
    this.#transcript.event('>', this.connection, 'HTTP/1', firstLine(text), octets);
    if (this.end === null && this.#socket.writable) this.#socket.write(octets);
  }

  /** Waits until all that was read matches; gives the match, or null where the connection ended without. */
  async read(pattern: RegExp, what: string): Promise<RegExpExecArray | null> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null || this.end !== null) return match;
      await this.#change(what);
    }
  }

  /** Waits until the subject ends the connection. */
  async ended(what = 'the end of the connection'): Promise<End> {
    while (this.end === null) await this.#change(what);
    return this.end;
  }

  /** Ends the kit's side of the transport. */
  finish(): void {
    this.#transcript.event('>', this.connection, 'FIN', '');
    this.#socket.end();
  }

  /** The kit leaves. */
  close(): void {
    this.#left = true;
    this.#socket.destroy();
  }

  #read(octets: Uint8Array): void {
    const text = Buffer.from(octets).toString('latin1');
    this.text += text;
    this.#transcript.event('<', this.connection, 'HTTP/1', firstLine(text), octets);
    this.#wake();
  }

  #over(end: End): void {
    if (this.end !== null || this.#left) return;
    this.end = end;
    this.#transcript.event('<', this.connection, end, '');
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiters.delete(changed);
        this.#signal.removeEventListener('abort', passed);
        end();
      };
      const changed = (): void => settle(resolve);
      const passed = (): void => settle(() => reject(new DeadlinePassed(what)));
      this.#waiters.add(changed);
      this.#signal.addEventListener('abort', passed);
      if (this.#signal.aborted) passed();
    });
  }
}

function firstLine(text: string): string {
  return text.slice(0, 200).split('\r\n', 1)[0] ?? '';
}
