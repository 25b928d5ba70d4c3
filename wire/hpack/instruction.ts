/**
 * Field blocks instruction by instruction (RFC 7541 §6): to build a block exactly as wanted, legal or not, and to look at
 * one without a table.
 */
import { concat, latin1, latin1Text } from '../octets.ts';
import { huffmanDecode, huffmanEncode } from './huffman.ts';
import { integer, readInteger } from './integer.ts';

export type Indexing = 'incremental' | 'without' | 'never';

export interface HpackString {
  readonly text: string;
  readonly huffman: boolean;
}

export type Instruction =
  | { readonly kind: 'indexed'; readonly index: number }
  | {
      readonly kind: 'literal';
      readonly indexing: Indexing;
      /** 0 where the name is spelt out. */
      readonly nameIndex: number;
      readonly name: HpackString | null;
      readonly value: HpackString;
    }
  | { readonly kind: 'size'; readonly size: number };

/** Indexed field, RFC 7541 §6.1. */
export function indexed(index: number | bigint): Uint8Array {
  return Uint8Array.from(integer(index, 7, 0x80));
}

/** Dynamic table size update, RFC 7541 §6.3. */
export function sizeUpdate(size: number | bigint): Uint8Array {
  return Uint8Array.from(integer(size, 5, 0x20));
}

/** String literal, RFC 7541 §5.2. `length` announces another length than the string has. */
export function string(text: string, huffman = false, length?: number | bigint): Uint8Array {
  const octets = huffman ? huffmanEncode(text) : latin1(text);
  return concat([Uint8Array.from(integer(length ?? octets.length, 7, huffman ? 0x80 : 0)), octets]);
}

const FORMS: Record<Indexing, { readonly prefix: number; readonly first: number }> = {
  incremental: { prefix: 6, first: 0x40 },
  without: { prefix: 4, first: 0x00 },
  never: { prefix: 4, first: 0x10 },
};

/** Literal field, RFC 7541 §6.2. `name` is a string, or the index of an entry that has it. */
export function literal(
  name: string | number | bigint,
  value: string,
  indexing: Indexing = 'without',
  huffman = false,
): Uint8Array {
  const { prefix, first } = FORMS[indexing];
  const isText = typeof name === 'string';
  const head = Uint8Array.from(integer(isText ? 0 : name, prefix, first));
  return concat(isText ? [head, string(name, huffman), string(value, huffman)] : [head, string(value, huffman)]);
}

/** A block of the fields given, each spelt out and none indexed: decodes the same whatever the table holds. */
export function plainBlock(fields: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < fields.length; i += 2) parts.push(literal(fields[i] as string, fields[i + 1] as string));
  return concat(parts);
}

/** The instructions of a block up to its end or to `error`. Never throws. */
export function parseBlock(block: Uint8Array): { readonly instructions: Instruction[]; readonly error: string | null } {
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < block.length) {
    const read = readInstruction(block, at);
    if ('error' in read) return { instructions, error: read.error };
    instructions.push(read.instruction);
    at = read.next;
  }
  return { instructions, error: null };
}

type InstructionRead = { readonly instruction: Instruction; readonly next: number } | { readonly error: string };

function readInstruction(block: Uint8Array, at: number): InstructionRead {
  const octet = block[at] as number;
  if (octet >= 0x80) {
    const index = readInteger(block, at, block.length, 7);
    return 'error' in index ? index : { instruction: { kind: 'indexed', index: index.value }, next: index.next };
  }
  if (octet >= 0x40) return readLiteral(block, at, 'incremental');
  if (octet >= 0x20) {
    const size = readInteger(block, at, block.length, 5);
    return 'error' in size ? size : { instruction: { kind: 'size', size: size.value }, next: size.next };
  }
  return readLiteral(block, at, octet >= 0x10 ? 'never' : 'without');
}

function readLiteral(block: Uint8Array, at: number, indexing: Indexing): InstructionRead {
  const index = readInteger(block, at, block.length, FORMS[indexing].prefix);
  if ('error' in index) return index;
  const name = index.value === 0 ? readString(block, index.next) : { string: null, next: index.next };
  if ('error' in name) return name;
  const value = readString(block, name.next);
  if ('error' in value) return value;
  return {
    instruction: { kind: 'literal', indexing, nameIndex: index.value, name: name.string, value: value.string },
    next: value.next,
  };
}

function readString(
  block: Uint8Array,
  at: number,
): { readonly string: HpackString; readonly next: number } | { readonly error: string } {
  const length = readInteger(block, at, block.length, 7);
  if ('error' in length) return length;
  const next = length.next + length.value;
  if (next > block.length)
    return { error: `a string of ${length.value} octets with ${block.length - length.next} left` };
  const huffman = (block[at] as number) >= 0x80;
  const text = huffman ? huffmanDecode(block, length.next, next) : latin1Text(block, length.next, next);
  return text === null ? { error: 'a Huffman string with EOS or wrong padding' } : { string: { text, huffman }, next };
}
