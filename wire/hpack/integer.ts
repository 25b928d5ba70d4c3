/** Integers of RFC 7541 §5.1. */

/**
 * Octets of an integer with an N-bit prefix. `first` holds the bits above the prefix; `padding` adds that many octets of
 * zeros (0x80 … 0x00), which the text allows a sender to do.
 */
export function integer(value: number | bigint, prefix: number, first = 0, padding = 0): number[] {
  const max = BigInt((1 << prefix) - 1);
  let rest = BigInt(value);
  if (rest < max && padding === 0) return [first | Number(rest)];
  if (rest < max) throw new RangeError(`an integer of ${rest} fits its prefix of ${prefix} bits and takes no padding`);
  const octets = [first | Number(max)];
  rest -= max;
  while (rest >= 128n) {
    octets.push(Number(rest & 127n) | 0x80);
    rest >>= 7n;
  }
  if (padding === 0) return [...octets, Number(rest)];
  return [...octets, Number(rest) | 0x80, ...new Array<number>(padding - 1).fill(0x80), 0];
}

export type IntegerRead = { readonly value: number; readonly next: number } | { readonly error: string };

/** The most octets behind the prefix that a decoder here takes: values to 2^32 with room for some zero padding. */
export const MAX_INTEGER_OCTETS = 8;

/** Largest value taken: nothing in HPACK or HTTP/2 needs more (RFC 7541 §5.1 asks for a limit). */
export const MAX_INTEGER = 0xffff_ffff;

/** Reads an integer whose prefix is the low `prefix` bits of the octet at `at`. */
export function readInteger(octets: Uint8Array, at: number, end: number, prefix: number): IntegerRead {
  if (at >= end) return { error: 'an integer is cut off' };
  const max = (1 << prefix) - 1;
  let value = (octets[at] as number) & max;
  if (value < max) return { value, next: at + 1 };
  let scale = 1;
  for (let i = 1; i <= MAX_INTEGER_OCTETS; i += 1) {
    if (at + i >= end) return { error: 'an integer is cut off' };
    const octet = octets[at + i] as number;
    value += (octet & 0x7f) * scale;
    if (value > MAX_INTEGER) return { error: 'an integer is above 2^32-1' };
    if (octet < 0x80) return { value, next: at + i + 1 };
    scale *= 128;
  }
  return { error: `an integer has more than ${MAX_INTEGER_OCTETS} octets` };
}
