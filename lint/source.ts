/** The request half, with a judge between (sections 3.5 and 5.1). */
import type { Awaitable, Exchange, ExchangeError, Fields, Source } from '../spec/msgi.ts';
import { Allowance, MAX_WINDOW } from './allowance.ts';
import { isCode, judgeError, judgeFailure } from './exchange-error.ts';
import { judgeFields, lengthOf } from './fields.ts';
import { argument, isInteger, isThenable, type Judge, moment, type Wrong } from './judge.ts';
import { ReadIterator } from './read-iterator.ts';

export class LintSource implements Source {
  readonly allowance: Allowance;
  readonly #inner: Source;
  readonly #exchange: Exchange;
  readonly #judge: Judge;
  /** The content-length of the request; −1 where it has none, or is no message. */
  readonly #length: number;
  #waiting = false;
  #ended = false;
  /** A read has given null. */
  #nulled = false;
  /** Of `stop`, where it stopped the request; −1 before. */
  #code = -1;
  /** The request half may have failed alone before `stop`, or have given what was asked for before. */
  #lenient = false;

  constructor(exchange: Exchange, judge: Judge) {
    const { body, caps, request } = exchange;
    this.#inner = body;
    this.#exchange = exchange;
    this.#judge = judge;
    this.#length = request.method === 'CONNECT' ? -1 : lengthOf(request.fields);
    this.allowance = new Allowance(judge, body.window, body.buffered, caps.credit === 'exact');
  }

  get waiting(): boolean {
    return this.#waiting;
  }

  get ended(): boolean {
    const { ended } = this.#inner;
    this.#judgeEnd(ended);
    return ended;
  }

  get buffered(): number {
    this.#observe();
    return this.#inner.buffered;
  }

  get window(): number {
    this.#observe();
    return this.#inner.window;
  }

  get trailers(): Fields | null {
    const { trailers } = this.#inner;
    this.#judgeEnd(this.#inner.ended);
    return trailers;
  }

  read(): Awaitable<Uint8Array | null> {
    const wrong = this.beforeRead();
    const before = this.#inner.window;
    this.#judge.enter('read', wrong);
    let result: Awaitable<Uint8Array | null>;
    try {
      result = this.#inner.read();
    } catch (error) {
      this.#judge.threw('read', error, wrong);
      throw error;
    }
    this.#judge.took('read', wrong);
    this.afterRead(result, before);
    return result;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return new ReadIterator(this.#inner[Symbol.asyncIterator](), this.#inner, this, this.#judge);
  }

  manual(): void {
    this.#forward('manual', null, () => this.#inner.manual());
    this.allowance.manual(this.#inner.window, this.#inner.buffered, this.#waiting);
  }

  credit(octets: number): void {
    const wrong = isInteger(octets, 0, MAX_WINDOW) ? null : argument('MSGI-FLOW-8', `a credit of ${String(octets)}`);
    this.#observe();
    const before = this.#inner.window;
    this.#forward('credit', wrong, () => this.#inner.credit(octets));
    if (wrong === null) this.allowance.credited(octets, before, this.#inner.window);
  }

  stop(code?: number): void {
    const wrong = code === undefined || isCode(code) ? null : argument('MSGI-ERR-10', `the code ${String(code)}`);
    const flowing = !this.#inner.ended && this.#code < 0 && this.#exchange.state !== 'dead';
    this.#forward('stop', wrong, () => (code === undefined ? this.#inner.stop() : this.#inner.stop(code)));
    if (flowing && wrong === null) {
      this.#code = code ?? 0;
      this.#lenient = this.#waiting || this.#exchange.state === 'done';
    }
    this.#observe();
  }

  /** One reader at a time. */
  beforeRead(): Wrong | null {
    this.#observe();
    return this.#waiting ? moment('MSGI-LIFE-38', 'another read waits') : null;
  }

  /** A read has returned; what it promises is looked at first of all. */
  afterRead(result: Awaitable<Uint8Array | null>, before: number) {
    this.allowance.reading(result, before);
    if (!isThenable(result)) return this.took(result);
    this.#waiting = true;
    result.then(this.took, this.failed);
  }

  /** The same for an iterator, which looks at the result itself. */
  afterNext(result: PromiseLike<unknown>, before: number): void {
    this.allowance.reading(result, before);
    this.#waiting = true;
  }

  /** What a read has given. */
  readonly took = (chunk: unknown): void => {
    this.#waiting = false;
    if (this.#code >= 0 && !this.#lenient) this.#judge.server('MSGI-LIFE-37', 'read gave no error after stop');
    if (chunk === null) this.#tookEnd();
    else if (!(chunk instanceof Uint8Array)) this.#judge.server('MSGI-MODEL-1', 'read gave what is no Uint8Array');
    else this.#tookChunk(chunk.length);
  };

  readonly failed = (error: unknown): void => {
    this.#waiting = false;
    this.allowance.settled(0, this.#inner.window, this.#inner.buffered);
    if (this.#nulled) this.#judge.server('MSGI-LIFE-3', 'read gave an error after the request had ended');
    if (!judgeError(this.#judge, 'read', error)) return;
    if (this.#code >= 0) this.#judgeStopped(error);
    else if (this.#exchange.state === 'dead' && !this.#judge.settled) {
      judgeFailure(this.#judge, 'read', error, this.#exchange);
    }
  };

  #judgeStopped({ code, by }: ExchangeError): void {
    const right = by === 'app' && (code === this.#code || code === 0);
    if (right || this.#lenient || this.#exchange.signal.aborted) return;
    this.#judge.server('MSGI-LIFE-43', `read gave code ${code} by "${by}" after stop(${this.#code})`);
  }

  #tookChunk(octets: number): void {
    if (octets === 0) this.#judge.server('MSGI-DATA-8', 'read gave a chunk of no octets');
    if (this.#nulled) this.#judge.server('MSGI-LIFE-36', 'read gave content after the end');
    this.allowance.settled(octets, this.#inner.window, this.#inner.buffered);
    const { delivered } = this.allowance;
    if (this.#length < 0 || delivered <= this.#length) return;
    this.#judge.server('MSGI-LEN-10', `${delivered} octets of a content-length of ${this.#length}`);
  }

  #tookEnd(): void {
    const { ended, buffered } = this.#inner;
    this.allowance.settled(0, this.#inner.window, buffered);
    if (!ended) this.#judge.server('MSGI-LIFE-36', 'read gave null, and ended is false');
    const { delivered } = this.allowance;
    if (!this.#nulled && this.#length >= 0 && delivered < this.#length) {
      this.#judge.server('MSGI-LEN-10', `read gave null after ${delivered} of ${this.#length} octets`);
    }
    this.#nulled = true;
    this.#judgeEnd(ended);
  }

  /** `ended`, `trailers`, `window` and `buffered` tell one story. */
  #judgeEnd(ended: boolean): void {
    const { trailers, buffered, window } = this.#inner;
    if (!ended) {
      if (this.#ended) this.#judge.server('MSGI-LIFE-3', 'ended went back to false');
      if (trailers !== null) this.#judge.server('MSGI-LIFE-40', 'trailers before the end of the request');
      return;
    }
    if (buffered !== 0) this.#judge.server('MSGI-LIFE-3', `ended, with ${String(buffered)} octets buffered`);
    if (window !== 0) this.#judge.server('MSGI-LIFE-41', `body.window is ${window} after the end of the request`);
    if (trailers === null) this.#judge.server('MSGI-LIFE-40', 'no trailers after the end of the request');
    else if (!this.#ended) judgeFields(this.#judge, trailers, this.#exchange.request.version, true);
    this.#ended = true;
  }

  #observe(): void {
    const { ended, window, buffered } = this.#inner;
    this.#judgeEnd(ended);
    if (ended) return;
    this.allowance.observe(window, buffered);
    if (this.#code < 0 || (window === 0 && buffered === 0)) return;
    this.#judge.server('MSGI-LIFE-3', `a stopped request with window ${window} and ${buffered} buffered`);
  }

  #forward(member: string, wrong: Wrong | null, call: () => void): void {
    this.#judge.enter(member, wrong);
    try {
      call();
    } catch (error) {
      this.#judge.threw(member, error, wrong);
      throw error;
    }
    this.#judge.took(member, wrong);
  }
}
