/** One try of one case: runs it under its deadline and turns how it ended into a verdict, in this one place. */
import { AbuseTrial } from '../abuse/trial.ts';
import type { Case, CaseFacts } from '../case.ts';
import { GatewayTrial } from '../gateway/trial.ts';
import { LegacyTrial } from '../legacy/trial.ts';
import { DeadlinePassed, Failed, KitError, NotApplicable } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import { BARRIER, type Peer } from '../peer/peer.ts';
import { ProcessTrial } from '../process/trial.ts';
import type { Reason, TranscriptEntry, Verdict } from '../result.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';
import type { Wait } from '../waits.ts';
import { Deadline } from './deadline.ts';

export interface Attempt {
  readonly verdict: Verdict;
  readonly reason?: Reason;
  readonly limited?: true;
  readonly expected: string;
  readonly seen: string;
  readonly transcript: readonly TranscriptEntry[];
  /** The transcript as it is by now: of a parked connection, with what came behind the verdict. */
  record(): readonly TranscriptEntry[];
  readonly findings: readonly Finding[];
  readonly raced: boolean;
  /** Positive controls that were served. */
  readonly controls: number;
  readonly ms: number;
  /** Long waits for the subject. */
  readonly waits?: readonly Wait[];
  /** The subject ended a connection without a GOAWAY, or could not be reached: it may have crashed. */
  readonly cut: boolean;
  /** Connections of a verdict that rests on a time limit: they stay open to the end of the run. */
  readonly parked: readonly Peer[];
  /** Frames on them, at the verdict, that would have changed it. */
  readonly reactions: number;
}

/** Milliseconds that a case may take to end behind its deadline: one that does not is a fault of the kit. */
const GRACE_MS = 1000;

/** The trial of a case that has an end of the application, too; null for any other. */
function hosting(
  body: Case,
  subject: Subject,
  deadline: Deadline,
  stand: Idle,
): GatewayTrial | ProcessTrial | AbuseTrial | null {
  if (body.abuse !== undefined) return new AbuseTrial(subject, deadline.signal, stand, body.id);
  if (body.app !== undefined) return new GatewayTrial(subject, deadline.signal, stand, body.id);
  if (body.interfaces !== undefined) return new LegacyTrial(subject, deadline.signal, stand, body.id);
  if (body.pipe !== true) return null;
  return new ProcessTrial(subject, deadline.signal, stand, body.id, wait => deadline.idle(wait));
}

type Idle = <T>(wait: Promise<T>) => Promise<T>;
type Ending = Pick<Attempt, 'verdict' | 'seen'> & { readonly reason?: Reason; readonly limited?: boolean };

export async function attempt(body: Case, subject: Subject, timeout: number, idle: Idle): Promise<Attempt> {
  const start = performance.now();
  const deadline = new Deadline(timeout);
  const stand: Idle = wait => deadline.idle(idle(wait));
  const hosted = hosting(body, subject, deadline, stand);
  const trial = hosted ?? new Trial(subject, deadline.signal, stand);
  const ending = await Promise.race([ended(body, trial, timeout), stuck(deadline.signal)]);
  deadline.clear();
  const judged = withFindings(body, trial, ending);
  const limited = judged.limited === true || (trial.limited && ending === judged && judged.verdict !== 'error');
  // What an abuse holds is not held any longer than the case lasts.
  const parks = limited && body.abuse === undefined;
  if (!parks) for (const peer of trial.peers) peer.close();
  hosted?.end();
  return {
    verdict: judged.verdict,
    ...(judged.reason === undefined ? {} : { reason: judged.reason }),
    ...(limited ? { limited: true } : {}),
    expected: trial.expected === '' ? body.title : trial.expected,
    seen: judged.seen,
    transcript: trial.transcript.entries,
    record: () => trial.transcript.entries,
    findings: distinct(trial.findings),
    raced: trial.raced,
    controls: trial.controls,
    ms: performance.now() - start,
    waits: trial.transcript.waits.long,
    cut:
      judged.reason === 'dial' ||
      judged.reason === 'control' ||
      trial.peers.some(({ end, goaways }) => end !== null && goaways.length === 0),
    parked: parks ? trial.peers : [],
    reactions: reactions(trial.peers),
  };
}

/** Frames that would have changed a verdict: what a subject sends of its own accord does not count. */
export function reactions(peers: readonly Peer[]): number {
  const counts = ({ payload }: Peer['received'][number]): boolean =>
    ['HEADERS', 'DATA', 'RST_STREAM'].includes(payload.type) || (payload.type === 'GOAWAY' && payload.code !== 0);
  return peers.reduce((sum, { received }) => sum + received.filter(counts).length, 0);
}

async function ended(body: Case, trial: Trial, timeout: number): Promise<Ending> {
  try {
    await body.run(trial);
    // What the kit could not read to its end is not judged by what came before.
    const fault = trial.peers.find(peer => peer.fault !== null)?.fault;
    return fault == null ? fulfilled(body, trial) : rejected(fault, timeout);
  } catch (error) {
    return rejected(error, timeout);
  }
}

/** The ending of a case that does not heed its deadline. */
function stuck(signal: AbortSignal): Promise<Ending> {
  const ending = { verdict: 'error', reason: 'kit', seen: 'the case goes on behind its deadline' } as const;
  return new Promise(resolve => {
    signal.addEventListener('abort', () => setTimeout(() => resolve(ending), GRACE_MS));
  });
}

/** One of each row and verdict: what a subject does over and over is one violation. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.requirement} ${finding.verdict}`;
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()];
}

function fulfilled(body: Case, trial: Trial): Ending {
  if (trial.controls === 0 && body.handshake !== true) {
    return { verdict: 'error', reason: 'kit', seen: 'the case passed without a positive control: it proves nothing' };
  }
  if (trial.weaknesses.length > 0) return { verdict: 'weak', seen: [...new Set(trial.weaknesses)].join('; ') };
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
  if (!['pass', 'weak', 'not-applicable'].includes(ending.verdict)) return ending;
  const own = trial.findings.filter(({ requirement }) => covers(body, requirement));
  const worst = own.find(({ verdict }) => verdict === 'fail') ?? own[0];
  if (worst === undefined) return ending;
  return { verdict: worst.verdict, seen: worst.seen, reason: 'passive' };
}

export function covers(body: CaseFacts, requirement: string): boolean {
  return (
    body.requirement === requirement || (body.also as readonly string[] | undefined)?.includes(requirement) === true
  );
}
