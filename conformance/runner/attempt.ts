/** One try of one case: runs it under its deadline and turns how it ended into a verdict, in this one place. */
import type { Case } from '../case.ts';
import { DeadlinePassed, Failed, KitError, NotApplicable } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import { BARRIER, type Peer } from '../peer/peer.ts';
import type { Reason, TranscriptEntry, Verdict } from '../result.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';

export interface Attempt {
  readonly verdict: Verdict;
  readonly reason?: Reason;
  readonly limited?: true;
  readonly expected: string;
  readonly seen: string;
  readonly transcript: readonly TranscriptEntry[];
  readonly findings: readonly Finding[];
  readonly raced: boolean;
  /** Positive controls that were served. */
  readonly controls: number;
  readonly ms: number;
  /** Connections of a verdict that rests on a time limit: they stay open to the end of the run. */
  readonly parked: readonly Peer[];
}

type Idle = <T>(wait: Promise<T>) => Promise<T>;
type Ending = Pick<Attempt, 'verdict' | 'seen'> & { readonly reason?: Reason; readonly limited?: boolean };

export async function attempt(body: Case, subject: Subject, timeout: number, idle: Idle): Promise<Attempt> {
  const start = performance.now();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeout);
  const trial = new Trial(subject, deadline.signal, idle);
  const ending = await body.run(trial).then(
    () => fulfilled(body, trial),
    error => rejected(error, timeout),
  );
  clearTimeout(timer);
  const judged = withFindings(body, trial, ending);
  const limited = judged.limited === true || (trial.limited && judged.verdict !== 'error');
  const parked = limited && judged.verdict === 'pass' ? trial.peers : [];
  if (parked.length === 0) for (const peer of trial.peers) peer.close();
  return {
    verdict: judged.verdict,
    ...(judged.reason === undefined ? {} : { reason: judged.reason }),
    ...(limited ? { limited: true } : {}),
    expected: trial.expected === '' ? body.title : trial.expected,
    seen: judged.seen,
    transcript: trial.transcript.entries,
    findings: trial.findings,
    raced: trial.raced,
    controls: trial.controls,
    ms: performance.now() - start,
    parked,
  };
}

function fulfilled(body: Case, trial: Trial): Ending {
  if (trial.controls === 0 && body.handshake !== true) {
    return { verdict: 'error', reason: 'kit', seen: 'the case passed without a positive control: it proves nothing' };
  }
  if (trial.weaknesses.length > 0) return { verdict: 'weak', seen: trial.weaknesses.join('; ') };
  return { verdict: 'pass', seen: trial.seen === '' ? 'as expected' : trial.seen };
}

function rejected(error: unknown, timeout: number): Ending {
  if (error instanceof Failed) {
    return {
      verdict: 'fail',
      seen: error.message,
      limited: error.limited,
      ...(error.reason === undefined ? {} : { reason: error.reason }),
    };
  }
  if (error instanceof NotApplicable) return { verdict: 'not-applicable', seen: error.message, reason: error.reason };
  if (error instanceof DeadlinePassed) {
    const reason = error.message === BARRIER ? 'barrier-unanswered' : 'deadline';
    return {
      verdict: 'fail',
      reason,
      seen: `the deadline of ${timeout} ms passed while the kit waited for ${error.message}`,
    };
  }
  if (error instanceof KitError) return { verdict: 'error', reason: error.reason, seen: error.message };
  return {
    verdict: 'error',
    reason: 'kit',
    seen: `the kit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}

/** A passive finding about a row that the case itself is about decides it; the others are for the runner. */
function withFindings(body: Case, trial: Trial, ending: Ending): Ending {
  if (ending.verdict !== 'pass' && ending.verdict !== 'weak') return ending;
  const own = trial.findings.filter(({ requirement }) => covers(body, requirement));
  const worst = own.find(({ verdict }) => verdict === 'fail') ?? own[0];
  if (worst === undefined) return ending;
  return { verdict: worst.verdict, seen: worst.seen, reason: 'passive' };
}

export function covers(body: Case, requirement: string): boolean {
  return (
    body.requirement === requirement || (body.also as readonly string[] | undefined)?.includes(requirement) === true
  );
}
