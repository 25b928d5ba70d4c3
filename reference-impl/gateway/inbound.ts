/** The request half of an exchange: content that waits to be read, and the credit that reading gives (flow control by the reader). */
import type { Awaitable, Fields } from '../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../wire/index.ts';
import { checkInteger } from './arguments.ts';
import { type Deferred, deferred, Failure, rejected } from './exchange-error.ts';
import type { Handling } from './handling.ts';

/** What a read that waits gets at least, when the initial window gave it nothing. */
const DEFAULT_CHUNK = 16_384;
/** Short pieces wait together in slabs of so many octets: a chunk of one octet costs two hundred of memory. */
const SLAB = 4096;
/** A piece that waits is copied where it is less than this part of the read that it is a view of and would keep alive. */
const PART = 1 / 4;
const NO_FIELDS: Fields = Object.freeze([]);

export class Inbound {
  state: 'flowing' | 'ended' | 'stopped' | 'failed' = 'flowing';
  buffered = 0;
  readonly #handling: Handling;
  #chunks: Uint8Array[] = [];
  /** Where the last chunk has room behind it. */
  #slab: Uint8Array | null = null;
  #reader: Deferred<Uint8Array | null> | null = null;
  #manual = false;
  /** Octets read and not granted again yet. */
  #withheld = 0;
  #trailers: Fields | null = null;
  error: Failure | null = null;

  constructor(handling: Handling, ended: boolean) {
    this.#handling = handling;
    if (!ended) return;
    this.state = 'ended';
    this.#trailers = NO_FIELDS;
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  /** Why the request has failed, null where it has not: to be stopped is no failure. */
  get failure(): Failure | null {
    return this.state === 'failed' ? this.error : null;
  }

  get trailers(): Fields | null {
    return this.ended ? this.#trailers : null;
  }

  get window(): number {
    return this.state === 'flowing' && this.#trailers === null ? this.#allowance : 0;
  }

  get #allowance(): number {
    return this.#handling.gateway.wire.allowance(this.#handling);
  }

  /** Content of the peer. */
  push(octets: Uint8Array): void {
    if (this.state !== 'flowing') return;
    const reader = this.#reader;
    if (reader === null) {
      this.buffered += octets.length;
      this.#keep(octets);
      return;
    }
    this.#reader = null;
    this.#consumed(octets.length);
    reader.resolve(octets);
  }

  #keep(octets: Uint8Array): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length + octets.length <= SLAB) {
      this.#chunks[this.#chunks.length - 1] = this.#joined(last, octets);
    } else {
      this.#chunks.push(octets.length < PART * octets.buffer.byteLength ? octets.slice() : octets);
    }
  }

  #joined(last: Uint8Array, octets: Uint8Array): Uint8Array {
    let slab = this.#slab;
    if (slab === null || last.buffer !== slab.buffer) {
      slab = new Uint8Array(SLAB);
      slab.set(last);
      this.#slab = slab;
    }
    slab.set(octets, last.length);
    return slab.subarray(0, last.length + octets.length);
  }

  /** A read waits. */
  get reading(): boolean {
    return this.#reader !== null;
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
    this.#slab = null;
    this.buffered = 0;
    this.error = error;
    this.#reader?.reject(error);
    this.#reader = null;
  }

  read(): Awaitable<Uint8Array | null> {
    if (this.#reader !== null) throw new TypeError('a read of this body waits already: one reader at a time');
    if (this.state === 'ended') return null;
    if (this.error !== null) return rejected(this.error);
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
    const allowance = this.#allowance;
    if (!this.#manual && allowance <= 0) {
      this.#withheld = 0;
      this.#grant(DEFAULT_CHUNK - allowance);
    }
    this.#reader = deferred();
    return this.#reader.promise;
  }

  #consumed(octets: number): void {
    if (this.#manual) return;
    this.#withheld += octets;
    if (this.#withheld < this.#handling.gateway.withheld) return;
    this.#grant(this.#withheld);
    this.#withheld = 0;
  }

  #grant(octets: number): void {
    if (octets > 0 && this.#trailers === null) this.#handling.gateway.wire.grant(this.#handling, octets);
  }

  #ended(): void {
    this.state = 'ended';
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve(null);
    this.#handling.requestEnded();
  }
}
