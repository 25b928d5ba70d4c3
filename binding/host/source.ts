/** The request half at the host: content that waits, and the credit that reading or `credit` gives (sections 3.5, 5.1, 11.4). */
import type { Awaitable, Fields } from '../../spec/msgi.ts';
import { NO_FIELDS } from '../fields.ts';
import { checkCode, checkInteger, MAX_OCTETS, NO_ERROR } from './arguments.ts';
import { type Deferred, deferred, Failure, rejected } from './failure.ts';

/** Octets to which a read that waits raises an allowance of 0 or less (MSGI-FLOW-3). */
const DEFAULT_CHUNK = 16_384;

/** What the request half asks of its exchange. */
export interface SourceOwner {
  /** CREDIT goes to the server. */
  sendCredit(octets: number): void;
  sendStop(code: number): void;
  /** The half is ended, stopped or failed. */
  sourceOver(): void;
}

export class Inbound {
  state: 'flowing' | 'ended' | 'stopped' | 'failed' = 'flowing';
  buffered = 0;
  error: Failure | null = null;
  readonly #owner: SourceOwner;
  readonly #initial: number;
  #allowance: number;
  #chunks: Uint8Array[] = [];
  #reader: Deferred<Uint8Array | null> | null = null;
  #manual = false;
  /** Whether a CREDIT has told the server that content is wanted (MSGI-PROC-26). */
  #wanted = false;
  /** Octets read and not granted again yet. */
  #withheld = 0;
  /** What END brought; null before. */
  #trailers: Fields | null = null;

  /** `window`: octets that the peer may send at the beginning. `ended`: there is no content. */
  constructor(owner: SourceOwner, window: number, ended: boolean) {
    this.#owner = owner;
    this.#initial = window;
    this.#allowance = window;
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
    return this.state === 'flowing' && this.#trailers === null ? this.#allowance : 0;
  }

  /** DATA. */
  push(octets: Uint8Array): void {
    if (this.state !== 'flowing') return;
    this.#allowance -= octets.length;
    const reader = this.#reader;
    if (reader === null) {
      this.buffered += octets.length;
      this.#chunks.push(octets);
      return;
    }
    this.#reader = null;
    this.#consumed(octets.length);
    reader.resolve(octets);
  }

  /** END. */
  finish(trailers: Fields): void {
    if (this.state !== 'flowing') return;
    this.#trailers = trailers;
    if (this.buffered === 0) this.#end();
  }

  /** Nothing more is read: what is buffered is dropped. */
  cease(state: 'stopped' | 'failed', error: Failure): void {
    if (this.state !== 'flowing') return;
    this.state = state;
    this.#chunks = [];
    this.buffered = 0;
    this.error = error;
    this.#reader?.reject(error);
    this.#reader = null;
  }

  /** Nothing more comes, and what came was no whole request. */
  cut(error: Failure): void {
    if (this.#trailers === null) this.cease('stopped', error);
  }

  read(): Awaitable<Uint8Array | null> {
    if (this.#reader !== null) throw new TypeError('a read of this body waits already: one reader at a time');
    if (this.state === 'ended') return null;
    if (this.error !== null) return rejected(this.error);
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return this.#wait();
    this.buffered -= chunk.length;
    this.#consumed(chunk.length);
    if (this.buffered === 0 && this.#trailers !== null) this.#end();
    return chunk;
  }

  manual(): void {
    if (this.#manual || this.state !== 'flowing') return;
    this.#manual = true;
    this.#grantWithheld();
  }

  credit(octets: number): void {
    checkInteger('credit', octets, 0, MAX_OCTETS);
    if (this.state === 'flowing') this.#grant(octets);
  }

  stop(code: number = NO_ERROR): void {
    checkCode(code);
    if (this.state !== 'flowing') return;
    this.#owner.sendStop(code);
    this.cease('stopped', new Failure(code, 'app', 'the application has stopped reading'));
    this.#owner.sourceOver();
  }

  #wait(): Promise<Uint8Array | null> {
    if (!this.#manual && this.#allowance <= 0) {
      this.#withheld = 0;
      this.#grant(DEFAULT_CHUNK - this.#allowance);
    } else if (!this.#wanted) {
      this.#grant(0);
    }
    this.#reader = deferred();
    return this.#reader.promise;
  }

  #consumed(octets: number): void {
    if (this.#manual) return;
    this.#withheld += octets;
    if (this.#withheld >= this.#initial / 2) this.#grantWithheld();
  }

  #grantWithheld(): void {
    const octets = this.#withheld;
    this.#withheld = 0;
    if (octets > 0) this.#grant(octets);
  }

  /** The allowance stops at 2^31 − 1 (MSGI-FLOW-9); the first CREDIT also says that content is wanted. */
  #grant(octets: number): void {
    if (this.#trailers !== null) return;
    const room = Math.min(octets, MAX_OCTETS - this.#allowance, MAX_OCTETS);
    this.#allowance += room;
    if (room === 0 && this.#wanted) return;
    this.#wanted = true;
    this.#owner.sendCredit(room);
  }

  #end(): void {
    this.state = 'ended';
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve(null);
    this.#owner.sourceOver();
  }
}
