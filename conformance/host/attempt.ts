/** One try of one case on a host: how it ends becomes a verdict, in this one place. */
import { DeadlinePassed, Failed, KitError, NotApplicable } from '../outcome.ts';
import { Transcript } from '../peer/transcript.ts';
import { type Attempt, covers } from '../runner/attempt.ts';
import { Deadline } from '../runner/deadline.ts';
import type { HostCase } from './case.ts';
import type { HostInstance } from './instance.ts';
import { HostTrial } from './trial.ts';

type Ending = Pick<Attempt, 'verdict' | 'seen' | 'reason'> & { readonly limited?: boolean };

/** A try, and what the host has printed where it ended under the case. */
export interface Told extends Attempt {
  readonly output?: string;
}

/** `timeout`: milliseconds until the case gives up; a wait that ends so is told as limited. */
export async function attempt(body: HostCase, instance: HostInstance, timeout: number): Promise<Told> {
  const start = performance.now();
  const deadline = new Deadline(timeout);
  const transcript = new Transcript();
  instance.attend(transcript, deadline.signal);
  const trial = new HostTrial(instance, body.id, transcript, wait => deadline.idle(wait));
  const ending = judged(body, trial, await endingOf(body, trial, timeout));
  deadline.clear();
  await instance.reaped();
  const { verdict, seen, reason, limited } = crashed(instance, ending);
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(limited ? { limited: true as const } : {}),
    expected: trial.expected === '' ? body.title : trial.expected,
    seen,
    transcript: transcript.entries,
    record: () => transcript.entries,
    findings: trial.findings,
    raced: false,
    controls: trial.controls,
    ms: performance.now() - start,
    cut: false,
    parked: [],
    reactions: 0,
    ...(verdict === 'crash' ? { output: instance.printed } : {}),
  };
}

async function endingOf(body: HostCase, trial: HostTrial, timeout: number): Promise<Ending> {
  try {
    await body.run(trial);
    if (body.alone === undefined) await trial.tidy();
    return fulfilled(body, trial);
  } catch (error) {
    return rejected(error, timeout);
  }
}

function fulfilled(body: HostCase, { controls, weaknesses, seen }: HostTrial): Ending {
  if (controls === 0 && body.handshake !== true)
    return { verdict: 'error', reason: 'kit', seen: 'the case passed without a positive control: it proves nothing' };
  if (weaknesses.length > 0) return { verdict: 'weak', seen: [...new Set(weaknesses)].join('; ') };
  return { verdict: 'pass', seen: seen === '' ? 'as expected' : seen };
}

function rejected(error: unknown, timeout: number): Ending {
  if (error instanceof Failed)
    return { verdict: 'fail', seen: error.message, ...(error.reason === undefined ? {} : { reason: error.reason }) };
  if (error instanceof NotApplicable) return { verdict: 'not-applicable', seen: error.message, reason: error.reason };
  if (error instanceof DeadlinePassed) {
    const seen = `the deadline of ${timeout} ms passed while the kit waited for ${error.message}`;
    return { verdict: 'fail', reason: 'deadline', limited: true, seen };
  }
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof KitError) return { verdict: 'error', reason: error.reason, seen: error.message };
  return { verdict: 'error', reason: 'kit', seen: `the kit failed: ${words}` };
}

/** A finding about the rule of the case decides it, before a wait that came to nothing; the others are for the runner. */
function judged(body: HostCase, { findings }: HostTrial, ending: Ending): Ending {
  if (ending.verdict === 'error') return ending;
  const own = findings.find(({ requirement }) => covers(body, requirement));
  return own === undefined ? ending : { verdict: 'fail', seen: own.seen, reason: 'passive' };
}

/** The host had its end: one that no case asked for is a crash, whatever the case made of it. */
function crashed({ exit, left }: HostInstance, ending: Ending): Ending {
  if (exit === null || left || exit === 'exit status 0') return ending;
  return { verdict: 'crash', seen: `the host ended (${exit}) under this case: ${ending.seen}` };
}
