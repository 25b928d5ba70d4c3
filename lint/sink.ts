/** The response half after `start`, with a judge between (sections 3.1, 3.2 and 5.6). */
import type { Awaitable, Exchange, Fields, Sink } from '../spec/msgi.ts';
import { judgeFailure } from './exchange-error.ts';
import { FieldGuard } from './field-guard.ts';
import { wrongTrailers } from './fields.ts';
import { argument, isInteger, isThenable, type Judge, moment, type Wrong } from './judge.ts';
import { octetsOf, wrongContent } from './octets.ts';
import type { Outcome } from './outcome.ts';

/** Octets in the server's queue at which a program that goes on without awaiting is told so; marks are about 65,536. */
const FAR = 1_048_576;

export class LintSink implements Sink {
  /** Promises of this sink that have not settled. */
  writing = 0;
  readying = 0;
  ending = false;
  readonly #inner: Sink;
  readonly #exchange: Exchange;
  readonly #outcome: Outcome;
  readonly #judge: Judge;
  /** The exchange was dead when this was given. */
  readonly #dead: boolean;
  #far = false;

  constructor(inner: Sink, exchange: Exchange, outcome: Outcome, judge: Judge, dead: boolean) {
    this.#inner = inner;
    this.#exchange = exchange;
    this.#outcome = outcome;
    this.#judge = judge;
    this.#dead = dead;
  }

  get window(): number {
    const { window } = this.#inner;
    if (!isInteger(window, 0, Number.MAX_SAFE_INTEGER))
      this.#judge.server('MSGI-FLOW-20', `window is ${String(window)}`);
    else if (window !== 0 && this.#outcome.bare) this.#judge.server('MSGI-LIFE-28', `window is ${window}`);
    else if (window !== 0 && !this.#isOpen()) this.#judge.server('MSGI-LIFE-3', `window is ${window} where it is 0`);
    return window;
  }

  get buffered(): number {
    const { buffered } = this.#inner;
    const most = this.#outcome.bare ? 0 : this.#outcome.written;
    if (!isInteger(buffered, 0, most)) {
      this.#judge.server('MSGI-FLOW-21', `buffered is ${String(buffered)}, of ${most} octets written`);
    } else if (buffered !== 0 && this.#exchange.state === 'dead') {
      this.#judge.server('MSGI-LIFE-3', `buffered is ${buffered} on a dead exchange`);
    }
    return buffered;
  }

  write(chunk: Uint8Array | string): Awaitable<void> {
    const wrong = this.#wrongWrite(chunk);
    const dead = this.#isDead();
    if (wrong === null && !dead) this.#judgeFar();
    this.#judge.enter('write', wrong);
    let result: Awaitable<void>;
    try {
      result = this.#inner.write(chunk);
    } catch (error) {
      this.#judge.threw('write', error, wrong);
      throw error;
    }
    this.#judge.took('write', wrong);
    if (dead) this.#judgeDead('write', result);
    else if (wrong === null) this.#wrote(chunk, result);
    return result;
  }

  ready(): Awaitable<number> {
    const dead = this.#isDead();
    this.#judge.enter('ready', null);
    let result: Awaitable<number>;
    try {
      result = this.#inner.ready();
    } catch (error) {
      this.#judge.threw('ready', error, null);
      throw error;
    }
    this.#judge.took('ready', null);
    if (dead) this.#judgeDead('ready', result);
    else if (isThenable(result)) {
      this.readying++;
      result.then(this.#readied, this.#readyFailed);
    } else this.#judgeRoom(result, true);
    return result;
  }

  end(trailers?: Fields): Awaitable<void> {
    const wrong = this.#wrongEnd(trailers);
    const dead = this.#isDead();
    const guard =
      trailers !== undefined && this.#outcome.handed !== null ? new FieldGuard(this.#judge, trailers) : null;
    this.#judge.enter('end', wrong);
    let result: Awaitable<void>;
    try {
      result = trailers === undefined ? this.#inner.end() : this.#inner.end(guard?.list ?? trailers);
    } catch (error) {
      guard?.end();
      this.#judge.threw('end', error, wrong);
      this.#judgeShort(wrong);
      throw error;
    }
    guard?.end();
    this.#judge.took('end', wrong);
    if (dead) this.#judgeDead('end', result);
    else if (wrong === null) this.#endedWith(result);
    return result;
  }

  #isDead(): boolean {
    return this.#dead || this.#exchange.state === 'dead';
  }

  #isOpen(): boolean {
    return !this.#dead && this.#exchange.state === 'open';
  }

  #wrongWrite(chunk: Uint8Array | string): Wrong | null {
    const wrong = wrongContent(chunk);
    if (wrong !== null || this.#isDead()) return wrong;
    const { phase, declared, written } = this.#outcome;
    if (phase === 'done') return moment('MSGI-LIFE-8', 'the response is done');
    if (declared < 0 || written + octetsOf(chunk) <= declared) return null;
    return argument('MSGI-LEN-8', `content beyond the content-length of ${declared}`);
  }

  #wrongEnd(trailers: Fields | undefined): Wrong | null {
    const wrong = wrongTrailers(trailers);
    if (wrong !== null || this.#isDead()) return wrong;
    const { phase, declared, written, tunnel } = this.#outcome;
    if (phase === 'done') return moment('MSGI-LIFE-8', 'the response is done');
    if (tunnel && trailers !== undefined && trailers.length > 0) return argument('MSGI-TUN-11', 'trailers on a tunnel');
    if (written >= declared) return null;
    return argument('MSGI-LEN-9', `an end after ${written} octets of a content-length of ${declared}`);
  }

  #judgeShort(wrong: Wrong | null): void {
    if (wrong?.see !== 'MSGI-LEN-9' || this.#exchange.state === 'dead') return;
    this.#judge.server('MSGI-LEN-9', 'a response that was too short did not reset the exchange');
  }

  #judgeFar(): void {
    if (this.writing === 0 || this.#far || this.#inner.buffered <= FAR) return;
    this.#far = true;
    this.#judge.app('MSGI-FLOW-27', `writes on with ${this.#inner.buffered} octets waiting, and awaits none of them`);
  }

  #wrote(chunk: Uint8Array | string, result: Awaitable<void>): void {
    this.#outcome.take(chunk);
    if (isThenable(result)) {
      this.writing++;
      result.then(this.#written, this.#writeFailed);
    } else if (this.#outcome.bare) {
      this.#judge.server('MSGI-LIFE-29', 'a write without content settled at once');
    }
  }

  readonly #written = (): void => {
    this.writing--;
  };

  readonly #writeFailed = (error: unknown): void => {
    this.writing--;
    judgeFailure(this.#judge, 'write', error, this.#exchange);
  };

  readonly #readied = (room: number): void => {
    this.readying--;
    this.#judgeRoom(room, false);
  };

  readonly #readyFailed = (error: unknown): void => {
    this.readying--;
    judgeFailure(this.#judge, 'ready', error, this.#exchange);
  };

  #judgeRoom(room: unknown, now: boolean) {
    const { bare, phase } = this.#outcome;
    if (!isInteger(room, 0, Number.MAX_SAFE_INTEGER))
      return this.#judge.server('MSGI-FLOW-23', `ready gave ${String(room)}`);
    if (bare && room !== 0) return this.#judge.server('MSGI-LIFE-28', `ready gave ${room} where nothing is sent`);
    if (phase === 'done' && now && room !== 0)
      return this.#judge.server('MSGI-LIFE-24', `ready gave ${room} after end`);
    if (!this.#isOpen() || bare || phase === 'done') return;
    if (room === 0) this.#judge.server('MSGI-FLOW-23', 'ready gave 0 while content is taken');
    else if (now && room !== this.#inner.window) {
      this.#judge.server('MSGI-FLOW-23', `ready gave ${room}, and window is ${this.#inner.window}`);
    }
  }

  #endedWith(result: Awaitable<void>) {
    this.#outcome.phase = 'done';
    if (this.#exchange.state !== 'done' && !this.#outcome.lost) {
      this.#outcome.lost = true;
      this.#judge.server('MSGI-LIFE-3', `state is ${this.#exchange.state} after end`);
    }
    if (!isThenable(result)) return this.#completed();
    this.ending = true;
    result.then(this.#completed, this.#endFailed);
  }

  readonly #completed = (): void => {
    this.ending = false;
    this.#outcome.complete = true;
    const { buffered } = this.#inner;
    if (buffered !== 0) this.#judge.server('MSGI-LIFE-22', `end settled with ${String(buffered)} octets in the queue`);
  };

  readonly #endFailed = (error: unknown): void => {
    this.ending = false;
    judgeFailure(this.#judge, 'end', error, this.#exchange);
  };

  /** On a dead exchange every one of them gives the error. */
  #judgeDead(member: string, result: Awaitable<unknown>) {
    const gave = () => this.#judge.server('MSGI-LIFE-10', `${member} on a dead exchange gave no error`);
    if (!isThenable(result)) return gave();
    result.then(gave, error => judgeFailure(this.#judge, member, error, this.#exchange));
  }
}
