/** What a run gives back: the one shape that the runner writes and every reporter reads (spec/schemas/report.schema.json). */
import type { RequirementId } from '../spec/registry/index.ts';
import type { LongWait } from './waits.ts';

export const VERDICTS = ['pass', 'weak', 'fail', 'flaky', 'crash', 'not-applicable', 'error'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a verdict is what it is, where the verdict alone does not say. */
export type Reason =
  | 'barrier-unanswered'
  | 'late-frame'
  | 'deadline'
  | 'no-resource'
  | 'not-claimed'
  | 'no-control'
  | 'stream-over'
  | 'not-exercised'
  | 'races'
  | 'passive'
  | 'own-traffic'
  | 'dial'
  | 'control'
  | 'kit';

/** One frame, or one event of the transport, as it was on the wire; or what the application behind the subject told. */
export interface TranscriptEntry {
  /** Microseconds since the case began. */
  readonly t_us: number;
  /** ">" sent by the kit, "<" sent by the subject, "-" an event of the transport, "=" on the control channel. */
  readonly direction: '>' | '<' | '-' | '=';
  /** Number of the connection within the case, from 1; 0 for the control channel. */
  readonly connection: number;
  /** Frame type by its RFC name, or "PREFACE", "OPEN", "FIN", "RESET"; "APP" from the application, "KIT" to it; of a program, "request", "write", … */
  readonly type: string;
  readonly flags: readonly string[];
  /** Of a program: the id of the exchange. */
  readonly stream: number;
  /** Octets of payload that the frame header announces. */
  readonly length: number;
  /** The payload in words, and the fields of a complete field block. */
  readonly payload: string;
  /** Octets of header and payload in hexadecimal, cut to RAW_CAP octets; the whole has 9 + length. */
  readonly raw: string;
  readonly note?: string;
}

/** Octets of a frame that a transcript keeps. */
export const RAW_CAP = 256;

export interface Result {
  readonly id: string;
  readonly requirements: readonly RequirementId[];
  /** The sentence that the case checks. */
  readonly title: string;
  readonly verdict: Verdict;
  readonly reason?: Reason;
  /** The verdict rests on a time limit; `seen` states it. */
  readonly limited?: true;
  /** One sentence each. */
  readonly expected: string;
  readonly seen: string;
  /** Where the outcome is a race: how often each verdict came in the tries made. */
  readonly tries?: Readonly<Partial<Record<Verdict, number>>>;
  /** The readings of a disputed rule, where the case is about one. */
  readonly disputed?: string;
  /** The manifest's reason: of `expect` whatever the verdict, of `races` where the verdict is flaky. */
  readonly known?: string;
  /** Output of the subject around its crash. */
  readonly output?: string;
  readonly ms: number;
  /** What the kit waited for, half a second and more at a time. */
  readonly waits?: readonly LongWait[];
  readonly transcript: readonly TranscriptEntry[];
  /** Command that runs just this case again. */
  readonly rerun: string;
}

export interface SubjectFacts {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly claims: readonly string[];
}

export interface Report {
  readonly subject: SubjectFacts;
  readonly kit: { readonly name: 'msgi'; readonly version: string; readonly node: string };
  readonly registry: { readonly version: string };
  readonly seed: number;
  readonly suites: readonly string[];
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ms: number;
  /** Milliseconds of these in which some case waited for the subject, half a second and more at a time. */
  readonly waited?: number;
  /** Processor time that the kit itself took for the run, milliseconds. */
  readonly cpu?: number;
  /** Cases that were chosen; fewer results mean a run that was cut short. */
  readonly selected: number;
  readonly results: readonly Result[];
}

export type Counts = Readonly<Record<Verdict | 'limited' | 'known', number>>;

export function count(results: readonly Result[]): Counts {
  const counts = { pass: 0, weak: 0, fail: 0, flaky: 0, crash: 0, 'not-applicable': 0, error: 0, limited: 0, known: 0 };
  for (const result of results) {
    counts[result.verdict] += 1;
    if (result.limited) counts.limited += 1;
    if (isKnownFailure(result)) counts.known += 1;
  }
  return counts;
}

/** A failure that the manifest's `expect` lists, or a race that its `races` lists. */
export function isKnownFailure({ known, verdict }: Result): boolean {
  return known !== undefined && (verdict === 'fail' || verdict === 'weak' || verdict === 'flaky');
}

/** Exit status of a run: 2 the kit could not do its work, 1 something failed, 0 neither. */
export function exitStatus(results: readonly Result[], selected: number, strict = false): 0 | 1 | 2 {
  if (results.length < selected || results.some(({ verdict }) => verdict === 'error')) return 2;
  const failures = strict ? ['fail', 'flaky', 'weak'] : ['fail', 'flaky'];
  const bad = results.some(
    result =>
      result.verdict === 'crash' ||
      isUnexpectedPass(result) ||
      (failures.includes(result.verdict) && !isKnownFailure(result)),
  );
  return bad ? 1 : 0;
}

/** A case of the manifest's `expect` that passed: the list is out of date, which fails the run. */
export function isUnexpectedPass(result: Result): boolean {
  return result.known !== undefined && result.verdict === 'pass';
}
