/** Chunks as a server may give them: parts of a larger buffer, whose other octets are somebody else's (MSGI-DATA-7). */

/** What stands before and behind each chunk: no octets that anybody sends. */
const CANARY = Uint8Array.from('\u0001somebody else\u0002', c => c.charCodeAt(0));

export interface Lent {
  readonly chunk: Uint8Array;
  readonly buffer: Uint8Array;
}

export function lend(octets: Uint8Array): Lent {
  const buffer = new Uint8Array(2 * CANARY.length + octets.length);
  buffer.set(CANARY);
  buffer.set(octets, CANARY.length);
  buffer.set(CANARY, CANARY.length + octets.length);
  return { chunk: buffer.subarray(CANARY.length, CANARY.length + octets.length), buffer };
}

/** What was done to the octets around the chunk, or null. */
export function disturbed({ buffer }: Lent): string | null {
  if (buffer.length === 0) return 'the buffer of a chunk was transferred';
  const whole = Buffer.from(buffer.buffer);
  const around = [whole.subarray(0, CANARY.length), whole.subarray(-CANARY.length)];
  return around.every(part => part.equals(CANARY)) ? null : 'octets around a chunk, in its buffer, were changed';
}

/** The content holds octets that stood around a chunk. */
export function leaked(content: Buffer): boolean {
  return content.includes(Buffer.from(CANARY));
}
