/**
 * The run: every case chosen, in shuffled order, each on connections of its own, several at once; what may rest on a time
 * limit last, one at a time. A subject that crashes is started again, and the run goes on.
 */

import { REGISTRY_VERSION } from '../../spec/registry/index.ts';
import type { Case, Need } from '../case.ts';
import { KitError } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import { turn } from '../peer/peer.ts';
import type { Report, Result, TranscriptEntry, Verdict } from '../result.ts';
import type { Subject } from '../subject.ts';
import type { Target } from '../targets/target.ts';
import { kitFacts } from '../version.ts';
import { type Attempt, attempt, covers } from './attempt.ts';
import { calibrate } from './calibrate.ts';
import type { Listener, RunOptions } from './events.ts';
import { shuffle } from './shuffle.ts';
import { Slots } from './slots.ts';

/** Tries of a case whose outcome is a race between a GOAWAY and the close behind it (KIT rule 1). */
const TRIES = 5;

/** From best to worst: of several tries the worst counts. */
const SEVERITY: readonly Verdict[] = ['not-applicable', 'pass', 'weak', 'flaky', 'fail', 'crash', 'error'];

/** Runs the cases against the target and gives the report. Throws TargetError where the subject cannot be judged at all. */
export async function run(
  cases: readonly Case[],
  target: Target,
  options: RunOptions,
  listeners: readonly Listener[] = [],
  signal?: AbortSignal,
): Promise<Report> {
  const started = new Date();
  const subject = await calibrate(target, options.timeout);
  const state = new Run(target, subject, options, listeners, cases.length, signal);
  for (const listener of listeners) listener.start?.(target.facts, cases.length, options.seed);
  await state.all(cases);
  const results = state.finish(cases);
  const report: Report = {
    subject: target.facts,
    kit: kitFacts(),
    registry: { version: REGISTRY_VERSION },
    seed: options.seed,
    suites: options.suites,
    started: started.toISOString(),
    ms: Date.now() - started.getTime(),
    selected: cases.length,
    results,
  };
  for (const listener of listeners) listener.end?.(report);
  return report;
}

interface PassiveFinding extends Finding {
  readonly caseId: string;
  readonly transcript: readonly TranscriptEntry[];
}

class Run {
  readonly #target: Target;
  readonly #subject: Subject;
  readonly #options: RunOptions;
  readonly #listeners: readonly Listener[];
  readonly #selected: number;
  readonly #signal: AbortSignal | undefined;
  readonly #results = new Map<string, Result>();
  readonly #passive: PassiveFinding[] = [];
  readonly #parked: { readonly caseId: string; readonly attempt: Attempt; readonly frames: number }[] = [];
  /** Cases whose tries overlapped the subject's crash: each is run again alone to find the one at fault. */
  readonly #suspects = new Set<Case>();
  #stop = false;

  constructor(
    target: Target,
    subject: Subject,
    options: RunOptions,
    listeners: readonly Listener[],
    selected: number,
    signal: AbortSignal | undefined,
  ) {
    this.#target = target;
    this.#subject = subject;
    this.#options = options;
    this.#listeners = listeners;
    this.#selected = selected;
    this.#signal = signal;
  }

  async all(cases: readonly Case[]): Promise<void> {
    const order = shuffle(cases, this.#options.seed);
    await this.#together(order.filter(body => !body.limited));
    for (const body of order.filter(({ limited }) => limited)) await this.#together([body]);
  }

  /** Runs the cases side by side; after a crash the subject is started again and those under way are run alone. */
  async #together(cases: readonly Case[]): Promise<void> {
    const queue = [...cases];
    while (queue.length > 0 && !this.#over) {
      const slots = new Slots(this.#options.jobs);
      const under = queue.splice(0).map(body =>
        slots.hold(async idle => {
          // A case that has not begun when the subject crashes waits for the next round.
          if (this.#over) return;
          if (this.#target.crash() !== null) queue.push(body);
          else await this.#one(body, idle);
        }),
      );
      await Promise.all(under);
      if (this.#target.crash() !== null) await this.#investigate();
    }
  }

  get #over(): boolean {
    return this.#stop || this.#signal?.aborted === true;
  }

  async #one(body: Case, idle: <T>(wait: Promise<T>) => Promise<T>): Promise<void> {
    const missing = this.#missing(body);
    if (missing !== null) {
      this.#record(body, [missing]);
      return;
    }
    const attempts = await this.#tries(body, idle);
    if (this.#target.crash() === null) this.#record(body, attempts);
    else this.#suspects.add(body);
  }

  /** One try, or several where the first shows that the outcome is a race or where a repetition was asked for. */
  async #tries(body: Case, idle: <T>(wait: Promise<T>) => Promise<T>): Promise<readonly Attempt[]> {
    const once = (): Promise<Attempt> => attempt(body, this.#subject, this.#options.timeout, idle);
    const first = await once();
    const attempts = [first];
    if (first.raced && this.#target.crash() === null) {
      attempts.push(...(await Promise.all(Array.from({ length: TRIES - 1 }, once))));
    }
    for (let round = 1; round < this.#options.repeat && this.#target.crash() === null; round += 1)
      attempts.push(await once());
    return attempts;
  }

  #missing(body: Case): Attempt | null {
    const need = body.needs?.find(name => this.#subject[name] === null);
    if (need === undefined) return null;
    return {
      verdict: 'not-applicable',
      reason: 'no-resource',
      expected: body.title,
      seen: WANTED[need],
      transcript: [],
      findings: [],
      raced: false,
      controls: 0,
      ms: 0,
      parked: [],
    };
  }

  // --- crashes -------------------------------------------------------------------------------------------------------

  /** The subject is down: start it again, and run the cases that were under way one by one. */
  async #investigate(): Promise<void> {
    const suspects = [...this.#suspects];
    this.#suspects.clear();
    let crash = this.#target.crash();
    let found = false;
    for (const body of suspects) {
      if (this.#target.crash() !== null) await this.#target.restart();
      const attempts = await this.#tries(body, wait => wait);
      await this.#settled();
      const again = this.#target.crash();
      if (again === null) {
        this.#record(body, attempts);
        continue;
      }
      found = true;
      crash = again;
      this.#record(
        body,
        [this.#crashed(attempts[0] as Attempt, `the subject ended (${again.how}) under this case`)],
        again.output,
      );
    }
    if (this.#target.crash() !== null) await this.#target.restart();
    if (!found && crash !== null) this.#unattributed(suspects, crash.output);
  }

  /** Nothing under way alone brings it down: the crash is still the subject's, and is told with the first of them. */
  #unattributed(suspects: readonly Case[], output: string): void {
    const [first] = suspects;
    if (first === undefined) return;
    const ids = suspects.map(({ id }) => id).join(', ');
    const result = this.#results.get(first.id) as Result;
    const seen = `the subject ended while these were under way: ${ids}; none of them alone brings it down`;
    this.#revise({ ...result, verdict: 'crash', seen, output });
  }

  /** An exit comes a moment after its cause: a served handshake, or the exit itself, whichever is first. */
  async #settled(): Promise<void> {
    const probe = AbortSignal.timeout(this.#options.timeout);
    while (this.#target.crash() === null && !probe.aborted) {
      const alive = await calibrate(this.#target, this.#options.timeout).then(
        () => true,
        () => false,
      );
      if (alive) return;
      await turn();
    }
  }

  #crashed(base: Attempt, seen: string): Attempt {
    return { ...base, verdict: 'crash', seen };
  }

  // --- results -------------------------------------------------------------------------------------------------------

  #record(body: Case, attempts: readonly Attempt[], output?: string): void {
    const worst = attempts.reduce((a, b) => (SEVERITY.indexOf(b.verdict) > SEVERITY.indexOf(a.verdict) ? b : a));
    const verdicts = new Set(attempts.map(({ verdict }) => verdict));
    const races = this.#target.races[body.id];
    // GOAWAY or a bare close is one race, told as weak; anything else that differs between tries is flaky.
    const flaky =
      verdicts.size > 1 &&
      [...verdicts].some(verdict => verdict !== 'pass' && verdict !== 'weak' && verdict !== 'error');
    for (const one of attempts) this.#keep(body, one);
    const known = this.#target.expect[body.id] ?? races;
    const verdict = flaky && !verdicts.has('error') ? 'flaky' : worst.verdict;
    const reason = races !== undefined ? 'races' : worst.reason;
    this.#store({
      id: body.id,
      requirements: [body.requirement, ...(body.also ?? [])],
      title: body.title,
      verdict,
      ...(reason === undefined ? {} : { reason }),
      ...(worst.limited ? { limited: true as const } : {}),
      expected: worst.expected,
      seen: worst.seen,
      ...(attempts.length > 1 ? { tries: tally(attempts) } : {}),
      ...(body.disputed === undefined ? {} : { disputed: body.disputed }),
      ...(known === undefined ? {} : { known }),
      ...(output === undefined ? {} : { output }),
      ms: Math.round(attempts.reduce((sum, { ms }) => sum + ms, 0) * 1000) / 1000,
      transcript: worst.transcript,
      rerun: `npx msgi certify ${this.#target.argument} --case ${body.id} --seed ${this.#options.seed}`,
    });
  }

  #keep(body: Case, one: Attempt): void {
    for (const finding of one.findings) {
      if (!covers(body, finding.requirement))
        this.#passive.push({ ...finding, caseId: body.id, transcript: one.transcript });
    }
    if (one.parked.length === 0) return;
    const frames = one.parked.reduce((sum, peer) => sum + reactions(peer.received), 0);
    this.#parked.push({ caseId: body.id, attempt: one, frames });
  }

  #store(result: Result): void {
    this.#results.set(result.id, result);
    for (const listener of this.#listeners) listener.result?.(result, this.#results.size, this.#selected);
    if (this.#options.bail && (result.verdict === 'fail' || result.verdict === 'crash')) this.#stop = true;
  }

  /** What only the end of the run shows: late frames, and violations seen in passing. Gives the results in catalogue order. */
  finish(cases: readonly Case[]): readonly Result[] {
    for (const parked of this.#parked) this.#late(parked);
    for (const finding of this.#passive) this.#blame(finding, cases);
    const results = cases.flatMap(({ id }) => this.#results.get(id) ?? []);
    if (!this.#over && results.length !== cases.length) {
      throw new KitError(`${cases.length} cases were chosen and ${results.length} were run`);
    }
    return results;
  }

  #late({ caseId, attempt: one, frames }: { caseId: string; attempt: Attempt; frames: number }): void {
    const now = one.parked.reduce((sum, peer) => sum + reactions(peer.received), 0);
    for (const peer of one.parked) peer.close();
    const result = this.#results.get(caseId);
    if (now <= frames || result === undefined) return;
    const seen = `${now - frames} frames came after the verdict, which rested on a time limit: ${result.seen}`;
    this.#revise({ ...result, verdict: 'error', reason: 'late-frame', seen });
  }

  #revise(result: Result): void {
    this.#results.set(result.id, result);
    for (const listener of this.#listeners) listener.revised?.(result);
  }

  /** A violation seen in passing counts for the passive case of its row, or else for the case that saw it. */
  #blame(finding: PassiveFinding, cases: readonly Case[]): void {
    const judges = cases.filter(body => body.passive === true && covers(body, finding.requirement));
    const ids = judges.length > 0 ? judges.map(({ id }) => id) : [finding.caseId];
    for (const id of ids) {
      const result = this.#results.get(id);
      if (result === undefined || SEVERITY.indexOf(result.verdict) >= SEVERITY.indexOf(finding.verdict)) continue;
      const seen = `${finding.seen} (${finding.requirement}, seen in ${finding.caseId})`;
      this.#results.set(id, {
        ...result,
        verdict: finding.verdict,
        reason: 'passive',
        seen,
        transcript: finding.transcript,
      });
    }
  }
}

const WANTED: Readonly<Record<Need, string>> = {
  large: 'no large resource: name one of at least 100,000 octets with --resource large=/path',
  upload: 'no resource that takes an upload: name one that reads the whole body of a POST with --resource upload=/path',
  other: 'every path is answered alike: name a resource with another answer with --resource other=/path',
  tls: 'no TLS address: give the manifest addresses.tls',
};

function tally(attempts: readonly Attempt[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of attempts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** Frames that would have changed a verdict: what a subject sends of its own accord does not count. */
function reactions(received: readonly { readonly payload: { readonly type: string } }[]): number {
  return received.filter(({ payload }) => ['HEADERS', 'DATA', 'RST_STREAM'].includes(payload.type)).length;
}
