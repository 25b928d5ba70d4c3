/** The request half of the kit's host (section 3.5 and chapter 5). */
import type { Awaitable, ExchangeError, Fields, Source } from '../../../spec/msgi.ts';
import { checkInteger, MAX_CREDIT } from './arguments.ts';
import { exchangeError, rejected, type Waiting, waiting } from './waiting.ts';

/** What a read that waits grants where nothing is left (MSGI-FLOW-3). */
const DEFAULT_CHUNK = 16_384;

export interface SourceEvents {
  call(member: string, words?: string): void;
  /** The peer may send more, or the application waits: a peer that waits for 100 is told (MSGI-INFO-4). */
  wanted(): void;
  /** The half is over: ended, stopped or failed. */
  over(): void;
}

export class HostSource implements Source {
  readonly #events: SourceEvents;
  #chunks: Uint8Array[] = [];
  #allowance: number;
  #manual = false;
  #peerEnded = false;
  #trailers: Fields = [];
  #error: ExchangeError | null = null;
  #stopped = false;
  #reader: Waiting<Uint8Array | null> | null = null;
  /** Content octets that have arrived. */
  received = 0;
  /** Reads that were made. */
  reads = 0;

  constructor(events: SourceEvents, allowance: number) {
    this.#events = events;
    this.#allowance = allowance;
  }

  get ended(): boolean {
    return this.#peerEnded && this.#chunks.length === 0 && this.#error === null;
  }

  get buffered(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  get window(): number {
    return this.#peerEnded || this.#error !== null ? 0 : this.#allowance;
  }

  get trailers(): Fields | null {
    return this.ended ? this.#trailers : null;
  }

  read(): Awaitable<Uint8Array | null> {
    if (this.#reader !== null) throw new TypeError('another read waits');
    this.reads += 1;
    if (this.#error !== null) return rejected(this.#error);
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return this.#give(chunk);
    this.#events.call('read');
    if (this.#peerEnded) return null;
    this.#reader = waiting();
    const { promise } = this.#reader;
    if (!this.#manual && this.#allowance <= 0) this.#allowance = DEFAULT_CHUNK;
    this.#events.wanted();
    return promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
  }

  manual(): void {
    this.#events.call('manual');
    this.#manual = true;
  }

  credit(octets: number): void {
    checkInteger('the credit', octets, 0, MAX_CREDIT);
    this.#events.call('credit', `${octets}`);
    if (this.over || this.#peerEnded) return;
    this.#allowance = Math.min(this.#allowance + octets, MAX_CREDIT);
    this.#events.wanted();
  }

  stop(code = 0): void {
    checkInteger('the code', code, 0, 0xffff_ffff);
    this.#events.call('stop', `${code}`);
    this.halt(code);
  }

  // --- for the host --------------------------------------------------------------------------------------------------

  get over(): boolean {
    return this.#error !== null || this.ended;
  }

  /** The application, or the end of its promise, wants no more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** A read of the application waits for content. */
  get waits(): boolean {
    return this.#reader !== null;
  }

  /** Content that the peer has sent, within the allowance: who calls sees to that. */
  arrive(chunk: Uint8Array): void {
    this.received += chunk.length;
    if (this.over || this.#peerEnded) return;
    this.#allowance -= chunk.length;
    const reader = this.#reader;
    this.#reader = null;
    if (reader === null) this.#chunks.push(chunk);
    else reader.resolve(this.#give(chunk));
  }

  end(trailers: Fields): void {
    if (this.over) return;
    this.#peerEnded = true;
    this.#trailers = trailers;
    this.#reader?.resolve(null);
    this.#reader = null;
    if (this.over) this.#events.over();
  }

  fail(error: ExchangeError): void {
    if (this.over) return;
    this.#cease(error);
  }

  halt(code: number): void {
    if (this.over) return;
    this.#stopped = true;
    this.#cease(exchangeError(code, 'app'));
  }

  #cease(error: ExchangeError): void {
    this.#error = error;
    this.#chunks = [];
    this.#reader?.reject(error);
    this.#reader = null;
    this.#events.over();
  }

  #give(chunk: Uint8Array): Uint8Array {
    this.#events.call('read', `gives ${chunk.length} octets`);
    if (!this.#manual) this.#allowance += chunk.length;
    if (this.ended) this.#events.over();
    else this.#events.wanted();
    return chunk;
  }
}
