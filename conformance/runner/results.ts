/** The results of a run as they come, and what only its end shows: frames that came late, violations seen in passing. */
import type { MsgiId } from '../../spec/registry/index.ts';
import type { NamedCase } from '../case.ts';
import type { Finding } from '../peer/grammar.ts';
import { exitStatus, type Reason, type Report, type Result, type TranscriptEntry, type Verdict } from '../result.ts';
import type { Target } from '../targets/target.ts';
import { elapsed, summed, type Wait } from '../waits.ts';
import { type Attempt, covers, reactions } from './attempt.ts';
import type { Listener, RunOptions } from './events.ts';

/** From best to worst: of several tries the worst counts. */
const SEVERITY: readonly Verdict[] = ['not-applicable', 'pass', 'weak', 'flaky', 'fail', 'crash', 'error'];

interface PassiveFinding extends Finding {
  readonly caseId: string;
  readonly transcript: readonly TranscriptEntry[];
}

/** What of a target stands in its results. */
export type Told = Pick<Target, 'expect' | 'races' | 'argument'> & Partial<Pick<Target, 'facts'>>;

export class Results {
  readonly #target: Told;
  readonly #options: RunOptions;
  readonly #listeners: readonly Listener[];
  readonly #selected: number;
  readonly #results = new Map<string, Result>();
  readonly #waits: Wait[] = [];
  readonly #passive: PassiveFinding[] = [];
  readonly #parked: { readonly caseId: string; readonly attempt: Attempt }[] = [];

  constructor(target: Told, options: RunOptions, listeners: readonly Listener[], selected: number) {
    this.#target = target;
    this.#options = options;
    this.#listeners = listeners;
    this.#selected = selected;
  }

  get size(): number {
    return this.#results.size;
  }

  /** A result that fails the run is there. */
  get failed(): boolean {
    return exitStatus(this.all, 0) !== 0;
  }

  get all(): readonly Result[] {
    return [...this.#results.values()];
  }

  get(id: string): Result | undefined {
    return this.#results.get(id);
  }

  /** The tries of a case become its result. `output` is what the subject printed around its crash. */
  record(body: NamedCase, attempts: readonly Attempt[], output?: string): void {
    const worst = attempts.reduce((a, b) => (severity(b.verdict) > severity(a.verdict) ? b : a));
    const flaky = isFlaky(attempts);
    const races = flaky ? this.#target.races[body.id] : undefined;
    const known = this.#target.expect[body.id] ?? races;
    const reason: Reason | undefined = races === undefined ? worst.reason : 'races';
    for (const one of attempts) this.#keep(body, one);
    this.spent(attempts);
    this.#store({
      id: body.id,
      requirements: [body.requirement, ...(body.also ?? []), ...this.#adapterRows(body)],
      title: body.title,
      verdict: flaky ? 'flaky' : worst.verdict,
      ...(reason === undefined ? {} : { reason }),
      ...(worst.limited ? { limited: true as const } : {}),
      expected: worst.expected,
      seen: worst.seen,
      ...(attempts.length > 1 ? { tries: tally(attempts) } : {}),
      ...(body.disputed === undefined ? {} : { disputed: body.disputed }),
      ...(known === undefined ? {} : { known }),
      ...(output === undefined ? {} : { output }),
      ms: Math.round(attempts.reduce((sum, { ms }) => sum + ms, 0) * 1000) / 1000,
      ...waitsOf(attempts),
      transcript: worst.transcript,
      rerun: `npx msgi certify ${this.#target.argument} --case ${body.id} --seed ${this.#options.seed}`,
    });
  }

  /** Tries that took their time, whatever becomes of their verdicts. */
  spent(attempts: readonly Attempt[]): void {
    for (const { waits = [] } of attempts) this.#waits.push(...waits);
  }

  /** Milliseconds of the run in which a case waited for long; nothing without any. */
  get waited(): Pick<Report, 'waited'> {
    return this.#waits.length === 0 ? {} : { waited: elapsed(this.#waits) };
  }

  /** Rows that bind adapters of this specification, and nobody else; those of WSGI adapters of that. */
  #adapterRows({ adapter = [] }: NamedCase): readonly MsgiId[] {
    const claims = this.#target.facts?.claims ?? [];
    if (!claims.includes('adapter')) return [];
    return adapter.filter(id => !id.startsWith('MSGI-WSGI-') || claims.includes('legacy-wsgi'));
  }

  #keep(body: NamedCase, one: Attempt): void {
    for (const finding of one.findings) {
      if (!covers(body, finding.requirement))
        this.#passive.push({ ...finding, caseId: body.id, transcript: one.transcript });
    }
    if (one.parked.length > 0) this.#parked.push({ caseId: body.id, attempt: one });
  }

  #store(result: Result): void {
    this.#results.set(result.id, result);
    for (const listener of this.#listeners) listener.result?.(result, this.#results.size, this.#selected);
  }

  /** A result given before turns out worse. */
  revise(result: Result): void {
    this.#results.set(result.id, result);
    for (const listener of this.#listeners) listener.revised?.(result);
  }

  /** Late frames, and violations seen in passing. Gives the results in the order of the catalogue. */
  finish(cases: readonly NamedCase[]): readonly Result[] {
    for (const parked of this.#parked) this.#late(parked);
    // Failures first, so that a result is revised once.
    const worstFirst = this.#passive.toSorted((a, b) => severity(b.verdict) - severity(a.verdict));
    for (const finding of worstFirst) this.#blame(finding, cases);
    return cases.flatMap(({ id }) => this.#results.get(id) ?? []);
  }

  /** Closes what is parked, whatever became of the run. */
  close(): void {
    for (const { attempt } of this.#parked) for (const peer of attempt.parked) peer.close();
  }

  #late({ caseId, attempt }: { readonly caseId: string; readonly attempt: Attempt }): void {
    const late = reactions(attempt.parked) - attempt.reactions;
    const result = this.#results.get(caseId);
    if (late <= 0 || result === undefined) return;
    const frames = late === 1 ? '1 frame' : `${late} frames`;
    const seen = `${frames} came after the verdict, which rested on a time limit: ${attempt.seen}`;
    this.revise({ ...result, verdict: 'error', reason: 'late-frame', seen, transcript: attempt.record() });
  }

  /** A violation seen in passing counts for the passive cases of its row, or else for the case that saw it. */
  #blame(finding: PassiveFinding, cases: readonly NamedCase[]): void {
    const judges = cases.filter(body => body.passive === true && covers(body, finding.requirement));
    const ids = judges.length > 0 ? judges.map(({ id }) => id) : [finding.caseId];
    for (const id of ids) {
      const result = this.#results.get(id);
      if (result === undefined || severity(result.verdict) >= severity(finding.verdict)) continue;
      const { limited: _, known: __, ...rest } = result;
      const known = this.#target.expect[id];
      this.revise({
        ...rest,
        verdict: finding.verdict,
        reason: 'passive',
        seen: `${finding.seen} (${finding.requirement}, seen in ${finding.caseId})`,
        ...(known === undefined ? {} : { known }),
        transcript: finding.transcript,
      });
    }
  }
}

function severity(verdict: Verdict): number {
  return SEVERITY.indexOf(verdict);
}

/** Tries that differ; GOAWAY or a bare close is one race, which is told as weak (KIT rule 1). */
function isFlaky(attempts: readonly Attempt[]): boolean {
  const verdicts = new Set(attempts.map(({ verdict }) => verdict));
  if (verdicts.size === 1 || verdicts.has('error')) return false;
  const passOrWeak = [...verdicts].every(verdict => verdict === 'pass' || verdict === 'weak');
  return !(passOrWeak && attempts.some(({ raced }) => raced));
}

function tally(attempts: readonly Attempt[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of attempts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

function waitsOf(attempts: readonly Attempt[]): Pick<Result, 'waits'> {
  const waits = summed(attempts.flatMap(one => one.waits ?? []));
  return waits.length === 0 ? {} : { waits };
}
