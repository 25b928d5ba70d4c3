/**
 * The content of a response on a stream of node:http2. One piece at a time is with node: it tells when all of a write has
 * gone, and nothing before, so that the size of a piece is how exactly progress is known.
 */
import type { Awaitable, Fields } from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import { checkTrailers, toOctets } from '../../gateway/arguments.ts';
import { type Deferred, deferred, rejected } from '../../gateway/exchange-error.ts';
import type { NodeHandling } from './handling.ts';
import { toHeaders } from './headers.ts';

/** Octets that may wait here before `write` does. */
const MARK = 65_536;
const PIECE = 65_536;

export class NodeOutbound {
  buffered = 0;
  /** Octets that node has handed to the transport. */
  sent = 0;
  readonly #handling: NodeHandling;
  /** HEAD, 204, 205, 304: takes content and drops it. */
  readonly #drops: boolean;
  /** The content-length that was declared, −1 where none was. */
  readonly #declared: number;
  #pieces: Uint8Array[] = [];
  #writing = false;
  #written = 0;
  #trailers: Fields | null = null;
  #ended = false;
  #writer: Deferred<void> | null = null;
  #ready: Deferred<number> | null = null;
  #end: Deferred<void> | null = null;

  constructor(handling: NodeHandling, drops: boolean, declared: number) {
    this.#handling = handling;
    this.#drops = drops;
    this.#declared = declared;
  }

  /** The peer keeps content, or somebody who waits for room. */
  get waiting(): boolean {
    return this.buffered > 0 || this.#ready !== null;
  }

  /**
   * Node tells the window of the connection and not that of the stream. Of the latter it is known that it is at least
   * what the peer began with, less all that was written; where that is used up, a piece is tried when all before has gone.
   */
  get window(): number {
    if (this.#drops || this.#handling.phase !== 'open') return 0;
    const { initial, connection } = this.#handling.session.sendWindows;
    const known = initial - this.#written;
    const stream = known > 0 || this.buffered > 0 ? known : PIECE;
    return Math.max(0, Math.min(stream, connection - this.buffered, MARK - this.buffered));
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    const octets = toOctets(chunk);
    const handling = this.#handling;
    if (handling.phase === 'done') throw new TypeError('write after end');
    if (this.#declared >= 0 && handling.phase === 'open' && this.#written + octets.length > this.#declared) {
      throw new TypeError(`content goes beyond the content-length of ${this.#declared}`);
    }
    if (handling.error !== null) return rejected(handling.error);
    this.#written += octets.length;
    if (this.#drops) return new Promise(resolve => setImmediate(resolve));
    if (octets.length === 0) return undefined;
    this.#queue(octets);
    if (this.buffered <= MARK) return undefined;
    this.#writer ??= deferred();
    return this.#writer.promise;
  }

  /** A whole body, and the end. */
  respond(octets: Uint8Array): void {
    this.#ended = true;
    this.#queue(octets);
  }

  #queue(octets: Uint8Array): void {
    this.buffered += octets.length;
    this.#pieces.push(octets);
    if (!this.#writing) this.#next();
  }

  #next(): void {
    const octets = this.#pieces.shift();
    if (octets === undefined) {
      if (this.#ended) this.#finish();
      return;
    }
    const piece = octets.length > PIECE ? octets.subarray(0, PIECE) : octets;
    if (piece.length < octets.length) this.#pieces.unshift(octets.subarray(PIECE));
    this.#writing = true;
    const gone = (error?: Error | null) => error == null && this.#gone(piece.length);
    // The last piece and END_STREAM are one frame where no trailers can follow.
    if (this.#ended && this.#pieces.length === 0 && this.#trailers === null) this.#finish(piece);
    else this.#handling.stream.write(piece, gone);
  }

  #gone(octets: number): void {
    this.#writing = false;
    if (this.#handling.error !== null) return;
    this.sent += octets;
    this.buffered -= octets;
    this.#next();
    this.progress();
    this.#handling.session.progress();
  }

  #finish(last?: Uint8Array): void {
    const { stream } = this.#handling;
    const done = (error?: Error | null) => {
      if (error != null || this.#handling.error !== null) return;
      this.sent += last?.length ?? 0;
      this.buffered = 0;
      this.progress();
      if (!this.#handling.trailing) this.#handling.completed();
    };
    if (last === undefined) stream.end(done);
    else stream.end(last, done);
  }

  /** Node has sent all content and asks for the trailers; an empty list makes END_STREAM. */
  sendTrailers(): void {
    const { stream } = this.#handling;
    if (stream.destroyed || stream.closed) return;
    stream.sendTrailers(this.#trailers === null ? {} : toHeaders(this.#trailers));
    // Node hands them on in the next turn.
    setImmediate(() => this.#handling.completed());
  }

  ready(): Awaitable<number> {
    const { phase, error } = this.#handling;
    if (error !== null && phase === 'dead') return rejected(error);
    if (phase !== 'open' || this.#drops) return 0;
    const { window } = this;
    if (window > 0) return window;
    this.#ready ??= deferred();
    return this.#ready.promise;
  }

  end(trailers?: Fields): Awaitable<void> {
    if (trailers !== undefined) checkTrailers(trailers);
    const handling = this.#handling;
    if (handling.phase === 'done') throw new TypeError('end after end');
    if (trailers !== undefined && handling.tunnel && handling.phase === 'open') {
      throw new TypeError('a tunnel has no trailers (RFC 9113 section 8.5)');
    }
    if (handling.error !== null) return rejected(handling.error);
    if (this.#declared >= 0 && this.#written < this.#declared) {
      const short = `content ends ${this.#declared - this.#written} octets short of its content-length`;
      handling.fail(ERROR_CODE.INTERNAL_ERROR, 'app', short);
      throw new TypeError(short);
    }
    return this.#finished(trailers);
  }

  #finished(trailers: Fields | undefined): Awaitable<void> {
    const handling = this.#handling;
    handling.phase = 'done';
    this.#ready?.resolve(0);
    this.#ready = null;
    if (!this.#drops) this.#close(trailers);
    handling.responseDone();
    if (handling.complete) return undefined;
    this.#end = deferred();
    return this.#end.promise;
  }

  #close(trailers: Fields | undefined): void {
    if (trailers !== undefined && trailers.length > 0) {
      this.#trailers = Object.assign([...trailers], trailers.sensitive && { sensitive: [...trailers.sensitive] });
    }
    this.#ended = true;
    if (!this.#writing) this.#next();
  }

  /** Content has gone, or a window may have opened. */
  progress(): void {
    if (this.#writer !== null && this.buffered <= MARK) {
      const writer = this.#writer;
      this.#writer = null;
      writer.resolve();
    }
    if (this.#ready === null) return;
    const { window } = this;
    if (window <= 0) return;
    this.#ready.resolve(window);
    this.#ready = null;
  }

  complete(): void {
    this.#writer?.resolve();
    this.#writer = null;
    this.#end?.resolve();
    this.#end = null;
  }

  fail(error: Error): void {
    this.#pieces = [];
    this.buffered = 0;
    this.#writer?.reject(error);
    this.#ready?.reject(error);
    this.#end?.reject(error);
    this.#writer = null;
    this.#ready = null;
    this.#end = null;
  }
}
