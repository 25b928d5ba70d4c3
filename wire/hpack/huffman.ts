/**
 * The Huffman code of RFC 7541 §5.2 and Appendix B.
 *
 * Decoding walks a table of nibbles: state × 4 bits → next state, at most one symbol (the shortest code has 5 bits), and
 * whether the bits since the last symbol are all ones and fewer than 8, which is the only padding allowed.
 */
import { latin1Text } from '../octets.ts';
import { HUFFMAN_LENGTHS } from './huffman-lengths.ts';

const EOS = 256;

/** Codes aligned to their last bit; canonical, so counted up within each length. */
const CODES: readonly number[] = canonicalCodes();

function canonicalCodes(): number[] {
  const codes = new Array<number>(HUFFMAN_LENGTHS.length).fill(0);
  let code = 0;
  for (let length = 1; length <= 30; length += 1) {
    code *= 2;
    for (let symbol = 0; symbol <= EOS; symbol += 1) {
      if (HUFFMAN_LENGTHS[symbol] === length) {
        codes[symbol] = code;
        code += 1;
      }
    }
  }
  return codes;
}

/** Octets that `text` (one character, one octet) takes when Huffman coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i += 1) bits += HUFFMAN_LENGTHS[text.charCodeAt(i) & 0xff] as number;
  return (bits + 7) >> 3;
}

/** Huffman code of `text`, padded with ones. */
export function huffmanEncode(text: string): Uint8Array {
  const octets = new Uint8Array(huffmanLength(text));
  huffmanEncodeInto(text, octets, 0);
  return octets;
}

/** Writes the code of `text` at `at` and gives the position behind it. The room must be there. */
export function huffmanEncodeInto(text: string, octets: Uint8Array, at: number): number {
  let held = 0;
  let bits = 0;
  let next = at;
  for (let i = 0; i < text.length; i += 1) {
    const symbol = text.charCodeAt(i) & 0xff;
    const length = HUFFMAN_LENGTHS[symbol] as number;
    const code = CODES[symbol] as number;
    // At most 7 bits are held, and a code has at most 30: two steps keep it within 32 bits.
    for (let left = length; left > 0; ) {
      const take = Math.min(left, 8 - bits);
      held = (held << take) | ((code >>> (left - take)) & ((1 << take) - 1));
      bits += take;
      left -= take;
      if (bits === 8) {
        octets[next] = held;
        next += 1;
        held = 0;
        bits = 0;
      }
    }
  }
  if (bits > 0) {
    octets[next] = (held << (8 - bits)) | ((1 << (8 - bits)) - 1);
    next += 1;
  }
  return next;
}

// One entry: next state (bits 0–8), symbol (9–16), a symbol is there (17), padding may end here (18), no such code (19).
const SYMBOL_SHIFT = 9;
const HAS_SYMBOL = 1 << 17;
const MAY_END = 1 << 18;
const NO_CODE = 1 << 19;
const STATE_MASK = 0x1ff;

const NIBBLES: Int32Array = buildNibbles();

interface Node {
  state: number;
  symbol: number;
  /** Bits from the root, and whether all are ones: padding is fewer than 8 ones. */
  depth: number;
  ones: boolean;
  zero: Node | null;
  one: Node | null;
}

function buildNibbles(): Int32Array {
  const inner: Node[] = [];
  const node = (depth: number, ones: boolean): Node => ({ state: -1, symbol: -1, depth, ones, zero: null, one: null });
  const root = node(0, true);
  for (let symbol = 0; symbol <= EOS; symbol += 1) insert(root, symbol, node);
  number(root, inner);
  const table = new Int32Array(inner.length * 16);
  for (const from of inner) {
    for (let nibble = 0; nibble < 16; nibble += 1) table[from.state * 16 + nibble] = walk(root, from, nibble);
  }
  return table;
}

function insert(root: Node, symbol: number, node: (depth: number, ones: boolean) => Node): void {
  let at = root;
  for (let bit = (HUFFMAN_LENGTHS[symbol] as number) - 1; bit >= 0; bit -= 1) {
    const side = ((CODES[symbol] as number) >>> bit) & 1 ? 'one' : 'zero';
    at[side] ??= node(at.depth + 1, at.ones && side === 'one');
    at = at[side] as Node;
  }
  at.symbol = symbol;
}

function number(node: Node | null, inner: Node[]): void {
  if (node === null || node.symbol >= 0) return;
  node.state = inner.length;
  inner.push(node);
  number(node.zero, inner);
  number(node.one, inner);
}

function walk(root: Node, from: Node, nibble: number): number {
  let at = from;
  let entry = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    at = ((nibble >>> bit) & 1 ? at.one : at.zero) as Node;
    if (at.symbol === EOS) return NO_CODE;
    if (at.symbol >= 0) {
      entry = HAS_SYMBOL | (at.symbol << SYMBOL_SHIFT);
      at = root;
    }
  }
  return entry | at.state | (at.ones && at.depth < 8 ? MAY_END : 0);
}

/** Symbols of the text being decoded; grown as needed. */
let symbols = new Uint8Array(1024);

/** The text that the octets encode, or null where they hold EOS, another padding than ones, or 8 bits of it and more. */
export function huffmanDecode(octets: Uint8Array, start: number, end: number): string | null {
  // The shortest code has 5 bits.
  const most = ((end - start) * 8) / 5;
  if (symbols.length < most) symbols = new Uint8Array(2 * most);
  const text = symbols;
  let length = 0;
  let entry = MAY_END;
  for (let i = start; i < end; i += 1) {
    const octet = octets[i] as number;
    entry = NIBBLES[((entry & STATE_MASK) << 4) | (octet >>> 4)] as number;
    if (entry & NO_CODE) return null;
    if (entry & HAS_SYMBOL) {
      text[length] = entry >>> SYMBOL_SHIFT;
      length += 1;
    }
    entry = NIBBLES[((entry & STATE_MASK) << 4) | (octet & 0x0f)] as number;
    if (entry & NO_CODE) return null;
    if (entry & HAS_SYMBOL) {
      text[length] = entry >>> SYMBOL_SHIFT;
      length += 1;
    }
  }
  return entry & MAY_END ? latin1Text(text, 0, length) : null;
}
