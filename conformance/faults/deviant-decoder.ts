/**
 * An HPACK decoder that is wrong in one respect. Put before a sound server by `recode`, it makes a server that decodes so.
 * What it does right it does as RFC 7541 says; it is not fast and not for use.
 */
import {
  ENTRY_OVERHEAD,
  HpackError,
  huffmanDecode,
  latin1Text,
  readInteger,
  STATIC_LENGTH,
  STATIC_TABLE,
} from '../../wire/index.ts';
import type { BlockDecoder } from './fault.ts';

type Form = 'incremental' | 'without' | 'never';

/** What it does wrong; nothing where all are left out. */
export interface Deviation {
  /** Octets that an entry counts beyond its name and value; 32 is right. */
  readonly overhead?: number;
  /** Which end is evicted first; the oldest is right. */
  readonly evictsNewest?: boolean;
  /** False: entries larger than the table leave it as it was instead of emptying it. */
  readonly oversizeEmpties?: boolean;
  /** Literals of these forms are inserted; only incremental is right. */
  readonly inserts?: readonly Form[];
  /** An entry that is there already is not inserted again. */
  readonly skipsDuplicates?: boolean;
  /** The field that an index in neither table stands for, instead of an error. */
  readonly unknownIndex?: (index: number) => readonly [string, string];
  /** "oldest": entries are counted from the oldest. */
  readonly order?: 'newest' | 'oldest';
  /** False: size updates are read and have no effect. */
  readonly resizes?: boolean;
  /** Of several updates at the start of a block only the last takes effect. */
  readonly lastUpdateOnly?: boolean;
  /** Updates above the limit are taken. */
  readonly anyUpdate?: boolean;
  /** Updates behind a field are taken, and empty the table. */
  readonly lateUpdateEmpties?: boolean;
  /** Updates are refused. */
  readonly noUpdates?: boolean;
  /** The table goes back to its full size with every block. */
  readonly forgetsSize?: boolean;
  /** The text of a Huffman string that does not decode, instead of an error. */
  readonly badHuffman?: (octets: Uint8Array) => string;
  /** Integers are cut to this many bits instead of being refused. */
  readonly integerBits?: number;
  /** The groups of an integer come with the most significant first. */
  readonly bigEndianIntegers?: boolean;
  /** What is cut off at the end of a block is dropped, and the rest taken. */
  readonly truncates?: boolean;
  /** The name of an entry that the insertion itself evicts is lost. */
  readonly losesEvictedName?: boolean;
  /** True for a block whose insertions are lost. */
  readonly forgetsBlock?: (fields: readonly string[]) => boolean;
}

type Entry = readonly [name: string, value: string];

/** Every server here advertises the initial SETTINGS_HEADER_TABLE_SIZE. */
const LIMIT = 4096;

export class DeviantDecoder implements BlockDecoder {
  readonly #deviation: Deviation;
  #entries: Entry[] = [];
  #capacity = LIMIT;

  constructor(deviation: Deviation) {
    this.#deviation = deviation;
  }

  decode(block: Uint8Array): readonly string[] {
    const before = [...this.#entries];
    if (this.#deviation.forgetsSize) this.#capacity = LIMIT;
    const fields: string[] = [];
    let at = 0;
    try {
      while (at < block.length) at = this.#instruction(block, at, fields);
    } catch (error) {
      if (this.#deviation.truncates !== true) throw error;
    }
    if (this.#deviation.forgetsBlock?.(fields)) this.#entries = before;
    return fields;
  }

  #instruction(block: Uint8Array, at: number, fields: string[]): number {
    const octet = block[at] as number;
    if (octet >= 0x80) {
      const { value, next } = this.#integer(block, at, 7);
      fields.push(...this.#entry(value));
      return next;
    }
    if (octet >= 0x40) return this.#literal(block, at, 6, 'incremental', fields);
    if (octet < 0x20) return this.#literal(block, at, 4, octet >= 0x10 ? 'never' : 'without', fields);
    return this.#update(block, at, fields);
  }

  #update(block: Uint8Array, at: number, fields: readonly string[]): number {
    const { anyUpdate, noUpdates, resizes, lastUpdateOnly, lateUpdateEmpties } = this.#deviation;
    const { value, next } = this.#integer(block, at, 5);
    if (lateUpdateEmpties && fields.length > 0) {
      this.#entries = [];
      return next;
    }
    if (noUpdates || fields.length > 0) throw new HpackError('a size update out of place');
    if (value > LIMIT && !anyUpdate) throw new HpackError('a size update above the limit');
    if (resizes === false) return next;
    const followed = ((block[next] ?? 0) & 0xe0) === 0x20;
    this.#capacity = value;
    if (!(lastUpdateOnly && followed)) this.#evict(0);
    return next;
  }

  #literal(block: Uint8Array, at: number, prefix: number, form: Form, fields: string[]): number {
    const { inserts = ['incremental'] } = this.#deviation;
    const index = this.#integer(block, at, prefix);
    const name =
      index.value === 0 ? this.#string(block, index.next) : { text: this.#entry(index.value)[0], next: index.next };
    const value = this.#string(block, name.next);
    const source = this.#entries[index.value - STATIC_LENGTH - 1];
    if (inserts.includes(form)) this.#insert([name.text, value.text]);
    const lost = this.#deviation.losesEvictedName && source !== undefined && !this.#entries.includes(source);
    fields.push(lost ? 'x-lost-name' : name.text, value.text);
    return value.next;
  }

  #insert(entry: Entry): void {
    const { skipsDuplicates, oversizeEmpties } = this.#deviation;
    if (skipsDuplicates && this.#entries.some(([name, value]) => name === entry[0] && value === entry[1])) return;
    if (this.#size(entry) > this.#capacity) {
      if (oversizeEmpties !== false) this.#entries = [];
      return;
    }
    this.#evict(this.#size(entry));
    this.#entries.unshift(entry);
  }

  #evict(room: number): void {
    const total = (): number => this.#entries.reduce((sum, entry) => sum + this.#size(entry), 0);
    while (this.#entries.length > 0 && total() + room > this.#capacity) {
      if (this.#deviation.evictsNewest) this.#entries.shift();
      else this.#entries.pop();
    }
  }

  #size([name, value]: Entry): number {
    return name.length + value.length + (this.#deviation.overhead ?? ENTRY_OVERHEAD);
  }

  #entry(index: number): Entry {
    if (index > 0 && index <= STATIC_LENGTH) {
      return [STATIC_TABLE[2 * index - 2] as string, STATIC_TABLE[2 * index - 1] as string];
    }
    const { order, unknownIndex } = this.#deviation;
    const position = index - STATIC_LENGTH - 1;
    const found = order === 'oldest' ? this.#entries.at(-1 - position) : this.#entries[position];
    if (index > 0 && found !== undefined) return found;
    if (unknownIndex === undefined) throw new HpackError(`index ${index} is in neither table`);
    return unknownIndex(index);
  }

  #integer(block: Uint8Array, at: number, prefix: number): { readonly value: number; readonly next: number } {
    const { integerBits, bigEndianIntegers } = this.#deviation;
    if (integerBits !== undefined || bigEndianIntegers) {
      return carelessInteger(block, at, prefix, integerBits ?? 64, bigEndianIntegers === true);
    }
    const read = readInteger(block, at, block.length, prefix);
    if ('error' in read) throw new HpackError(read.error);
    return read;
  }

  #string(block: Uint8Array, at: number): { readonly text: string; readonly next: number } {
    if (at >= block.length) throw new HpackError('a string is missing');
    const length = this.#integer(block, at, 7);
    const end = length.next + length.value;
    if (end > block.length) throw new HpackError('a string runs past the block');
    if ((block[at] as number) < 0x80) return { text: latin1Text(block, length.next, end), next: end };
    const octets = block.subarray(length.next, end);
    const text = huffmanDecode(octets, 0, octets.length) ?? this.#deviation.badHuffman?.(octets);
    if (text === undefined) throw new HpackError('a Huffman string does not decode');
    return { text, next: end };
  }
}

/** An integer of any length as careless arithmetic has it: cut to its low bits, or with its groups the wrong way round. */
function carelessInteger(
  block: Uint8Array,
  at: number,
  prefix: number,
  bits: number,
  bigEndian: boolean,
): { readonly value: number; readonly next: number } {
  const max = (1 << prefix) - 1;
  const first = (block[at] as number) & max;
  if (first < max) return { value: first, next: at + 1 };
  const groups: bigint[] = [];
  let next = at + 1;
  for (let more = true; more; next += 1) {
    if (next >= block.length) throw new HpackError('an integer is cut off');
    groups.push(BigInt((block[next] as number) & 0x7f));
    more = (block[next] as number) >= 0x80;
  }
  if (!bigEndian) groups.reverse();
  const rest = groups.reduce((sum, group) => (sum << 7n) | group, 0n);
  return { value: Number(BigInt.asUintN(bits, rest + BigInt(max))), next };
}
