/** The response half of the kit's host after `start` (sections 3.1, 3.2 and 5.6). The transport behind it is ideal. */
import type { Awaitable, ExchangeError, Fields, Sink } from '../../../spec/msgi.ts';
import { checkContent, checkTrailers } from './arguments.ts';
import { rejected, type Waiting, waiting } from './waiting.ts';

/** Octets that a write leaves waiting without waiting itself. */
export const MARK = 65_536;

/** Calls on a dead sink, each given its error, after which nothing more is settled: whoever still calls, never stops. */
export const PATIENCE = 10_000;

export interface SinkEvents {
  call(member: string, words?: string, octets?: Uint8Array): void;
  /** The exchange has failed with it; null where it has not. */
  readonly error: ExchangeError | null;
  readonly isDone: boolean;
  /** Octets that the peer takes now. */
  room(): number;
  /** Octets go out. */
  sent(octets: Uint8Array): void;
  /** The application has ended the response. */
  ended(trailers: Fields): void;
  /** It has ended it before the length that its head gave (MSGI-LEN-9). */
  short(): void;
  /** The application goes on producing although it was told that nobody takes it (MSGI-APP-5). */
  stubborn(calls: number): void;
  /** Runs in a later turn. */
  later(action: () => void): void;
}

export class HostSink implements Sink {
  readonly #events: SinkEvents;
  readonly #bare: boolean;
  readonly #declared: number | null;
  readonly #tunnel: boolean;
  #queue: Uint8Array[] = [];
  #taken = 0;
  #writes: Waiting<void>[] = [];
  /** Writes of a program that does not stop: they wait until the exchange has failed. */
  #held: Waiting<void>[] = [];
  #ready: Waiting<number>[] = [];
  #end: Waiting<void> | null = null;
  /** Calls that were given an error, and writes after `ready` has given 0. */
  #refused = 0;
  #toldNone = false;
  /** Calls that were told that nothing is taken any more. */
  get refused(): number {
    return this.#refused;
  }

  /** The most octets that ever waited. */
  most = 0;

  constructor(events: SinkEvents, bare: boolean, declared: number | null, tunnel: boolean) {
    this.#events = events;
    this.#bare = bare;
    this.#declared = declared;
    this.#tunnel = tunnel;
  }

  get window(): number {
    if (this.#bare || this.#events.isDone || this.#events.error !== null) return 0;
    return Math.max(0, Math.min(this.#events.room(), MARK) - this.buffered);
  }

  get buffered(): number {
    return this.#queue.reduce((sum, { length }) => sum + length, 0);
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    const octets = checkContent(chunk);
    const { error } = this.#events;
    if (error !== null) return this.#refuse('write', error);
    if (this.#events.isDone) throw new TypeError('write after the end of the response');
    if (this.#declared !== null && this.#taken + octets.length > this.#declared)
      throw new TypeError(`content beyond the content-length of ${this.#declared}`);
    this.#events.call('write', `${octets.length} octets`, octets);
    this.#taken += octets.length;
    if (this.#bare) return this.#drop();
    if (octets.length > 0) this.#queue.push(octets);
    this.flush();
    this.most = Math.max(this.most, this.buffered);
    if (this.buffered <= MARK) return undefined;
    const write = waiting<void>();
    this.#writes.push(write);
    return write.promise;
  }

  ready(): Awaitable<number> {
    const { error } = this.#events;
    if (error !== null) return this.#refuse('ready', error);
    this.#events.call('ready');
    if (this.#bare || this.#events.isDone) {
      this.#toldNone = true;
      return 0;
    }
    if (this.window > 0) return this.window;
    const ready = waiting<number>();
    this.#ready.push(ready);
    return ready.promise;
  }

  end(trailers?: Fields): Awaitable<void> {
    const list = checkTrailers(trailers);
    const { error } = this.#events;
    if (error !== null) return this.#refuse('end', error);
    if (this.#events.isDone) throw new TypeError('the response has ended');
    if (this.#tunnel && list.length > 0) throw new TypeError('a tunnel has no trailers');
    this.#events.call('end', list.join(' '));
    const short = this.#declared !== null && this.#taken < this.#declared;
    if (short) return this.#short();
    this.#end = waiting<void>();
    this.#events.ended(list);
    for (const ready of this.#ready.splice(0)) ready.resolve(0);
    this.flush();
    return this.#end.promise;
  }

  // --- for the host --------------------------------------------------------------------------------------------------

  /** Hands on what the windows allow. */
  flush(): void {
    for (let room = this.#events.room(); room > 0; room = this.#events.room()) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      if (chunk.length > room) this.#queue.unshift(chunk.subarray(room));
      this.#events.sent(chunk.subarray(0, room));
    }
    if (this.buffered <= MARK) for (const write of this.#writes.splice(0)) write.resolve();
    if (this.window > 0) for (const ready of this.#ready.splice(0)) ready.resolve(this.window);
  }

  /** All of a response that has one call. */
  whole(octets: Uint8Array | null): void {
    if (octets !== null && octets.length > 0 && !this.#bare) this.#queue.push(octets);
    this.#events.ended([]);
    this.flush();
  }

  /** The whole response has been handed on. */
  complete(): void {
    this.#end?.resolve();
  }

  fail(error: ExchangeError): void {
    this.#queue = [];
    for (const one of [...this.#writes.splice(0), ...this.#held.splice(0), ...this.#ready.splice(0)]) one.reject(error);
    this.#end?.reject(error);
  }

  #short(): never {
    this.#events.short();
    throw new TypeError(`an end after ${this.#taken} octets of a content-length of ${this.#declared}`);
  }

  /** Settles in a later turn (MSGI-LIFE-29); never again for a program that was told that nothing is taken. */
  #drop(): Promise<void> {
    const write = waiting<void>();
    if (this.#toldNone) this.#refused += 1;
    if (this.#refused > PATIENCE) {
      this.#held.push(write);
      this.#events.stubborn(this.#refused);
    } else this.#events.later(() => write.resolve());
    return write.promise;
  }

  #refuse(member: string, error: ExchangeError): Promise<never> {
    this.#refused += 1;
    this.#events.call(member, 'gives the error of the exchange');
    if (this.#refused <= PATIENCE) return rejected(error);
    this.#events.stubborn(this.#refused);
    // A loop that never gives the event loop back is stopped by its first throw, one that awaits by what never settles.
    if (this.#refused > 2 * PATIENCE) throw error;
    return waiting<never>().promise;
  }
}
