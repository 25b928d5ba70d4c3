/** How one try of a case ends: what was thrown, noted and found becomes a verdict, in this one place. */
import { Failed, KitError, NotApplicable } from '../outcome.ts';
import { covers } from '../runner/attempt.ts';
import type { ApplicationCase } from './case.ts';
import type { Ending } from './job.ts';
import type { Stage } from './stage.ts';

type Outcome = Pick<Ending, 'verdict' | 'seen' | 'reason'>;

/** Turns in which what nobody took comes to light. */
const LAST_TURNS = 5;

export async function endingOf(body: ApplicationCase, stage: Stage): Promise<Ending> {
  const start = performance.now();
  const outcome = withFindings(body, stage, await outcomeOf(body, stage));
  const { limited, expected, findings, controls } = stage;
  const ms = performance.now() - start;
  return { ...outcome, limited, expected: expected === '' ? body.title : expected, findings, controls, ms };
}

async function outcomeOf(body: ApplicationCase, stage: Stage): Promise<Outcome> {
  try {
    if (body.handshake !== true) await stage.control();
    await body.run(stage);
    await stage.turns(LAST_TURNS);
    stage.look();
    return fulfilled(stage);
  } catch (error) {
    return rejected(error);
  }
}

function fulfilled({ weaknesses, seen }: Stage): Outcome {
  if (weaknesses.length > 0) return { verdict: 'weak', seen: [...new Set(weaknesses)].join('; ') };
  return { verdict: 'pass', seen: seen === '' ? 'as expected' : seen };
}

function rejected(error: unknown): Outcome {
  if (error instanceof Failed)
    return { verdict: 'fail', seen: error.message, ...(error.reason === undefined ? {} : { reason: error.reason }) };
  if (error instanceof NotApplicable) return { verdict: 'not-applicable', seen: error.message, reason: error.reason };
  if (error instanceof KitError) return { verdict: 'error', seen: error.message, reason: error.reason };
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { verdict: 'error', seen: `the kit failed: ${words}`, reason: 'kit' };
}

/** A finding about the rule of the case decides it; the others are for the runner. */
function withFindings(body: ApplicationCase, { findings }: Stage, outcome: Outcome): Outcome {
  if (outcome.verdict === 'error') return outcome;
  const own = findings.filter(({ requirement }) => covers(body, requirement));
  const worst = own.find(({ verdict }) => verdict === 'fail') ?? own[0];
  if (worst === undefined || (worst.verdict === 'weak' && outcome.verdict === 'fail')) return outcome;
  return { verdict: worst.verdict, seen: worst.seen, reason: 'passive' };
}
