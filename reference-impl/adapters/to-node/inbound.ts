/**
 * The request half on a stream of node:http2. The window of the connection is returned on receipt by node itself. That of
 * the stream is withheld as long as its reading is stopped, and returned as a whole when it is started: so content that is
 * read is granted to the octet, and a `credit` is rounded up, by at most one initial window.
 */
import type { ServerHttp2Stream } from 'node:http2';
import type { Awaitable, Fields } from '../../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../../wire/index.ts';
import { checkTrailers } from '../../engine/request-head.ts';
import { checkInteger } from '../../gateway/arguments.ts';
import { type Deferred, deferred, Failure, ignore, rejected } from '../../gateway/exchange-error.ts';
import type { NodeHandling } from './handling.ts';

/** A piece that waits is copied where it is less than this part of the read that it is a view of and would keep alive. */
const PART = 1 / 4;
const NO_FIELDS: Fields = Object.freeze([]);

export class NodeInbound {
  state: 'flowing' | 'ended' | 'stopped' | 'failed' = 'flowing';
  buffered = 0;
  received = 0;
  error: Failure | null = null;
  readonly #handling: NodeHandling;
  readonly #initial: number;
  #chunks: Uint8Array[] = [];
  #reader: Deferred<Uint8Array | null> | null = null;
  #manual = false;
  /** The peer has ended the request; what is buffered may still wait. */
  #whole = false;
  #trailers: Fields = NO_FIELDS;
  /** Octets that the application has granted, by reading or by credit. */
  #granted = 0;
  /** Octets that node has not given back to the window of the stream. */
  #withheld = 0;
  #startReading: () => void = ignore;

  constructor(handling: NodeHandling, ended: boolean, initial: number) {
    this.#handling = handling;
    this.#initial = initial;
    if (ended) this.state = 'ended';
  }

  /** Takes what node hands to the readable side of the stream before it is buffered there. */
  attach(stream: ServerHttp2Stream): void {
    const { push, _read: read } = stream;
    stream._read = ignore;
    this.#startReading = () => {
      if (!stream.destroyed) read.call(stream, 0);
    };
    stream.on('trailers', (_headers: unknown, _flags: unknown, section?: readonly string[]) =>
      this.#end(section ?? []),
    );
    // `push(null)` comes for every end; only before the stream is closed is it that of the peer.
    let ended = stream.state.remoteClose === 1;
    stream.push = (chunk: Buffer | null) => {
      if (chunk !== null) return this.#arrive(chunk);
      ended ||= !stream.closed;
      return push.call(stream, null);
    };
    const waiting = stream.read() as Buffer | null;
    if (waiting !== null) this.#arrive(waiting);
    stream.once('end', () => ended && this.#end([]));
    stream.resume();
  }

  get trailers(): Fields | null {
    return this.state === 'ended' ? this.#trailers : null;
  }

  get reading(): boolean {
    return this.#reader !== null;
  }

  get window(): number {
    return this.state === 'flowing' && !this.#whole ? this.#allowance : 0;
  }

  get #allowance(): number {
    return Math.min(MAX_WINDOW, this.#initial - this.received + this.#granted);
  }

  /** Gives whether node is to return the octets to the window now. */
  #arrive(chunk: Buffer): boolean {
    const { length } = chunk;
    this.received += length;
    this.#withheld += length;
    if (this.state !== 'flowing') return false;
    // Not as a Buffer: its `slice` copies nothing, and an application would not expect one.
    const octets = new Uint8Array(chunk.buffer, chunk.byteOffset, length);
    const reader = this.#reader;
    if (reader === null) {
      this.buffered += length;
      this.#chunks.push(length < PART * octets.buffer.byteLength ? octets.slice() : octets);
    } else {
      this.#reader = null;
      if (!this.#manual) this.#granted += length;
      reader.resolve(octets);
    }
    return this.#settle();
  }

  /** What the peer may really send is the initial window less what is withheld: brought up to the allowance. */
  #settle(): boolean {
    if (this.#withheld === 0 || this.#allowance <= this.#initial - this.#withheld) return false;
    this.#withheld = 0;
    this.#startReading();
    return true;
  }

  /** END_STREAM of the peer. The trailers come first, where there are some. */
  #end(section: readonly string[]): void {
    if (this.#whole || (this.state !== 'flowing' && this.state !== 'stopped')) return;
    try {
      checkTrailers(section);
    } catch (error) {
      this.#handling.fail(ERROR_CODE.PROTOCOL_ERROR, 'peer', (error as Error).message);
      return;
    }
    this.#whole = true;
    this.#trailers = joinCookies(section);
    if (this.state === 'flowing' && this.buffered === 0) this.#ended();
  }

  cease(state: 'stopped' | 'failed', error: Failure): void {
    if (this.state !== 'flowing') return;
    this.state = state;
    this.#chunks = [];
    this.buffered = 0;
    this.error = error;
    this.#reader?.reject(error);
    this.#reader = null;
  }

  read(): Awaitable<Uint8Array | null> {
    if (this.#reader !== null) throw new TypeError('a read of this body waits already: one reader at a time');
    if (this.state === 'ended') return null;
    if (this.error !== null) return rejected(this.error);
    if (this.buffered > 0) return this.#take();
    this.#handling.sendContinue();
    this.#reader = deferred();
    return this.#reader.promise;
  }

  /** All that waits, at once: what node withholds it can only return as a whole. */
  #take(): Uint8Array {
    const chunk = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : joined(this.#chunks, this.buffered);
    this.#chunks = [];
    this.buffered = 0;
    if (!this.#manual) this.#granted += chunk.length;
    if (this.#whole) this.#ended();
    else this.#settle();
    return chunk;
  }

  manual(): void {
    if (this.state === 'flowing') this.#manual = true;
  }

  credit(octets: number): void {
    checkInteger('credit', octets, 0, MAX_WINDOW);
    if (this.state !== 'flowing' || this.#whole) return;
    this.#handling.sendContinue();
    this.#granted += Math.min(octets, MAX_WINDOW - this.#allowance);
    this.#settle();
  }

  stop(code: number = ERROR_CODE.NO_ERROR): void {
    checkInteger('a code', code, 0, 0xffff_ffff);
    if (this.state !== 'flowing') return;
    this.cease('stopped', new Failure(code, 'app', 'the application has stopped reading'));
    this.#handling.closeIfOver();
  }

  /** The peer may still send: node has not seen the end. */
  get unfinished(): boolean {
    return this.state !== 'ended' && !this.#whole;
  }

  #ended(): void {
    this.state = 'ended';
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve(null);
    this.#handling.closeIfOver();
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Crumbs of a trailer section are one field as well (RFC 9113 §8.2.3). */
function joinCookies(section: readonly string[]): Fields {
  const fields: string[] = [];
  let cookie = -1;
  for (let i = 0; i < section.length; i += 2) {
    const [name, value] = [section[i] as string, section[i + 1] as string];
    if (name !== 'cookie') fields.push(name, value);
    else if (cookie >= 0) fields[cookie] += `; ${value}`;
    else cookie = fields.push(name, value) - 1;
  }
  return fields;
}
