/** Content that an application hands over: how long it is, and whether it stays as it was. */
import { argument, type Judge, type Wrong } from './judge.ts';

export function wrongContent(chunk: unknown): Wrong | null {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return null;
  return argument('MSGI-DATA-2', 'content that is neither a string nor a Uint8Array');
}

/** Octets of the chunk as it is sent: strings as UTF-8, a lone surrogate as U+FFFD. */
export function octetsOf(chunk: Uint8Array | string): number {
  if (typeof chunk !== 'string') return chunk.length;
  let octets = 0;
  for (let i = 0; i < chunk.length; i++) {
    const point = chunk.codePointAt(i) as number;
    octets += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
    if (point > 0xffff) i++;
  }
  return octets;
}

/** How many chunks are looked at again; those before them are let go, so that a long response is not kept in memory. */
const KEPT = 16;

/** MSGI-DATA-5, by checksum: a chunk that was handed over is the server's for good. */
export class Handed {
  readonly #judge: Judge;
  readonly #chunks: { readonly chunk: Uint8Array; readonly sum: number }[] = [];

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  take(chunk: Uint8Array | string): void {
    if (typeof chunk === 'string') return;
    this.#chunks.push({ chunk, sum: checksum(chunk) });
    if (this.#chunks.length > KEPT) this.#verify(1);
  }

  /** The exchange is over, or the application: looks at what is left. */
  verify(): void {
    this.#verify(this.#chunks.length);
  }

  #verify(count: number): void {
    for (const { chunk, sum } of this.#chunks.splice(0, count)) {
      if (checksum(chunk) === sum) continue;
      this.#judge.app('MSGI-DATA-5', 'a chunk was changed, or transferred, after it had been handed over');
    }
  }
}

/** FNV-1a, begun with the length: a chunk that was transferred has none left. */
function checksum(octets: Uint8Array): number {
  let sum = 0x811c9dc5 ^ octets.length;
  for (const octet of octets) sum = Math.imul(sum ^ octet, 0x01000193);
  return sum;
}
