/** The response half after `start`: content that waits for room, and who waits for it (sections 3.1, 5.6, 11.4). */
import type { Awaitable, Fields } from '../../spec/msgi.ts';
import { checkTrailers, MAX_OCTETS, toOctets } from './arguments.ts';
import { type Deferred, deferred, type Failure, rejected } from './failure.ts';

/** Octets that may wait here before `write` does. */
const MARK = 65_536;

/** What the response half asks of its exchange. */
export interface SinkOwner {
  readonly phase: 'idle' | 'open' | 'done' | 'dead';
  readonly error: Failure | null;
  readonly complete: boolean;
  sendData(octets: Uint8Array): void;
  sendEnd(trailers: Fields | null): void;
  /** The application has said `end`. */
  sinkDone(): void;
  /** It has said so too early (MSGI-LEN-9). */
  short(): void;
}

/** Of one response. */
export interface ResponseKind {
  /** HEAD, 204, 205, 304: takes content and drops it. */
  readonly drops: boolean;
  readonly tunnel: boolean;
  readonly trailers: boolean;
  /** The content-length that was given, −1 where none was. */
  readonly declared: number;
}

export class Outbound {
  buffered = 0;
  readonly #owner: SinkOwner;
  readonly #kind: ResponseKind;
  #room: number;
  #written = 0;
  #queue: Uint8Array[] = [];
  /** What END will carry behind the queue; undefined before `end`. */
  #trailers: Fields | null | undefined;
  #writer: Deferred<void> | null = null;
  #ready: Deferred<number> | null = null;
  #end: Deferred<void> | null = null;

  /** `room`: octets that may be sent without further CREDIT. */
  constructor(owner: SinkOwner, kind: ResponseKind, room: number) {
    this.#owner = owner;
    this.#kind = kind;
    this.#room = room;
  }

  get drops(): boolean {
    return this.#kind.drops;
  }

  /** The application has ended the response, and END waits for room. */
  get ending(): boolean {
    return this.#trailers !== undefined;
  }

  get window(): number {
    return this.#kind.drops || this.#owner.phase !== 'open' ? 0 : Math.max(0, this.#room - this.buffered);
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    const octets = toOctets(chunk);
    const { phase, error } = this.#owner;
    if (phase === 'done') throw new TypeError('write after end');
    if (error !== null) return rejected(error);
    const { declared, drops } = this.#kind;
    if (declared >= 0 && this.#written + octets.length > declared) {
      throw new TypeError(`content goes beyond the content-length of ${declared}`);
    }
    this.#written += octets.length;
    if (drops) return new Promise(resolve => setImmediate(resolve));
    if (octets.length === 0) return undefined;
    this.queue(octets);
    if (this.buffered <= MARK) return undefined;
    this.#writer ??= deferred();
    return this.#writer.promise;
  }

  /** Content of the application, checked. */
  queue(octets: Uint8Array): void {
    this.#queue.push(octets);
    this.buffered += octets.length;
    this.#flush();
  }

  ready(): Awaitable<number> {
    const { phase, error } = this.#owner;
    if (phase === 'dead' && error !== null) return rejected(error);
    if (phase !== 'open' || this.#kind.drops) return 0;
    if (this.window > 0) return this.window;
    this.#ready ??= deferred();
    return this.#ready.promise;
  }

  end(trailers?: Fields): Awaitable<void> {
    if (trailers !== undefined) checkTrailers(trailers);
    const { phase, error } = this.#owner;
    if (phase === 'done') throw new TypeError('end after end');
    if (error !== null) return rejected(error);
    const { tunnel, declared } = this.#kind;
    if (tunnel && trailers !== undefined && trailers.length > 0) {
      throw new TypeError('a tunnel has no trailers (RFC 9113 section 8.5)');
    }
    if (this.#written < declared) {
      this.#owner.short();
      throw new TypeError(`content ends ${declared - this.#written} octets short of its content-length`);
    }
    return this.finish(trailers);
  }

  /** END goes behind what waits. */
  finish(trailers?: Fields): Awaitable<void> {
    const { drops, trailers: sent } = this.#kind;
    this.#trailers = trailers !== undefined && trailers.length > 0 && sent && !drops ? copyOf(trailers) : null;
    this.#owner.sinkDone();
    this.#ready?.resolve(0);
    this.#ready = null;
    this.#flush();
    if (this.#owner.complete) return undefined;
    this.#end ??= deferred();
    return this.#end.promise;
  }

  /** CREDIT of the server (MSGI-PROC-25). */
  grant(octets: number): void {
    this.#room = Math.min(MAX_OCTETS, this.#room + octets);
    this.#flush();
    const { window } = this;
    if (window === 0) return;
    this.#ready?.resolve(window);
    this.#ready = null;
  }

  #flush(): void {
    let [first] = this.#queue;
    for (; first !== undefined && this.#room > 0; [first] = this.#queue) {
      const part = first.subarray(0, this.#room);
      if (part.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(part.length);
      this.#room -= part.length;
      this.buffered -= part.length;
      this.#owner.sendData(part);
    }
    if (this.buffered <= MARK) this.#settleWriter();
    if (first !== undefined || this.#trailers === undefined) return;
    this.#owner.sendEnd(this.#trailers);
    this.#trailers = undefined;
  }

  #settleWriter(): void {
    this.#writer?.resolve();
    this.#writer = null;
  }

  /** SENT. */
  complete(): void {
    this.#settleWriter();
    this.#end?.resolve();
    this.#end = null;
  }

  fail(error: Error): void {
    this.#queue = [];
    this.buffered = 0;
    this.#trailers = undefined;
    this.#writer?.reject(error);
    this.#ready?.reject(error);
    this.#end?.reject(error);
    this.#writer = null;
    this.#ready = null;
    this.#end = null;
  }
}

function copyOf(fields: Fields): Fields {
  const { sensitive } = fields;
  return sensitive === undefined ? [...fields] : Object.assign([...fields], { sensitive: [...sensitive] });
}
