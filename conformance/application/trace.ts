/** The record of a case: what the application was told, what it called, and what became of it. */
import { RAW_CAP, type TranscriptEntry } from '../result.ts';

/** Entries that are kept; an application that calls without end is told by its count. */
const MOST = 1000;

export type Told = (entry: TranscriptEntry) => void;

export class Trace {
  readonly #start = performance.now();
  readonly #told: Told;
  #count = 0;

  constructor(told: Told) {
    this.#told = told;
  }

  /** An event that the application is given. */
  event(connection: number, exchange: number, type: string, words = '', octets?: Uint8Array, note?: string): void {
    this.#add('>', connection, exchange, type, words, octets, note);
  }

  /** A call that the application makes. */
  call(connection: number, exchange: number, type: string, words = '', octets?: Uint8Array): void {
    this.#add('<', connection, exchange, type, words, octets);
  }

  /** What became of the application, or what is wrong. */
  fact(connection: number, exchange: number, type: string, words = '', note?: string): void {
    this.#add('-', connection, exchange, type, words, undefined, note);
  }

  #add(
    direction: TranscriptEntry['direction'],
    connection: number,
    stream: number,
    type: string,
    payload: string,
    octets: Uint8Array = new Uint8Array(0),
    note?: string,
  ): void {
    this.#count += 1;
    if (this.#count > MOST && direction === '<') return;
    const raw = Buffer.from(octets.subarray(0, RAW_CAP)).toString('hex');
    const t_us = Math.round((performance.now() - this.#start) * 1000);
    const entry = { t_us, direction, connection, type, flags: [], stream, length: octets.length, payload, raw };
    this.#told(note === undefined ? entry : { ...entry, note });
  }
}
