/** Encoder of field blocks, RFC 7541 §3 and §6. One per direction of a connection; blocks go out in the order encoded. */
import { huffmanEncodeInto, huffmanLength } from './huffman.ts';
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

/** Static indices: of the name alone, and of the name with each value that the table has for it. */
interface StaticName {
  readonly index: number;
  readonly values: ReadonlyMap<string, number>;
}

const staticNames = new Map<string, StaticName>();
for (let index = STATIC_LENGTH; index >= 1; index -= 1) {
  const name = STATIC_TABLE[2 * index - 2] as string;
  const values = new Map([...(staticNames.get(name)?.values ?? []), [STATIC_TABLE[2 * index - 1] as string, index]]);
  staticNames.set(name, { index, values });
}

/** Insertion numbers: of the newest entry with the name, and of the newest with the name and each value. */
interface DynamicName {
  newest: number;
  readonly values: Map<string, number>;
}

/** Octets that an integer of RFC 7541 §5.1 takes here at most: lengths are below 2^32. */
const INTEGER_ROOM = 6;

export class Encoder {
  readonly table: DynamicTable;
  /** The capacity last asked for, and the smallest asked for since the last block. */
  #capacity: number;
  #smallest = Number.POSITIVE_INFINITY;
  #updateDue = false;
  readonly #names = new Map<string, DynamicName>();
  /** Values held by #names, those of evicted entries included. */
  #known = 0;
  /** The largest table kept, whatever the peer allows: it costs memory here. */
  readonly #ceiling: number;
  /** The block in the making; grown as needed and used again. */
  #octets: Uint8Array = new Uint8Array(512);
  #at = 0;

  constructor(ceiling = 4096) {
    this.#ceiling = ceiling;
    this.#capacity = Math.min(4096, ceiling);
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

  /** Whether the next block opens with a size update. */
  get updateDue(): boolean {
    return this.#updateDue;
  }

  /** A field block of the flat list given; `sensitive` names are sent never-indexed. */
  encode(fields: readonly string[], sensitive?: readonly string[]): Uint8Array {
    this.begin();
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      this.add(name, fields[i + 1] as string, sensitive?.includes(name));
    }
    return this.finish().slice();
  }

  /** Opens a block, with the size updates that are due. */
  begin(): void {
    this.#at = 0;
    if (!this.#updateDue) return;
    if (this.#smallest < this.#capacity) this.#sizeUpdate(this.#smallest);
    this.#sizeUpdate(this.#capacity);
    this.#smallest = Number.POSITIVE_INFINITY;
    this.#updateDue = false;
  }

  /** Adds one field to the open block. */
  add(name: string, value: string, sensitive = false): void {
    this.#room(name.length + value.length + 3 * INTEGER_ROOM);
    const inStatic = staticNames.get(name);
    const inDynamic = this.#names.get(name);
    if (sensitive || ALWAYS_SENSITIVE.has(name)) {
      this.#literal(name, inStatic, inDynamic, value, 0x10, 4);
      return;
    }
    const known = inStatic?.values.get(value) ?? this.#dynamic(inDynamic?.values.get(value));
    if (known !== undefined) {
      this.#integer(known, 7, 0x80);
      return;
    }
    const worthIndexing = !NOT_WORTH_INDEXING.has(name) && entrySize(name, value) <= this.table.capacity / 2;
    this.#literal(name, inStatic, inDynamic, value, worthIndexing ? 0x40 : 0x00, worthIndexing ? 6 : 4);
    if (worthIndexing) this.#insert(name, inDynamic, value);
  }

  /** The octets of the open block: a view, good until the next one begins. */
  finish(): Uint8Array {
    return this.#octets.subarray(0, this.#at);
  }

  #sizeUpdate(size: number): void {
    this.table.resize(size);
    this.#integer(size, 5, 0x20);
  }

  #insert(name: string, known: DynamicName | undefined, value: string): void {
    this.table.insert(name, value);
    const entry = known ?? { newest: 0, values: new Map<string, number>() };
    if (known === undefined) this.#names.set(name, entry);
    entry.newest = this.table.inserted;
    entry.values.set(value, entry.newest);
    this.#known += 1;
    // Numbers of evicted entries are told by #dynamic; the maps are swept when most of what they hold is evicted.
    if (this.#known > 2 * this.table.length + 1024) this.#sweep();
  }

  #sweep(): void {
    const gone = this.table.inserted - this.table.length;
    this.#known = 0;
    for (const [name, { newest, values }] of this.#names) {
      for (const [value, number] of values) if (number <= gone) values.delete(value);
      if (newest <= gone) this.#names.delete(name);
      this.#known += values.size;
    }
  }

  /** Index of the entry with that insertion number, unless it was evicted. */
  #dynamic(number: number | undefined): number | undefined {
    if (number === undefined) return undefined;
    const age = this.table.inserted - number;
    return age < this.table.length ? STATIC_LENGTH + 1 + age : undefined;
  }

  #literal(
    name: string,
    inStatic: StaticName | undefined,
    inDynamic: DynamicName | undefined,
    value: string,
    first: number,
    prefix: number,
  ): void {
    const index = inStatic?.index ?? this.#dynamic(inDynamic?.newest);
    this.#integer(index ?? 0, prefix, first);
    const short = huffmanLength(value);
    if (index === undefined)
      this.#string(name, short < value.length ? huffmanLength(name) : name.length, short < value.length);
    this.#string(value, Math.min(short, value.length), short < value.length);
  }

  /** `length`: the octets that the text takes in its coding. */
  #string(text: string, length: number, huffman: boolean): void {
    this.#room(length + INTEGER_ROOM);
    this.#integer(length, 7, huffman ? 0x80 : 0);
    const octets = this.#octets;
    if (huffman) {
      this.#at = huffmanEncodeInto(text, octets, this.#at);
      return;
    }
    let at = this.#at;
    for (let i = 0; i < text.length; i += 1) {
      octets[at] = text.charCodeAt(i);
      at += 1;
    }
    this.#at = at;
  }

  #integer(value: number, prefix: number, first: number): void {
    const max = (1 << prefix) - 1;
    if (value < max) {
      this.#octets[this.#at] = first | value;
      this.#at += 1;
      return;
    }
    this.#octets[this.#at] = first | max;
    this.#at += 1;
    let rest = value - max;
    while (rest >= 128) {
      this.#octets[this.#at] = (rest % 128) | 0x80;
      this.#at += 1;
      rest = Math.floor(rest / 128);
    }
    this.#octets[this.#at] = rest;
    this.#at += 1;
  }

  #room(octets: number): void {
    if (this.#at + octets <= this.#octets.length) return;
    const larger = new Uint8Array(2 * (this.#at + octets));
    larger.set(this.#octets.subarray(0, this.#at));
    this.#octets = larger;
  }
}
