/** Octet helpers without node:*, so that the codecs run anywhere. */

/** One octet per character, U+0000–00FF; higher characters are cut to their low octet. */
export function latin1(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) octets[i] = text.charCodeAt(i);
  return octets;
}

/** Longest run turned into characters by one call: arguments have to fit the stack. */
const RUN = 4096;

/** The inverse of latin1. One call for a run of octets: a text put together character by character is slow to read. */
export function latin1Text(octets: Uint8Array, start = 0, end = octets.length): string {
  if (end - start <= RUN) return fromCharCodes(octets.subarray(start, end));
  let text = '';
  for (let at = start; at < end; at += RUN) text += fromCharCodes(octets.subarray(at, Math.min(end, at + RUN)));
  return text;
}

function fromCharCodes(octets: Uint8Array): string {
  return String.fromCharCode.apply(null, octets as unknown as number[]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hex(octets: Uint8Array): string {
  const digits = '0123456789abcdef';
  let text = '';
  for (const octet of octets) text += digits.charAt(octet >>> 4) + digits.charAt(octet & 0x0f);
  return text;
}

/** Octets of a string of hexadecimal digits; white space is ignored. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new TypeError('fromHex: an even number of hexadecimal digits is wanted');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function readU16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}

export function readU24(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 16) | ((octets[at + 1] as number) << 8) | (octets[at + 2] as number);
}

export function readU32(octets: Uint8Array, at: number): number {
  return (
    (octets[at] as number) * 0x1000000 +
    (((octets[at + 1] as number) << 16) | ((octets[at + 2] as number) << 8) | (octets[at + 3] as number))
  );
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
