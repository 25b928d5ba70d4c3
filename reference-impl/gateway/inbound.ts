/** The request half of an exchange: content that waits to be read, and the credit that reading gives (flow control by the reader). */
import type { Awaitable, Fields } from '../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../wire/index.ts';
import { checkInteger } from './arguments.ts';
import { type Deferred, deferred, Failure, rejected } from './exchange-error.ts';
import type { Handling } from './handling.ts';

/** What a read that waits gets at least, when the initial window gave it nothing. */
const DEFAULT_CHUNK = 16_384;
/** Shorter content is copied before it waits: a view would keep the whole read of the transport alive. */
const COPY_BELOW = 4096;
const NO_FIELDS: Fields = Object.freeze([]);

export class Inbound {
  state: 'flowing' | 'ended' | 'stopped' | 'failed' = 'flowing';
  buffered = 0;
  readonly #handling: Handling;
  #chunks: Uint8Array[] = [];
  #reader: Deferred<Uint8Array | null> | null = null;
  #manual = false;
  /** Octets read and not granted again yet. */
  #withheld = 0;
  #trailers: Fields | null = null;
  #error: Failure | null = null;

  constructor(handling: Handling, ended: boolean) {
    this.#handling = handling;
    if (!ended) return;
    this.state = 'ended';
    this.#trailers = NO_FIELDS;
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  get trailers(): Fields | null {
    return this.ended ? this.#trailers : null;
  }

  get window(): number {
    return this.state === 'flowing' && this.#trailers === null ? this.#handling.receiveWindow : 0;
  }

  /** Content of the peer. */
  push(octets: Uint8Array): void {
    if (this.state !== 'flowing') return;
    const reader = this.#reader;
    if (reader === null) {
      this.#chunks.push(octets.length < COPY_BELOW ? octets.slice() : octets);
      this.buffered += octets.length;
      return;
    }
    this.#reader = null;
    this.#consumed(octets.length);
    reader.resolve(octets);
  }

  /** END_STREAM of the peer. */
  finish(trailers: Fields): void {
    if (this.state !== 'flowing') return;
    this.#trailers = trailers;
    if (this.buffered === 0) this.#ended();
  }

  /** The exchange has failed, or nobody will read on. */
  cease(state: 'stopped' | 'failed', error: Failure): void {
    if (this.state !== 'flowing') return;
    this.state = state;
    this.#chunks = [];
    this.buffered = 0;
    this.#error = error;
    this.#reader?.reject(error);
    this.#reader = null;
  }

  read(): Awaitable<Uint8Array | null> {
    if (this.#reader !== null) throw new TypeError('a read of this body waits already: one reader at a time');
    if (this.state === 'ended') return null;
    if (this.#error !== null) return rejected(this.#error);
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return this.#wait();
    this.buffered -= chunk.length;
    this.#consumed(chunk.length);
    if (this.buffered === 0 && this.#trailers !== null) this.#ended();
    return chunk;
  }

  manual(): void {
    if (this.#manual || this.state !== 'flowing') return;
    this.#manual = true;
    this.#grant(this.#withheld);
    this.#withheld = 0;
  }

  credit(octets: number): void {
    checkInteger('credit', octets, 0, MAX_WINDOW);
    if (this.state !== 'flowing') return;
    this.#handling.sendContinue();
    this.#grant(octets);
  }

  stop(code: number = ERROR_CODE.NO_ERROR): void {
    checkInteger('a code', code, 0, 0xffff_ffff);
    if (this.state !== 'flowing') return;
    this.cease('stopped', new Failure(code, 'app', 'the application has stopped reading'));
    this.#handling.requestStopped();
  }

  #wait(): Promise<Uint8Array | null> {
    this.#handling.sendContinue();
    const { receiveWindow } = this.#handling;
    if (!this.#manual && receiveWindow <= 0) {
      this.#withheld = 0;
      this.#grant(DEFAULT_CHUNK - receiveWindow);
    }
    this.#reader = deferred();
    return this.#reader.promise;
  }

  #consumed(octets: number): void {
    if (this.#manual) return;
    this.#withheld += octets;
    if (this.#withheld < this.#handling.gateway.initialWindow / 2) return;
    this.#grant(this.#withheld);
    this.#withheld = 0;
  }

  #grant(octets: number): void {
    if (octets > 0 && this.#trailers === null) this.#handling.gateway.http2.grant(this.#handling, octets);
  }

  #ended(): void {
    this.state = 'ended';
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve(null);
    this.#handling.requestEnded();
  }
}
