/** One try of one case: the kit plays the server and the peer, in memory, and the application is judged by what it does. */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { lint } from '../../lint/index.ts';
import type { App, Caps, Exchange, RequestHead } from '../../spec/msgi.ts';
import { type RequirementId, registry } from '../../spec/registry/index.ts';
import { Failed, KitError, NotApplicable } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import type { Reason } from '../result.ts';
import { disturbed, type Lent, leaked, lend } from './host/canary.ts';
import { CAPS } from './host/caps.ts';
import { HostConnection } from './host/connection.ts';
import { HostExchange } from './host/exchange.ts';
import { owned } from './host/owned.ts';
import { Visit } from './host/visit.ts';
import { type Asked, describe, headOf } from './requests.ts';
import type { Trace } from './trace.ts';

export interface AskOptions {
  readonly version?: RequestHead['version'];
  readonly caps?: Partial<Caps>;
  /** Octets of the response that the peer takes without a further grant; by default all. */
  readonly window?: number;
  readonly expects?: boolean;
  readonly connection?: HostConnection;
  /** Field lines beside those of the request. */
  readonly fields?: readonly string[];
  /** The peer ends the request by itself: false leaves content and end to the case. */
  readonly sends?: boolean;
  /** Octets of a chunk; by default all content is one. */
  readonly chunk?: number;
  /** Without the checker, on objects that tell when a member is called on another one (MSGI-MID-3). */
  readonly owned?: true;
}

/** What the first look at the application has shown of a request. */
export interface Known {
  /** Milliseconds to its end, or to its head where it has none. */
  readonly ms: number;
  /** The response goes on without an end of its own. */
  readonly endless: boolean;
}

export interface Limits {
  /** Milliseconds in which a plain request is answered. */
  readonly answer: number;
  /** Milliseconds that are "soon" (MSGI-APP-6). */
  readonly settle: number;
}

/** Turns of the event loop before a clock is looked at. */
const TURNS = 50;
const NO_BOUND = 2 ** 30;
const ALLOWANCE = 65_535;

export class Stage {
  readonly requests: readonly Asked[];
  readonly limits: Limits;
  readonly known: readonly Known[];
  /** What is expected at this point, one sentence. */
  expected = '';
  /** What was seen instead of it, where that is allowed but poorer. */
  readonly weaknesses: string[] = [];
  seen = '';
  limited = false;
  controls = 0;
  readonly findings: Finding[] = [];
  readonly visits: Visit[] = [];
  readonly #app: App;
  readonly #owned: App;
  readonly #trace: Trace;
  readonly #lent: Lent[] = [];
  #fault: string | null = null;
  #connections = 0;

  constructor(app: App, requests: readonly Asked[], known: readonly Known[], limits: Limits, trace: Trace) {
    this.requests = requests;
    this.known = known;
    this.limits = limits;
    this.#trace = trace;
    this.#owned = x => app(owned(x, member => this.broken('MSGI-MID-3', `${member} is called on another object`)));
    this.#app = lint(app, {
      checksum: true,
      report: error => {
        if (error.side === 'app')
          this.broken(error.id, error.see === null ? error.message : `${error.message} (${error.see})`);
        else this.#fault ??= `${error.id}: ${error.message}`;
      },
    });
  }

  // --- what the peer does --------------------------------------------------------------------------------------------

  connect(): HostConnection {
    this.#connections += 1;
    return new HostConnection(this.#connections);
  }

  /** Makes the request; the application is invoked in a later turn. */
  ask(asked: Asked, options: AskOptions = {}): Visit {
    const { version = '2', window = NO_BOUND, expects = false, connection = this.connect(), sends = true } = options;
    const head = headOf(asked, version);
    const fields = [...head.fields, ...(options.fields ?? []), ...(expects ? ['expect', '100-continue'] : [])];
    const ended = sends && asked.content === null;
    const visit = this.#visit(
      { ...head, fields },
      { connection, window, expects: expects && !ended, caps: { ...CAPS[version], ...options.caps } },
    );
    if (ended) visit.end();
    void this.#invoke(visit, options.owned ? this.#owned : this.#app);
    if (sends && asked.content !== null) void this.send(visit, asked.content, options.chunk);
    return visit;
  }

  /** Sends content as the allowance lets, each chunk in a turn of its own, and ends the request. Gives what was sent. */
  async send(visit: Visit, content: Uint8Array, chunk = content.length, ends = true): Promise<number> {
    let at = 0;
    while (at < content.length) {
      if (!(await this.#may(visit))) return at;
      const size = Math.min(chunk, visit.source.window, content.length - at);
      this.deliver(visit, content.subarray(at, at + size));
      at += size;
      await nextTurn();
    }
    if (ends && !visit.source.over) visit.end();
    return at;
  }

  /** One chunk, in a buffer that is not the application's. */
  deliver(visit: Visit, octets: Uint8Array): void {
    const lent = lend(octets);
    this.#lent.push(lent);
    visit.content(lent.chunk);
  }

  async #may(visit: Visit): Promise<boolean> {
    while (!visit.source.over && (visit.expecting || visit.source.window <= 0)) await this.turn();
    return !visit.source.over;
  }

  #visit(request: RequestHead, rest: Pick<Visit['options'], 'connection' | 'window' | 'caps' | 'expects'>): Visit {
    const options = { ...rest, request, pushed: false, allowance: ALLOWANCE };
    const visit = new Visit(options, this.#trace, this.#visitEvents);
    this.visits.push(visit);
    return visit;
  }

  readonly #visitEvents = {
    later: (action: () => void): void => void setImmediate(action),
    broken: (id: RequirementId, what: string): void => this.broken(id, what),
    push: (parent: Visit, request: RequestHead, app: unknown): boolean => {
      const { connection } = parent.options;
      const caps = { ...CAPS[request.version], push: false };
      const options = { request, connection, caps, pushed: true, window: NO_BOUND, allowance: 0, expects: false };
      const visit = new Visit(options, this.#trace, this.#visitEvents);
      this.visits.push(visit);
      visit.end();
      void this.#invoke(visit, typeof app === 'function' ? (app as App) : this.#app);
      return true;
    },
  };

  async #invoke(visit: Visit, app: App): Promise<void> {
    await nextTurn();
    const face: Exchange = new HostExchange(visit);
    try {
      await app(face);
      visit.settle('fulfilled');
    } catch (error) {
      visit.settle('rejected', error);
    }
  }

  // --- waiting -------------------------------------------------------------------------------------------------------

  turn(): Promise<void> {
    return nextTurn();
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await nextTurn();
  }

  /** True when it has come about: first turns of the event loop, then up to `ms` milliseconds, which `limited` tells. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    for (let i = 0; i < TURNS; i += 1) {
      if (condition()) return true;
      await nextTurn();
    }
    const end = performance.now() + ms;
    while (!condition()) {
      if (performance.now() > end) {
        this.limited = true;
        return false;
      }
      await delay(2);
    }
    return true;
  }

  /** The application has settled, and its response is whole or has failed. */
  over(visit: Visit): boolean {
    return visit.settled !== null && (visit.message.complete || visit.failed);
  }

  /** Asks as a sound peer does, and waits for the end; for the head where the response has no end. */
  async serve(asked: Asked, options: AskOptions = {}): Promise<Visit> {
    const visit = this.ask(asked, options);
    const endless = this.isEndless(asked);
    const served = (): boolean => this.over(visit) || (endless && visit.message.status > 0);
    await this.until(served, this.limits.answer);
    return visit;
  }

  isEndless(asked: Asked): boolean {
    return this.known[this.requests.indexOf(asked)]?.endless === true;
  }

  /** What is wrong with an answer that a sound peer has got, or null. */
  unserved(asked: Asked, visit: Visit): string | null {
    const { status, complete } = visit.message;
    if (visit.settled === 'rejected') return `${describe(asked)}: the application rejects with ${named(visit.reason)}`;
    if (visit.resetBy !== null)
      return `${describe(asked)}: the application resets the exchange (code ${visit.resetBy})`;
    if (visit.settled !== null && visit.failed)
      return `${describe(asked)}: the application settles, and the response has not ended`;
    if (status === 0 || (visit.settled !== null && visit.sink === null)) return `${describe(asked)}: no response`;
    if (complete && visit.settled !== null) return null;
    if (this.isEndless(asked)) return null;
    return `${describe(asked)}: ${complete ? 'the application does not settle' : 'the response does not end'} within ${this.limits.answer} ms`;
  }

  /** Every request is served, so that a refusal of everything is no pass (KIT rule 2). */
  async control(): Promise<void> {
    for (const asked of this.requests) {
      const visit = await this.serve(asked);
      const wrong = this.unserved(asked, visit);
      if (wrong !== null) throw new Failed(`the positive control is not served: ${wrong}`, 'no-control');
      if (this.isEndless(asked)) visit.cancel();
    }
    this.limited = false;
    this.controls += 1;
  }

  // --- verdicts ------------------------------------------------------------------------------------------------------

  /** A rule was broken: it counts for the case that is about it. */
  broken(requirement: RequirementId, seen: string): void {
    if (this.findings.some(one => one.requirement === requirement)) return;
    this.findings.push({
      requirement,
      seen,
      verdict: registry[requirement].level.startsWith('SHOULD') ? 'weak' : 'fail',
    });
    this.#trace.fact(Math.max(1, this.#connections), 0, 'finding', requirement, seen);
  }

  /** What the case itself has brought about is nobody's fault: it takes the findings back, and tells whether there were any. */
  forgive(...ids: readonly RequirementId[]): readonly Finding[] {
    const forgiven = this.findings.filter(({ requirement }) => ids.includes(requirement));
    for (const one of forgiven) this.findings.splice(this.findings.indexOf(one), 1);
    return forgiven;
  }

  /** What only the end shows: chunks whose buffers were touched. Throws KitError where the kit's host was wrong. */
  look(): void {
    for (const visit of this.visits)
      if (leaked(visit.message.content)) this.broken('MSGI-DATA-7', 'octets around a chunk, in its buffer, were sent');
    for (const lent of this.#lent) {
      const seen = disturbed(lent);
      if (seen !== null) this.broken('MSGI-DATA-7', seen);
    }
    if (this.#fault !== null) throw new KitError(`the kit's own host is wrong: ${this.#fault}`);
  }

  weak(seen: string): void {
    this.weaknesses.push(seen);
  }

  fail(seen: string, reason?: Reason): never {
    throw new Failed(seen, reason, this.limited);
  }

  notApplicable(why: string, reason: Reason = 'not-exercised'): never {
    throw new NotApplicable(why, reason);
  }
}

export function named(reason: unknown): string {
  return reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
}
