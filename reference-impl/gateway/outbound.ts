/** The content of a response that was begun with `start`. */
import type { Awaitable, Fields } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';
import { checkTrailers, toOctets } from './arguments.ts';
import { type Deferred, deferred, rejected } from './exchange-error.ts';
import type { Handling } from './handling.ts';

/** Octets that may wait here before `write` does. */
const MARK = 65_536;

export class Outbound {
  readonly #handling: Handling;
  /** HEAD, 204, 205, 304: takes content and drops it. */
  readonly #drops: boolean;
  /** The content-length that was declared, −1 where none was. */
  readonly #declared: number;
  #written = 0;
  #writer: Deferred<void> | null = null;
  #dropping: Deferred<void> | null = null;
  #ready: Deferred<number> | null = null;
  #end: Deferred<void> | null = null;

  constructor(handling: Handling, drops: boolean, declared: number) {
    this.#handling = handling;
    this.#drops = drops;
    this.#declared = declared;
  }

  /** Somebody waits to be told of room. */
  get waiting(): boolean {
    return this.#ready !== null;
  }

  get window(): number {
    return this.#drops || this.#handling.phase !== 'open' ? 0 : this.#handling.gateway.wire.sender.room(this.#handling);
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
    if (this.#drops) return this.#drop();
    if (octets.length === 0) return undefined;
    handling.sent += octets.length;
    handling.gateway.wire.sender.queue(handling, octets);
    handling.gateway.wire.push();
    if (handling.queued <= MARK) return undefined;
    this.#writer ??= deferred();
    return this.#writer.promise;
  }

  /** The same of octets whose memory is the caller's again when it returns. */
  lend(octets: Uint8Array): Awaitable<void> {
    const { sender } = this.#handling.gateway.wire;
    if (sender.lend === undefined) return this.write(octets.slice());
    return sender.lend(this.#handling, octets, () => this.write(octets));
  }

  /** A later turn, so that a loop of writes gives the event loop back; or the failure, if that comes first. */
  #drop(): Promise<void> {
    if (this.#dropping === null) {
      const dropping = deferred<void>();
      this.#dropping = dropping;
      setImmediate(() => {
        if (this.#dropping === dropping) this.#dropping = null;
        dropping.resolve();
      });
    }
    return this.#dropping.promise;
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
    if (handling.error !== null) return rejected(handling.error);
    if (handling.tunnel && trailers !== undefined && trailers.length > 0) {
      throw new TypeError('a tunnel has no trailers (RFC 9113 section 8.5)');
    }
    if (this.#declared >= 0 && this.#written < this.#declared && !this.#drops) {
      const short = `content ends ${this.#declared - this.#written} octets short of its content-length`;
      handling.fail(ERROR_CODE.INTERNAL_ERROR, 'app', short);
      throw new TypeError(short);
    }
    return this.#finish(trailers);
  }

  #finish(trailers: Fields | undefined): Awaitable<void> {
    const handling = this.#handling;
    handling.phase = 'done';
    this.#ready?.resolve(0);
    this.#ready = null;
    if (this.#drops) {
      handling.unended = false;
      handling.responseDone();
      return undefined;
    }
    const copy = trailers === undefined ? null : Object.assign([...trailers], sensitiveOf(trailers));
    handling.gateway.wire.sender.finish(handling, copy);
    handling.gateway.wire.push();
    handling.responseDone();
    if (handling.complete) return undefined;
    this.#end = deferred();
    return this.#end.promise;
  }

  /** Content has left the queue, or a window has opened. */
  progress(): void {
    if (this.#writer !== null && this.#handling.queued <= MARK) {
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

  /** The last octet has been handed on. */
  complete(): void {
    this.#writer?.resolve();
    this.#writer = null;
    this.#end?.resolve();
    this.#end = null;
  }

  fail(error: Error): void {
    this.#writer?.reject(error);
    this.#dropping?.reject(error);
    this.#ready?.reject(error);
    this.#end?.reject(error);
    this.#writer = null;
    this.#dropping = null;
    this.#ready = null;
    this.#end = null;
  }
}

function sensitiveOf(fields: Fields): { sensitive?: readonly string[] } {
  return fields.sensitive === undefined ? {} : { sensitive: [...fields.sensitive] };
}
