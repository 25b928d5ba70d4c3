/**
 * The run: every case chosen, in shuffled order, each on connections of its own, several at once; those that ran into their
 * deadline once more, with a longer one; what may rest on a time limit last, one at a time. A subject that crashes is started again, and the run goes on.
 */

import { REGISTRY_VERSION } from '../../spec/registry/index.ts';
import type { Case, Need } from '../case.ts';
import { claimOf } from '../legacy/interface.ts';
import { KitError } from '../outcome.ts';
import { turn } from '../peer/peer.ts';
import { InstancePool } from '../process/pool.ts';
import type { Report } from '../result.ts';
import type { Subject } from '../subject.ts';
import { type Crash, type Target, TargetError } from '../targets/target.ts';
import { kitFacts } from '../version.ts';
import { missingOption, onSubject } from './alone.ts';
import { type Attempt, attempt } from './attempt.ts';
import { calibrate, serves } from './calibrate.ts';
import type { Listener, RunOptions } from './events.ts';
import { Results } from './results.ts';
import { shuffle } from './shuffle.ts';
import { Slots } from './slots.ts';
import { Spares } from './spares.ts';

/** Tries of a case whose outcome is a race: between a GOAWAY and the close behind it, or one that the manifest names. */
const TRIES = 5;

/** Milliseconds from the last sign of life to the exit of a process that is ending. */
const EXIT_MS = 1000;

/** What ran into its deadline beside others is tried once more, with so many times its length: the machine may be busy. */
const PATIENCE = 2;

/** Rounds in a row in which the subject ends before any case has begun. */
const BARREN_ROUNDS = 3;

/** Runs the cases against the target and gives the report. Throws TargetError where the subject cannot be judged at all. */
export async function run(
  cases: readonly Case[],
  target: Target,
  options: RunOptions,
  listeners: readonly Listener[] = [],
  signal?: AbortSignal,
): Promise<Report> {
  const started = new Date();
  const cpu = process.cpuUsage();
  const { another } = target;
  const pool = another === undefined ? {} : { pool: new InstancePool(another) };
  const spares = new Spares();
  const subject = { ...(await calibrate(target, options.timeout)), ...pool, spares };
  const results = new Results(target, options, listeners, cases.length);
  for (const listener of listeners) listener.start?.(target.facts, cases.length, options.seed);
  try {
    await new Run(target, subject, options, results, signal).all(cases);
    const report: Report = {
      subject: target.facts,
      kit: kitFacts(),
      registry: { version: REGISTRY_VERSION },
      seed: options.seed,
      suites: options.suites,
      started: started.toISOString(),
      ms: Date.now() - started.getTime(),
      ...results.waited,
      cpu: milliseconds(process.cpuUsage(cpu)),
      selected: cases.length,
      results: results.finish(cases),
    };
    for (const listener of listeners) listener.end?.(report);
    return report;
  } finally {
    results.close();
    await Promise.all([pool.pool?.stop(), spares.stop()]);
  }
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return Math.round((user + system) / 1000);
}

type Idle = <T>(wait: Promise<T>) => Promise<T>;

class Run {
  readonly #target: Target;
  readonly #subject: Subject;
  readonly #options: RunOptions;
  readonly #results: Results;
  readonly #signal: AbortSignal | undefined;
  /** Cases whose tries overlapped the subject's crash: each is run again alone to find the one at fault. */
  readonly #suspects = new Set<Case>();
  /** Cases whose verdicts rest on a time limit although others were under way: they are judged again alone. */
  readonly #deferred = new Set<Case>();
  /** Cases that ran into their deadline while many others were under way. */
  readonly #late = new Set<Case>();
  /** Cases of abuse whose deadline has passed when it said nothing about the server. */
  readonly #slow = new Set<Case>();
  #last: Case | null = null;
  /** Milliseconds that a try may take. */
  #timeout: number;
  #alone = false;
  #stop = false;
  #exits = true;

  constructor(
    target: Target,
    subject: Subject,
    options: RunOptions,
    results: Results,
    signal: AbortSignal | undefined,
  ) {
    this.#target = target;
    this.#subject = subject;
    this.#options = options;
    this.#results = results;
    this.#signal = signal;
    this.#timeout = options.timeout;
  }

  async all(cases: readonly Case[]): Promise<void> {
    const order = startsFirst(shuffle(cases, this.#options.seed));
    const last = (body: Case): boolean => body.limited === true || body.abuse !== undefined;
    await this.#together(order.filter(body => !last(body)));
    this.#timeout *= PATIENCE;
    await this.#together(order.filter(body => this.#late.has(body)));
    this.#timeout = this.#options.timeout;
    this.#alone = true;
    for (const body of order.filter(one => last(one) || this.#deferred.has(one))) {
      // A flood takes its time on a machine that has other work.
      this.#timeout = this.#options.timeout * (body.abuse === undefined ? 1 : PATIENCE);
      await this.#together([body]);
      this.#timeout *= PATIENCE;
      if (this.#slow.has(body)) await this.#together([body]);
    }
    // What a parked connection has received shows only after a look at it.
    await turn();
    if (!this.#over && this.#results.size !== cases.length)
      throw new KitError(`${cases.length} cases were chosen and ${this.#results.size} were run`);
  }

  /** Runs the cases side by side; after a crash the subject is started again and those under way are run alone. */
  async #together(cases: readonly Case[]): Promise<void> {
    const queue = [...cases];
    for (let barren = 0; queue.length > 0 && !this.#over; ) {
      const slots = new Slots(this.#options.jobs);
      const waiting = queue.length;
      const under = queue.splice(0).map(body =>
        slots.hold(async idle => {
          // A case that has not begun when the subject crashes waits for the next round.
          if (this.#over) return;
          if (this.#crash !== null) queue.push(body);
          else await this.#one(body, idle, slots);
        }),
      );
      await Promise.all(under);
      barren = queue.length === waiting ? barren + 1 : 0;
      const crash = this.#crash;
      if (crash !== null) await this.#investigate(crash).catch(error => this.#down(error));
      if (barren === BARREN_ROUNDS) this.#down(new TargetError('it ends before a case begins'));
    }
  }

  get #over(): boolean {
    return this.#stop || this.#signal?.aborted === true;
  }

  get #crash(): Crash | null {
    return this.#target.crash();
  }

  async #one(body: Case, idle: Idle, slots: Slots): Promise<void> {
    const missing = this.#missing(body);
    if (missing !== null) {
      this.#record(body, [missing]);
      return;
    }
    const attempts = await this.#tries(body, idle, slots);
    const limited = attempts.some(one => one.limited);
    const late = attempts.some(({ reason }) => reason === 'deadline' || reason === 'barrier-unanswered');
    const slow = body.abuse !== undefined && attempts.some(({ verdict }) => verdict === 'error') && late;
    const again = this.#again(body, { limited, late, slow });
    if (again === null) this.#record(body, attempts);
    else {
      forget(attempts);
      this.#results.spent(attempts);
      again.add(body);
    }
  }

  /** Where a case goes whose verdict cannot stand yet. */
  #again(
    body: Case,
    { limited, late, slow }: Readonly<Record<'limited' | 'late' | 'slow', boolean>>,
  ): Set<Case> | null {
    if (this.#crash !== null) return this.#suspects;
    if (this.#alone) return slow && !this.#slow.has(body) ? this.#slow : null;
    if (limited) return this.#deferred;
    return late && !this.#late.has(body) ? this.#late : null;
  }

  /**
   * One try, or several where the outcome is a race or where a repetition was asked for: the further ones side by side, each
   * in a place of its own, or one after the other where the case has the subject to itself.
   */
  async #tries(body: Case, idle: Idle, slots: Slots | null = null): Promise<readonly Attempt[]> {
    const attempts: Attempt[] = [];
    const once = async (wait: Idle): Promise<void> => {
      if (this.#crash !== null) return;
      const one = await this.#attempt(body, wait);
      attempts.push(one);
      if (one.cut) await this.#settled();
    };
    await once(idle);
    const raced = this.#target.races[body.id] !== undefined || attempts.some(one => one.raced);
    const further = Math.max(raced ? TRIES : 1, this.#options.repeat) - 1;
    if (slots === null || this.#alone) for (let n = 0; n < further; n += 1) await once(idle);
    else if (further > 0) await idle(Promise.all(Array.from({ length: further }, () => slots.hold(once))));
    return attempts;
  }

  async #attempt(body: Case, wait: Idle): Promise<Attempt> {
    const timeout = this.#timeout;
    const work = (subject: Subject): Promise<Attempt> => attempt(body, subject, timeout, wait);
    try {
      return await onSubject(body, this.#subject, this.#target, work, { idle: wait });
    } catch (error) {
      const own = body.alone !== undefined || body.pipe === true;
      if (!(error instanceof TargetError) || !own) throw error;
      return { ...untried(body), verdict: 'error', reason: 'kit', seen: `no instance for this case: ${error.message}` };
    }
  }

  #missing(body: Case): Attempt | null {
    const faces = (body.interfaces ?? []).map(claimOf);
    if (faces.length > 0 && !faces.some(claim => this.#subject.claims.has(claim))) {
      const seen = `the target claims none of ${faces.join(', ')}`;
      return { ...untried(body), verdict: 'not-applicable', reason: 'not-claimed', seen };
    }
    const wanted = [...(isHosted(body) ? ['gateway'] : []), ...(body.claims ?? [])];
    const unclaimed = wanted.find(claim => !this.#subject.claims.has(claim));
    if (unclaimed !== undefined) {
      const seen = `the target does not claim "${unclaimed}"`;
      return { ...untried(body), verdict: 'not-applicable', reason: 'not-claimed', seen };
    }
    const option = missingOption(body, this.#target);
    if (option !== null) {
      const seen = `the target names no option "${option}": give its words in "options" of the manifest`;
      return { ...untried(body), verdict: 'not-applicable', reason: 'not-claimed', seen };
    }
    const need = body.needs?.find(name => this.#subject[name] === null);
    return need === undefined
      ? null
      : { ...untried(body), verdict: 'not-applicable', reason: 'no-resource', seen: WANTED[need] };
  }

  #record(body: Case, attempts: readonly Attempt[], output?: string): void {
    this.#results.record(body, attempts, output);
    this.#last = body;
    if (this.#options.bail && this.#results.failed) this.#stop = true;
  }

  // --- crashes -------------------------------------------------------------------------------------------------------

  /** The subject is down: start it again, and run the cases that were under way one by one. */
  async #investigate(first: Crash): Promise<void> {
    const suspects = [...this.#suspects];
    let found = false;
    for (const body of suspects) {
      if (this.#over) return;
      if (this.#crash !== null) await this.#target.restart();
      const attempts = await this.#tries(body, wait => wait);
      const last = attempts.at(-1);
      // An exit comes a moment after its cause.
      if (this.#crash === null) await this.#settled();
      this.#suspects.delete(body);
      const again = this.#crash;
      if (again === null) this.#record(body, attempts);
      else if (last !== undefined) this.#record(body, [crashed(last, again)], again.output);
      found ||= again !== null;
    }
    if (this.#crash !== null) await this.#target.restart();
    if (!found) this.#unattributed(suspects, first);
  }

  /** Nothing under way alone brings it down: the crash is still the subject's, and is told with the first of them. */
  #unattributed(suspects: readonly Case[], { how, output }: Crash): void {
    const told = suspects[0] ?? this.#last;
    const result = told === null ? undefined : this.#results.get(told.id);
    if (result === undefined) return;
    const ids = suspects.map(({ id }) => id).join(', ');
    const under = ids === '' ? 'after this case, when none was under way' : `while these were under way: ${ids}`;
    const alone = ids === '' ? '' : '; none of them alone brings it down';
    this.#results.revise({ ...result, verdict: 'crash', seen: `the subject ended (${how}) ${under}${alone}`, output });
    if (this.#options.bail) this.#stop = true;
  }

  /** It cannot be started again: the run ends with what it has, and with what brought the subject down. */
  #down(error: unknown): void {
    if (!(error instanceof TargetError)) throw error;
    this.#stop = true;
    const how = this.#crash?.how ?? 'it does not serve';
    const seen = `the subject ended (${how}) and cannot be started again: ${error.message}`;
    const [first = this.#last] = this.#suspects;
    if (first === null) throw error;
    const result = this.#results.get(first.id);
    const output = this.#crash?.output;
    if (result !== undefined)
      this.#results.revise({ ...result, verdict: 'crash', seen, ...(output === undefined ? {} : { output }) });
    else this.#record(first, [{ ...untried(first), verdict: 'crash', seen }], output);
  }

  /** An exit comes a moment after its cause: a served handshake, or the exit itself, whichever is first. */
  async #settled(): Promise<void> {
    const end = performance.now() + EXIT_MS;
    while (this.#exits && this.#crash === null) {
      const left = end - performance.now();
      if (left > 0 && (await serves(this.#subject, left))) return;
      // A subject that neither serves nor ends: nobody waits for that a second time.
      if (left <= 0) this.#exits = false;
      await turn();
    }
  }
}

/** What waits for processes to start begins first: the others fill the time. */
function startsFirst(cases: readonly Case[]): readonly Case[] {
  const starts = ({ alone, exports, pipe }: Case): boolean =>
    alone !== undefined || exports !== undefined || pipe === true;
  return [...cases.filter(starts), ...cases.filter(body => !starts(body))];
}

/** Whether the case is about the kit's application. That of an abuse is there for servers that host it, and not needed. */
function isHosted({ app, abuse }: Case): boolean {
  return abuse === undefined ? app !== undefined : abuse.hosted === true;
}

/** What a case without a try leaves behind. */
function untried(body: Case): Omit<Attempt, 'verdict' | 'seen'> {
  return {
    expected: body.title,
    transcript: [],
    record: () => [],
    findings: [],
    raced: false,
    controls: 0,
    ms: 0,
    cut: false,
    parked: [],
    reactions: 0,
  };
}

function crashed(base: Attempt, { how }: Crash): Attempt {
  return { ...base, verdict: 'crash', seen: `the subject ended (${how}) under this case` };
}

/** The tries count no more: their connections need not stay. */
function forget(attempts: readonly Attempt[]): void {
  for (const { parked } of attempts) for (const peer of parked) peer.close();
}

const WANTED: Readonly<Record<Need, string>> = {
  large: 'no large resource: name one of at least 100,000 octets with --resource large=/path',
  upload: 'no resource that takes an upload: name one that reads the whole body of a POST with --resource upload=/path',
  other: 'every path is answered alike: name a resource with another answer with --resource other=/path',
  tls: 'no TLS address: give the manifest addresses.tls',
};
