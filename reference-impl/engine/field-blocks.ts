/**
 * Field blocks of the peer: every one goes through HPACK, whatever becomes of its stream (RFC 9113 §4.3). A block equal to
 * the last one gives the same request again: most clients ask the same few things all day.
 */
import { Decoder, HpackError, INITIAL_SETTINGS } from '../../wire/index.ts';
import { connectionError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Request } from './request-head.ts';
import type { FieldList } from './response-blocks.ts';

/** Longer blocks are not kept. */
const KEPT = 1024;

/** A whole block that left the table as it was; its request once it has come twice. */
interface Kept {
  readonly octets: Uint8Array;
  readonly inserted: number;
  readonly entries: number;
  readonly capacity: number;
  readonly request: Request | null;
}

export class FieldBlocks {
  readonly #decoder: Decoder;
  readonly #table: number;
  readonly #listSize: number;
  readonly #lines: number;
  #kept: Kept | null = null;
  /** Of the table before the block last decoded. */
  #inserted = 0;
  #capacity = 0;

  constructor(limits: Limits) {
    this.#table = limits.headerTable;
    this.#decoder = new Decoder(Math.max(this.#table, INITIAL_SETTINGS.HEADER_TABLE_SIZE));
    this.#listSize = limits.headerListSize;
    this.#lines = limits.fieldLines;
  }

  /** The peer has acknowledged our table size: until then it goes by the initial one (RFC 9113 §4.3.1, §6.5.3). */
  acknowledge(): void {
    this.#decoder.setLimit(this.#table);
    // A block that is due to open with an update is not one that was kept.
    if (this.#table < this.#decoder.table.capacity) this.#kept = null;
  }

  decode(octets: Uint8Array, start: number, end: number): FieldList {
    const { table } = this.#decoder;
    this.#inserted = table.inserted;
    this.#capacity = table.capacity;
    try {
      const section = this.#decoder.decode(octets, start, end, this.#listSize);
      const { sensitive } = this.#decoder;
      return sensitive === null ? section : Object.assign(section, { sensitive });
    } catch (error) {
      if (error instanceof HpackError) throw connectionError('COMPRESSION_ERROR', error.message);
      throw error;
    }
  }

  /** Whether a section just decoded is above SETTINGS_MAX_HEADER_LIST_SIZE; it is cut off then. */
  tooLarge(section: readonly string[]): boolean {
    return this.#decoder.listSize > this.#listSize || section.length > 2 * this.#lines;
  }

  /** The request that an equal block said before, where decoding it would leave the table as it is. */
  recall(octets: Uint8Array, start: number, end: number): Request | null {
    const kept = this.#kept;
    return kept !== null && kept.request !== null && this.#isKept(kept, octets, start, end) ? kept.request : null;
  }

  /** The request of the block just decoded. From the second time on it is shared between exchanges, and frozen for that. */
  remember(octets: Uint8Array, start: number, end: number, request: Request): void {
    const { table } = this.#decoder;
    if (table.inserted !== this.#inserted || table.capacity !== this.#capacity || end - start > KEPT) return;
    const kept = this.#kept;
    const again = kept !== null && this.#isKept(kept, octets, start, end);
    this.#kept = {
      octets: again ? kept.octets : octets.slice(start, end),
      inserted: table.inserted,
      entries: table.length,
      capacity: table.capacity,
      request: again ? frozen(request) : null,
    };
  }

  #isKept(kept: Kept, octets: Uint8Array, start: number, end: number): boolean {
    const { table } = this.#decoder;
    const { length } = kept.octets;
    if (
      end - start !== length ||
      kept.inserted !== table.inserted ||
      kept.entries !== table.length ||
      kept.capacity !== table.capacity
    ) {
      return false;
    }
    for (let i = 0; i < length; i += 1) if (octets[start + i] !== kept.octets[i]) return false;
    return true;
  }
}

function frozen(request: Request): Request {
  Object.freeze(request.head.fields.sensitive);
  Object.freeze(request.head.fields);
  Object.freeze(request.head);
  return request;
}
