/** The sending half of an HTTP/1.x connection: one response at a time, delimited as its version can (RFC 9112 §6). */
import type { FieldList } from '../engine/response-blocks.ts';
import type { Sending } from '../gateway/carrier.ts';
import type { Handling } from '../gateway/handling.ts';
import { fieldText, Heads } from './heads.ts';

/** What a sender asks of the socket. */
export interface Outlet {
  /** Takes more. */
  readonly writable: boolean;
  /** Octets that wait in it. */
  readonly waiting: number;
  write(pieces: readonly Uint8Array[]): void;
}

/** How the end of the content is told. `raw`: that of a tunnel, by the end of the direction. */
export type Framing = 'none' | 'length' | 'chunked' | 'close' | 'raw';

/** Octets handed to the socket at once, and the room of a sink. */
const PIECE = 65_536;

const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export class Sender implements Sending {
  readonly blocks = new Heads();
  readonly output: { readonly length: number };
  framing: Framing = 'none';
  /** Trailers are sent to this request. */
  trailers = false;
  readonly #outlet: Outlet;
  readonly #stays: (handling: Handling) => boolean;
  readonly #ended: (handling: Handling) => void;
  #pieces: Uint8Array[] = [];

  /** `stays`: the connection outlives the response. `ended`: the last octet has been handed on. */
  constructor(outlet: Outlet, stays: (handling: Handling) => boolean, ended: (handling: Handling) => void) {
    this.#outlet = outlet;
    this.#stays = stays;
    this.#ended = ended;
    this.output = {
      get length() {
        return outlet.waiting;
      },
    };
  }

  get writable(): boolean {
    return this.#outlet.writable;
  }

  room(handling: Handling): number {
    if (!this.writable) return 0;
    return Math.max(0, PIECE - this.#outlet.waiting - handling.queued);
  }

  interim(_handling: Handling, block: Uint8Array): void {
    this.#pieces.push(block, CRLF);
    this.flush();
  }

  head(handling: Handling, block: Uint8Array, endStream: boolean): void {
    this.framing = this.#framingOf(handling, endStream);
    this.#pieces.push(block, this.#framingLines(handling));
    if (!endStream) return;
    this.flush();
    this.#ended(handling);
  }

  #framingOf(handling: Handling, endStream: boolean): Framing {
    if (handling.tunnel) return 'raw';
    if (endStream) return 'none';
    if (this.blocks.declared) return 'length';
    return handling.head.version === '1.1' ? 'chunked' : 'close';
  }

  #framingLines(handling: Handling): Buffer {
    let text = '';
    if (this.framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
    if (this.framing === 'none' && !this.blocks.declared && needsLength(handling)) text += 'content-length: 0\r\n';
    if (this.framing !== 'raw' && !this.#stays(handling)) text += 'connection: close\r\n';
    return Buffer.from(`${text}\r\n`, 'latin1');
  }

  content(handling: Handling, octets: Uint8Array): void {
    handling.endDue = true;
    this.queue(handling, octets);
    this.pump(handling);
  }

  queue(handling: Handling, octets: Uint8Array): void {
    handling.queue ??= [];
    handling.queue.push(octets);
    handling.queued += octets.length;
  }

  finish(handling: Handling, trailers: FieldList | null): void {
    handling.endDue = true;
    handling.trailers = trailers;
  }

  /** Hands on what the socket takes. */
  pump(handling: Handling): void {
    let moved = false;
    while (handling.queued > 0 && this.writable) {
      this.#piece(handling);
      this.flush();
      moved = true;
    }
    if (handling.queued === 0 && handling.endDue) this.#last(handling);
    this.flush();
    if (moved) handling.onProgress();
  }

  #piece(handling: Handling): void {
    const queue = handling.queue as Uint8Array[];
    const first = queue[0] as Uint8Array;
    const octets = first.length <= PIECE ? first : first.subarray(0, PIECE);
    if (octets === first) queue.shift();
    else queue[0] = first.subarray(PIECE);
    handling.queued -= octets.length;
    if (this.framing !== 'chunked') this.#pieces.push(octets);
    else this.#pieces.push(Buffer.from(`${octets.length.toString(16)}\r\n`), octets, CRLF);
  }

  #last(handling: Handling): void {
    handling.endDue = false;
    if (this.framing === 'chunked') this.#pieces.push(this.#lastChunk(handling.trailers ?? []));
    this.flush();
    this.#ended(handling);
  }

  #lastChunk(trailers: readonly string[]): Uint8Array {
    if (!this.trailers || trailers.length === 0) return LAST_CHUNK;
    return Buffer.from(`0\r\n${fieldText(trailers)}\r\n`, 'latin1');
  }

  /** Drops what a response had to send. */
  drop(handling: Handling): void {
    handling.queue = null;
    handling.dropped += handling.queued;
    handling.queued = 0;
    handling.endDue = false;
    this.#pieces = [];
  }

  /** All that was made at once goes to the socket at once. */
  flush(): void {
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#outlet.write(pieces);
  }
}

/** Without it the response would run to the end of the connection (RFC 9112 §6.3). */
function needsLength({ head: { method }, status }: Handling): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}
