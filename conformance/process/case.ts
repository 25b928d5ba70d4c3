/** The shape of a case about the pipe between a server and the processes of its application. */
import type { Case, CaseBody } from '../case.ts';
import type { Claim } from '../gateway/case.ts';
import type { ProcessTrial } from './trial.ts';

export interface ProcessCaseBody extends Omit<CaseBody, 'run'> {
  /** Beside "process". */
  readonly claims?: readonly Claim[];
  /** The instance is started with these options of the manifest. */
  readonly alone?: Readonly<Record<string, number>>;
  /** It judges how an instance begins or ends, or ends it: no other case can use it. */
  readonly fresh?: true;
  run(trial: ProcessTrial): Promise<void>;
}

/** A chapter of the suite; the keys are the slugs. */
export function processChapter(name: string, cases: Readonly<Record<string, ProcessCaseBody>>): readonly Case[] {
  return Object.entries(cases).map(([slug, body]) => ({
    ...body,
    id: `${name}/${slug}`,
    chapter: name,
    pipe: true,
    claims: ['process', ...(body.claims ?? [])],
    // The runner gives a case of the pipe a trial that has it.
    run: trial => body.run(trial as ProcessTrial),
  }));
}
