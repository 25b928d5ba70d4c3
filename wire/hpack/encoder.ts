/** Encoder of field blocks, RFC 7541 §3 and §6. One per direction of a connection; blocks go out in the order encoded. */
import { concat } from '../octets.ts';
import { huffmanLength } from './huffman.ts';
import { type Indexing, indexed, literal, sizeUpdate } from './instruction.ts';
import { STATIC_TABLE } from './static-table.ts';
import { DynamicTable, entrySize, STATIC_LENGTH } from './table.ts';

/** Sent never-indexed wherever they appear (RFC 7541 §7.1.3): what an attacker would like to guess. */
export const ALWAYS_SENSITIVE: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);

/** Values that rarely come twice: indexing them would only push better entries out. */
const NOT_WORTH_INDEXING: ReadonlySet<string> = new Set([
  'content-length',
  'etag',
  'if-none-match',
  'last-modified',
  'location',
  'age',
  'content-range',
]);

const staticNames = new Map<string, number>();
const staticFields = new Map<string, number>();
for (let index = STATIC_LENGTH; index >= 1; index -= 1) {
  const name = STATIC_TABLE[2 * index - 2] as string;
  staticNames.set(name, index);
  staticFields.set(`${name}\0${STATIC_TABLE[2 * index - 1]}`, index);
}

export class Encoder {
  readonly table: DynamicTable;
  /** Highest and lowest capacity that the peer asked for since the last block. */
  #capacity: number;
  #smallest: number;
  #updateDue = false;
  /** Insertion number of the newest entry with this field, and with this name. */
  readonly #fields = new Map<string, number>();
  readonly #names = new Map<string, number>();
  /** The largest table kept, whatever the peer allows: it costs memory here. */
  readonly #ceiling: number;

  constructor(ceiling = 4096) {
    this.#ceiling = ceiling;
    this.#capacity = Math.min(4096, ceiling);
    this.#smallest = this.#capacity;
    this.table = new DynamicTable(this.#capacity);
    this.#updateDue = ceiling < 4096;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE: the next block opens with the updates it calls for (RFC 7541 §4.2). */
  setLimit(limit: number): void {
    const capacity = Math.min(limit, this.#ceiling);
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#smallest = Math.min(this.#smallest, capacity);
    this.#updateDue = true;
  }

  /** A field block of the flat list given; `sensitive` names are sent never-indexed. */
  encode(fields: readonly string[], sensitive?: readonly string[]): Uint8Array {
    const parts: Uint8Array[] = this.#sizeUpdates();
    for (let i = 0; i < fields.length; i += 2) {
      parts.push(this.#field(fields[i] as string, fields[i + 1] as string, sensitive));
    }
    return concat(parts);
  }

  #sizeUpdates(): Uint8Array[] {
    if (!this.#updateDue) return [];
    const updates = this.#smallest < this.#capacity ? [this.#smallest, this.#capacity] : [this.#capacity];
    for (const size of updates) this.table.resize(size);
    this.#smallest = this.#capacity;
    this.#updateDue = false;
    return updates.map(sizeUpdate);
  }

  #field(name: string, value: string, sensitive: readonly string[] | undefined): Uint8Array {
    if (ALWAYS_SENSITIVE.has(name) || sensitive?.includes(name)) return this.#literal(name, value, 'never');
    const key = `${name}\0${value}`;
    const known = staticFields.get(key) ?? this.#dynamic(this.#fields.get(key));
    if (known !== undefined) return indexed(known);
    const worthIndexing = !NOT_WORTH_INDEXING.has(name) && entrySize(name, value) <= this.table.capacity / 2;
    const octets = this.#literal(name, value, worthIndexing ? 'incremental' : 'without');
    if (worthIndexing) this.#insert(name, key, value);
    return octets;
  }

  #insert(name: string, key: string, value: string): void {
    this.table.insert(name, value);
    this.#fields.set(key, this.table.inserted);
    this.#names.set(name, this.table.inserted);
    // Numbers of evicted entries are told by #dynamic; the maps are swept when they have grown past any table's worth.
    if (this.#fields.size > 1024) this.#sweep();
  }

  #sweep(): void {
    const gone = this.table.inserted - this.table.length;
    for (const map of [this.#fields, this.#names]) {
      for (const [key, number] of map) if (number <= gone) map.delete(key);
    }
  }

  /** Index of the entry with that insertion number, unless it was evicted. */
  #dynamic(number: number | undefined): number | undefined {
    if (number === undefined) return undefined;
    const age = this.table.inserted - number;
    return age < this.table.length ? STATIC_LENGTH + 1 + age : undefined;
  }

  #literal(name: string, value: string, indexing: Indexing): Uint8Array {
    const index = staticNames.get(name) ?? this.#dynamic(this.#names.get(name));
    return literal(index ?? name, value, indexing, huffmanLength(value) < value.length);
  }
}
