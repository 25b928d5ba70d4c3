/** The dynamic table of RFC 7541 §2.3.2 and §4: first in, first out, bounded in octets. */
import { STATIC_TABLE } from './static-table.ts';

/** What an entry counts beyond its name and value (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32;

export const STATIC_LENGTH: number = STATIC_TABLE.length / 2;

export function entrySize(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

export class DynamicTable {
  /** Flat, oldest first, behind `#head` names and values that are gone. */
  #entries: string[] = [];
  #head = 0;
  #size = 0;
  #capacity: number;
  #inserted = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Octets held, RFC 7541 §4.1. */
  get size(): number {
    return this.#size;
  }

  /** Octets that may be held: the size last declared. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Entries held. */
  get length(): number {
    return (this.#entries.length - this.#head) / 2;
  }

  /** Entries ever inserted: the newest has this number, the one before it one less. */
  get inserted(): number {
    return this.#inserted;
  }

  /** Name of the entry with the index counted from 62 (RFC 7541 §2.3.3); undefined past the table. */
  name(index: number): string | undefined {
    return this.#at(index, 0);
  }

  value(index: number): string | undefined {
    return this.#at(index, 1);
  }

  #at(index: number, part: number): string | undefined {
    const position = this.#entries.length - 2 * (index - STATIC_LENGTH);
    return position < this.#head || index <= STATIC_LENGTH ? undefined : this.#entries[position + part];
  }

  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#evictTo(capacity);
  }

  /** Inserts in front; an entry larger than the table empties it (RFC 7541 §4.4). Says whether it stayed. */
  insert(name: string, value: string): boolean {
    const size = entrySize(name, value);
    this.#evictTo(Math.max(0, this.#capacity - size));
    this.#inserted += 1;
    if (size > this.#capacity) return false;
    this.#entries.push(name, value);
    this.#size += size;
    return true;
  }

  #evictTo(size: number): void {
    while (this.#size > size) {
      const head = this.#head;
      this.#size -= entrySize(this.#entries[head] as string, this.#entries[head + 1] as string);
      this.#head = head + 2;
    }
    // Compacting now and then keeps both the array and the cost of an eviction small.
    if (this.#head > 256 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
