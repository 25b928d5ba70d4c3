/** Decoder of field blocks, RFC 7541 §3 and §6. One per direction of a connection; blocks go in in the order received. */
import { latin1Text } from '../octets.ts';
import { huffmanDecode } from './huffman.ts';
import { MAX_INTEGER, MAX_INTEGER_OCTETS } from './integer.ts';
import { STATIC_TABLE } from './static-table.ts';
import { DynamicTable, entrySize, STATIC_LENGTH } from './table.ts';

/** A block that cannot be decoded: a connection error COMPRESSION_ERROR (RFC 9113 §4.3). */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}

export class Decoder {
  readonly table: DynamicTable;
  #limit: number;
  /** The next block must open with an update to this size or less; Infinity where none is due. */
  #due = Number.POSITIVE_INFINITY;
  #octets: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #listSize = 0;
  #most = Number.POSITIVE_INFINITY;
  #sensitive: Set<string> | null = null;

  /** `limit`: the SETTINGS_HEADER_TABLE_SIZE that this side advertised and the peer acknowledged, in octets. */
  constructor(limit = 4096) {
    this.#limit = limit;
    // Every connection starts with 4096: the encoder uses more only after it said so in an update (RFC 7541 §4.2).
    this.table = new DynamicTable(Math.min(limit, 4096));
  }

  /** The largest size that an update may declare (RFC 7541 §6.3). */
  get limit(): number {
    return this.#limit;
  }

  /**
   * A new limit, from the moment its acknowledgement was received. `demandUpdate`: a limit below the size in force makes
   * the next block open with an update or be refused (RFC 9113 §4.3.1).
   */
  setLimit(limit: number, demandUpdate = true): void {
    this.#limit = limit;
    if (demandUpdate && limit < this.table.capacity) this.#due = Math.min(this.#due, limit);
  }

  /** Size of the section last decoded, as RFC 9113 §6.5.2 counts it: octets of names and values, and 32 for each line. */
  get listSize(): number {
    return this.#listSize;
  }

  /** Names of the section last decoded that came as never-indexed literals, each once; null where none did (RFC 7541 §6.2.3). */
  get sensitive(): readonly string[] | null {
    return this.#sensitive === null ? null : [...this.#sensitive];
  }

  /**
   * Flat list of names and values, one character an octet. Throws HpackError; the connection is lost then. Lines past
   * `most` octets of list size are decoded, for the table's sake, and left out: `listSize` tells.
   */
  decode(block: Uint8Array, start = 0, end: number = block.length, most = Number.POSITIVE_INFINITY): string[] {
    const fields: string[] = [];
    this.#listSize = 0;
    this.#sensitive = null;
    this.#most = most;
    this.#octets = block;
    this.#at = start;
    this.#end = end;
    this.#sizeUpdates();
    while (this.#at < end) {
      const octet = block[this.#at] as number;
      if (octet >= 0x80) this.#indexed(fields);
      else if (octet >= 0x40) this.#literal(6, true, fields);
      else if (octet >= 0x20) throw new HpackError('a dynamic table size update follows a field (RFC 7541 §4.2)');
      else if (octet >= 0x10) this.#never(fields);
      else this.#literal(4, false, fields);
    }
    return fields;
  }

  #sizeUpdates(): void {
    while (this.#at < this.#end && ((this.#octets[this.#at] as number) & 0xe0) === 0x20) {
      const size = this.#integer(5);
      if (size > this.#limit) {
        throw new HpackError(`a size update to ${size} is above the limit of ${this.#limit} (RFC 7541 §6.3)`);
      }
      this.table.resize(size);
      if (size <= this.#due) this.#due = Number.POSITIVE_INFINITY;
    }
    if (this.#due < Number.POSITIVE_INFINITY)
      throw new HpackError('the block does not open with the size update that is due (RFC 9113 §4.3.1)');
  }

  #indexed(fields: string[]): void {
    const index = this.#integer(7);
    if (index > STATIC_LENGTH) {
      const name = this.table.name(index);
      if (name === undefined) throw new HpackError(`index ${index} is past both tables (RFC 7541 §2.3.3)`);
      this.#line(fields, name, this.table.value(index) as string);
    } else if (index > 0) {
      this.#line(fields, STATIC_TABLE[2 * index - 2] as string, STATIC_TABLE[2 * index - 1] as string);
    } else {
      throw new HpackError('index 0 is not used (RFC 7541 §6.1)');
    }
  }

  #literal(prefix: 4 | 6, insert: boolean, fields: string[]): void {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#string() : this.#nameAt(index);
    const value = this.#string();
    if (insert) this.table.insert(name, value);
    this.#line(fields, name, value);
  }

  #never(fields: string[]): void {
    const before = fields.length;
    this.#literal(4, false, fields);
    if (fields.length === before) return;
    this.#sensitive ??= new Set();
    this.#sensitive.add(fields[before] as string);
  }

  #line(fields: string[], name: string, value: string): void {
    this.#listSize += entrySize(name, value);
    if (this.#listSize <= this.#most) fields.push(name, value);
  }

  #nameAt(index: number): string {
    const name = index <= STATIC_LENGTH ? STATIC_TABLE[2 * index - 2] : this.table.name(index);
    if (name === undefined) throw new HpackError(`name index ${index} is past both tables (RFC 7541 §2.3.3)`);
    return name;
  }

  #string(): string {
    if (this.#at >= this.#end) throw new HpackError('the block ends inside a literal (RFC 7541 §6.2)');
    const huffman = (this.#octets[this.#at] as number) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    if (length > this.#end - start) {
      throw new HpackError(`a string of ${length} octets with ${this.#end - start} left in the block (RFC 7541 §5.2)`);
    }
    this.#at = start + length;
    if (!huffman) return latin1Text(this.#octets, start, this.#at);
    const text = huffmanDecode(this.#octets, start, this.#at);
    if (text === null) throw new HpackError('a Huffman string with EOS or wrong padding (RFC 7541 §5.2)');
    return text;
  }

  /** As readInteger, without its result object: this is the hot path. */
  #integer(prefix: number): number {
    const max = (1 << prefix) - 1;
    let value = (this.#octets[this.#at] as number) & max;
    this.#at += 1;
    if (value < max) return value;
    let scale = 1;
    for (let i = 0; i < MAX_INTEGER_OCTETS; i += 1) {
      if (this.#at >= this.#end) throw new HpackError('the block ends inside an integer (RFC 7541 §5.1)');
      const octet = this.#octets[this.#at] as number;
      this.#at += 1;
      value += (octet & 0x7f) * scale;
      if (value > MAX_INTEGER) throw new HpackError('an integer is above 2^32-1 (RFC 7541 §5.1)');
      if (octet < 0x80) return value;
      scale *= 128;
    }
    throw new HpackError(`an integer has more than ${MAX_INTEGER_OCTETS} octets (RFC 7541 §5.1)`);
  }
}
