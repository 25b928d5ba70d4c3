/** A raw HTTP/1.x client: writes text as it is, and reads what comes. What it means is for the case to say. */
import type { Socket } from 'node:net';
import { DeadlinePassed, Failed } from '../outcome.ts';
import { type Http1Response, readResponse } from './http1-response.ts';
import type { End } from './peer.ts';
import type { Transcript } from './transcript.ts';

/** Octets of content that are offered at a time. */
const PIECE = new Uint8Array(65_536);

export class Http1Peer {
  /** Everything read, one character for each octet. */
  text = '';
  end: End | null = null;
  /** Octets of what was offered that the transport has taken. */
  taken = 0;
  readonly connection: number;
  readonly #socket: Socket;
  readonly #transcript: Transcript;
  readonly #signal: AbortSignal;
  readonly #waiters = new Set<() => void>();
  #left = false;
  /** Where the next response begins. */
  #next = 0;

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

  /** Content of no meaning, written piece by piece as the transport takes it: `taken` says how much it has. */
  offer(octets: number): void {
    this.#transcript.event('>', this.connection, 'HTTP/1', `${octets} octets of content`);
    const piece = (): void => {
      const size = Math.min(octets - this.taken, PIECE.length);
      if (size === 0 || this.end !== null || this.#left) return;
      this.#socket.write(PIECE.subarray(0, size), error => {
        if (error) return;
        this.taken += size;
        piece();
      });
    };
    piece();
  }

  /** Waits until all that was read matches; gives the match, or null where the connection ended without. */
  async read(pattern: RegExp, what: string): Promise<RegExpExecArray | null> {
    await this.until(() => pattern.test(this.text), what);
    return pattern.exec(this.text);
  }

  /** Waits for the condition, looked at after each read, or for the end of the connection. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const start = performance.now();
    try {
      while (!condition() && this.end === null) await this.#change(what);
    } finally {
      this.#transcript.waits.over(what, start);
    }
  }

  /**
   * The next final response, whole or cut short by the end of the connection, and the status codes of the informational ones
   * before it; 101 is final. Throws Failed where the connection ends without its head.
   */
  async response(method = 'GET'): Promise<Http1Response & { readonly interim: readonly number[] }> {
    const interim: number[] = [];
    for (;;) {
      const read = (): Http1Response | null => readResponse(this.text, this.#next, method, this.end === 'FIN');
      await this.until(() => read()?.whole === true, 'a response over HTTP/1');
      const response = read();
      if (response === null) throw new Failed(`the connection ends (${this.end}) without a response`);
      this.#next = response.end;
      if (response.status >= 200 || response.status === 101 || response.status === 0) return { ...response, interim };
      interim.push(response.status);
    }
  }

  /** Octets behind the responses that were taken. */
  get rest(): string {
    return this.text.slice(this.#next);
  }

  /** Waits until the subject ends the connection. */
  async ended(what = 'the end of the connection'): Promise<End> {
    await this.until(() => false, what);
    return this.end as End;
  }

  /** Ends the kit's side of the transport. */
  finish(): void {
    this.#transcript.event('>', this.connection, 'FIN', '');
    this.#socket.end();
  }

  /** Resets the transport: the kit gives up. */
  reset(): void {
    this.#transcript.event('>', this.connection, 'RESET', '');
    this.#left = true;
    this.#socket.resetAndDestroy();
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
