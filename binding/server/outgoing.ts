/** What a server has to say on a pipe in one turn. */
import { encodeDataHead } from '../codec.ts';

/** A DATA frame in the making. */
interface Content {
  readonly number: number;
  readonly pieces: Uint8Array[];
  length: number;
}

/**
 * Frames in their order, but for content: what follows of one exchange, with no other frame of it between, is one DATA. A
 * client cuts its content to 16 KiB and mixes that of many exchanges, and a host pays for each frame.
 */
export class Outgoing {
  #frames: (Uint8Array | Content)[] = [];
  /** By exchange, the DATA that takes more. */
  readonly #open = new Map<number, Content>();

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  /** A whole frame of that number. */
  frame(number: number, octets: Uint8Array): void {
    this.#open.delete(number);
    this.#frames.push(octets);
  }

  /** Octets of content, which are never written again; `most` are in one DATA. */
  content(number: number, octets: Uint8Array, most: number): void {
    for (let at = 0; at < octets.length; ) {
      const content = this.#contentOf(number, most);
      const piece = octets.subarray(at, at + most - content.length);
      content.pieces.push(piece);
      content.length += piece.length;
      at += piece.length;
    }
  }

  #contentOf(number: number, most: number): Content {
    const open = this.#open.get(number);
    if (open !== undefined && open.length < most) return open;
    const content: Content = { number, pieces: [], length: 0 };
    this.#open.set(number, content);
    this.#frames.push(content);
    return content;
  }

  /** All of it, in pieces; nothing is left. */
  take(): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (const frame of this.#frames) {
      if (frame instanceof Uint8Array) pieces.push(frame);
      else pieces.push(encodeDataHead(frame.number, frame.length), ...frame.pieces);
    }
    this.#frames = [];
    this.#open.clear();
    return pieces;
  }
}
