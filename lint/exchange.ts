/** The exchange that the application is given: every member forwards, and is looked at on its way. */
import type {
  App,
  Caps,
  Connection,
  Exchange,
  Fields,
  Notice,
  Priority,
  PushRequest,
  RequestHead,
  Sink,
  Source,
} from '../spec/msgi.ts';
import {
  wrongDeadline,
  wrongInform,
  wrongPrioritize,
  wrongPush,
  wrongReset,
  wrongRespond,
  wrongStart,
  wrongWatch,
} from './arguments.ts';
import { judgeCaps } from './caps.ts';
import { judgeClose } from './close.ts';
import { judgeError } from './exchange-error.ts';
import { FieldGuard } from './field-guard.ts';
import { lengthOf } from './fields.ts';
import { judgeHead } from './head.ts';
import { type Judge, moment, type Wrong } from './judge.ts';
import type { RuleId } from './lint-error.ts';
import { LintListener } from './listener.ts';
import { Handed } from './octets.ts';
import { Outcome } from './outcome.ts';
import { judgePriority } from './priority.ts';
import { LintSink } from './sink.ts';
import { LintSource } from './source.ts';
import { judgeStranded } from './stranded.ts';

/** Of `reset` without a code. */
const CANCEL = 8;

export class LintExchange implements Exchange {
  readonly #inner: Exchange;
  readonly #judge: Judge;
  readonly #outcome: Outcome;
  /** Wraps the application of a promise as this one is wrapped. */
  readonly #wrap: (app: App) => App;
  #source: LintSource | null = null;
  #sink: LintSink | null = null;
  #caps: Caps;
  #last: Exchange['state'] = 'idle';

  constructor(inner: Exchange, judge: Judge, checksum: boolean, wrap: (app: App) => App) {
    this.#inner = inner;
    this.#judge = judge;
    this.#wrap = wrap;
    this.#outcome = new Outcome(checksum ? new Handed(judge) : null);
    this.#caps = inner.caps;
    judgeHead(judge, inner);
    judgeCaps(judge, inner.caps, inner.request);
    judgePriority(judge, inner.priority, inner.caps, inner.request.version);
    inner.watch(new LintListener(judge, this.#noticed).listener);
  }

  get id(): number {
    return this.#inner.id;
  }

  get request(): RequestHead {
    return this.#inner.request;
  }

  get connection(): Connection {
    const { connection } = this.#inner;
    if (connection.tree !== null && !this.#hasTree()) this.#judge.server('MSGI-PRIO-12', 'a tree where none counts');
    this.#judgeLocals(connection.locals);
    return connection;
  }

  get caps(): Caps {
    const { caps } = this.#inner;
    if (caps !== this.#caps) judgeCaps(this.#judge, caps, this.#inner.request);
    this.#caps = caps;
    return caps;
  }

  get body(): Source {
    this.#source ??= new LintSource(this.#inner, this.#judge);
    return this.#source;
  }

  get state(): 'idle' | 'open' | 'done' | 'dead' {
    return this.#look();
  }

  get pushed(): boolean {
    return this.#inner.pushed;
  }

  get priority(): Priority {
    const { priority, caps, request } = this.#inner;
    judgePriority(this.#judge, priority, caps, request.version);
    return priority;
  }

  get signal(): AbortSignal {
    const { signal, state } = this.#inner;
    if (signal.aborted) this.#judgeAborted(signal, state);
    else if (state === 'dead') this.#lose('MSGI-LIFE-50', 'the exchange is dead, and signal has not aborted');
    return signal;
  }

  get locals(): Record<string, unknown> {
    const { locals } = this.#inner;
    this.#judgeLocals(locals);
    return locals;
  }

  inform(status: number, fields?: Fields): boolean {
    const wrong = wrongInform(status, fields) ?? this.#wrongMoment();
    const given = this.#call('inform', wrong, fields, list => this.#inner.inform(status, list));
    const { caps, state } = this.#inner;
    if (typeof given !== 'boolean') this.#judge.server('MSGI-MODEL-1', `inform gave ${String(given)}`);
    if (given && !caps.inform) this.#judge.server('MSGI-INFO-2', 'inform gave true where caps.inform is false');
    if (given && state === 'dead') this.#judge.server('MSGI-INFO-2', 'inform gave true on a dead exchange');
    return given;
  }

  respond(status: number, fields?: Fields, body?: Uint8Array | string): void {
    const { request } = this.#inner;
    const dead = this.#look() === 'dead';
    const wrong = wrongRespond(request, status, fields, body) ?? this.#wrongMoment();
    this.#call('respond', wrong, fields, list => this.#inner.respond(status, list, body));
    if (dead || wrong !== null) return;
    this.#outcome.begin('done', status, request.method);
    if (body !== undefined) this.#outcome.take(body);
    if (this.#inner.state !== 'done') this.#lose('MSGI-LIFE-5', `state is ${this.#inner.state} after respond`);
  }

  start(status: number, fields?: Fields): Sink {
    const { request } = this.#inner;
    const dead = this.#look() === 'dead';
    const wrong = wrongStart(status, fields) ?? this.#wrongMoment();
    const sink = this.#call('start', wrong, fields, list => this.#inner.start(status, list));
    const outcome = this.#outcome;
    if (!dead && wrong === null) {
      outcome.begin('open', status, request.method);
      if (!outcome.bare && !outcome.tunnel) outcome.declared = lengthOf(fields);
      if (this.#inner.state !== 'open') this.#lose('MSGI-LIFE-4', `state is ${this.#inner.state} after start`);
    }
    const face = new LintSink(sink, this.#inner, outcome, this.#judge, dead);
    if (!dead) this.#sink = face;
    return face;
  }

  push(request: PushRequest, app?: App): boolean {
    const wrong = wrongPush(request, app);
    const own = typeof app === 'function' ? this.#wrap(app) : app;
    const before = this.#look();
    const given = this.#call('push', wrong, undefined, () =>
      own === undefined ? this.#inner.push(request) : this.#inner.push(request, own),
    );
    if (typeof given !== 'boolean') this.#judge.server('MSGI-MODEL-1', `push gave ${String(given)}`);
    if (given) this.#judgePromise(before);
    return given;
  }

  prioritize(urgency: number, incremental?: boolean): void {
    const wrong = wrongPrioritize(urgency, incremental);
    this.#call('prioritize', wrong, undefined, () =>
      incremental === undefined ? this.#inner.prioritize(urgency) : this.#inner.prioritize(urgency, incremental),
    );
  }

  deadline(ms: number): void {
    this.#call('deadline', wrongDeadline(ms), undefined, () => this.#inner.deadline(ms));
  }

  reset(code?: number): void {
    const before = this.#look();
    const wrong = wrongReset(code);
    this.#call('reset', wrong, undefined, () => (code === undefined ? this.#inner.reset() : this.#inner.reset(code)));
    if (wrong !== null || before === 'done' || before === 'dead') return;
    this.#outcome.reset = code ?? CANCEL;
    if (this.#inner.state !== 'dead') this.#lose('MSGI-LIFE-3', `state is ${this.#inner.state} after reset`);
  }

  watch(listener: (notice: Notice) => void): () => void {
    const wrong = wrongWatch(listener);
    const face = new LintListener(this.#judge, listener);
    const remove = this.#call('watch', wrong, undefined, () =>
      this.#inner.watch(wrong === null ? face.listener : listener),
    );
    if (typeof remove !== 'function') this.#judge.server('MSGI-MODEL-1', 'watch gave what is no function');
    return () => {
      face.removed();
      remove();
    };
  }

  /** The application's promise has settled, and the server does not know yet. */
  settled(how: string): void {
    const state = this.#look();
    const { phase, handed } = this.#outcome;
    this.#judge.settled = true;
    handed?.verify();
    if (state === 'dead' || state === 'done' || phase === 'done') return;
    const what = phase === 'idle' ? 'without a response' : 'with a response that it has not ended';
    this.#judge.app('MSGI-APP-1', `${how} ${what}`);
  }

  readonly #noticed = (notice: Notice): void => {
    const { caps, connection, request } = this.#inner;
    if (notice.type === 'priority') judgePriority(this.#judge, notice.priority, caps, request.version);
    if (notice.type === 'drain' && !connection.draining) {
      this.#judge.server('MSGI-SPAN-8', 'the notice drain, and connection.draining is false');
    }
    if (notice.type !== 'close') return;
    this.#judge.closed = true;
    judgeClose(this.#judge, notice, this.#inner, this.#outcome, this.#source);
    this.#outcome.handed?.verify();
    judgeStranded(this.#judge, this.#source, this.#sink);
  };

  /** The state, by what the application has done. */
  #look(): Exchange['state'] {
    const { state } = this.#inner;
    const { phase } = this.#outcome;
    const answered = phase === 'idle' && this.#judge.settled && state === 'done';
    const right = state === phase || (state === 'dead' && phase !== 'done') || answered;
    if (!right || (this.#last === 'dead' && state !== 'dead')) {
      const id = phase === 'done' ? 'MSGI-LIFE-11' : 'MSGI-LIFE-3';
      this.#lose(id, `state is ${String(state)}, was ${this.#last}, and the application's calls make it ${phase}`);
    }
    this.#last = state;
    return state;
  }

  #lose(id: RuleId, message: string): void {
    if (!this.#outcome.lost) this.#judge.server(id, message);
    this.#outcome.lost = true;
  }

  #wrongMoment(): Wrong | null {
    const state = this.#look();
    if (state === 'idle' || state === 'dead') return null;
    return moment('MSGI-LIFE-6', `the response is ${state}`);
  }

  #call<T>(member: string, wrong: Wrong | null, fields: Fields | undefined, call: (list: Fields | undefined) => T): T {
    const guard = Array.isArray(fields) && this.#outcome.handed !== null ? new FieldGuard(this.#judge, fields) : null;
    this.#judge.enter(member, wrong);
    let given: T;
    try {
      given = call(guard === null ? fields : guard.list);
    } catch (error) {
      guard?.end();
      this.#judge.threw(member, error, wrong);
      throw error;
    }
    guard?.end();
    this.#judge.took(member, wrong);
    return given;
  }

  #judgePromise(state: Exchange['state']): void {
    const { caps, connection, pushed, request } = this.#inner;
    const judge = this.#judge;
    if (!caps.push) judge.server('MSGI-PUSH-3', 'push gave true where caps.push is false');
    if (connection.draining) judge.server('MSGI-PUSH-5', 'push gave true while the connection drains');
    if (state === 'done' || state === 'dead')
      judge.server('MSGI-PUSH-6', `push gave true when the response is ${state}`);
    if (request.method === 'CONNECT') judge.server('MSGI-PUSH-7', 'push gave true on a CONNECT exchange');
    if (pushed) judge.server('MSGI-PUSH-8', 'push gave true on a pushed exchange');
  }

  #judgeAborted(signal: AbortSignal, state: Exchange['state']): void {
    judgeError(this.#judge, 'signal', signal.reason);
    if (this.#outcome.complete) this.#judge.server('MSGI-LIFE-49', 'signal has aborted, and the response is complete');
    else if (state === 'idle' || state === 'open') {
      this.#judge.server('MSGI-LIFE-3', `signal has aborted, and state is ${state}`);
    }
  }

  #judgeLocals(locals: object): void {
    if (Object.getPrototypeOf(locals) !== null) this.#judge.server('MSGI-SEC-1', 'locals has a prototype');
  }

  #hasTree(): boolean {
    const { caps, request } = this.#inner;
    return request.version === '2' && (caps.priority === 'tree' || caps.priority === 'both');
  }
}
