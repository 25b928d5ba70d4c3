/** The shape of a case about an old application: the client, and what its probe is told to do and has seen. */
import type { Case, CaseBody } from '../case.ts';
import type { Interface } from './interface.ts';
import type { LegacyTrial } from './trial.ts';

export interface LegacyCaseBody extends Omit<CaseBody, 'run'> {
  /** Those that the case is for; it is proved with the first. */
  readonly interfaces: readonly [Interface, ...Interface[]];
  run(trial: LegacyTrial): Promise<void>;
}

/** A chapter of the suite; the keys are the slugs. */
export function legacyChapter(name: string, cases: Readonly<Record<string, LegacyCaseBody>>): readonly Case[] {
  return Object.entries(cases).map(([slug, body]) => ({
    ...body,
    id: `${name}/${slug}`,
    chapter: name,
    // The runner gives a case with interfaces a trial that knows the probe.
    run: trial => body.run(trial as LegacyTrial),
  }));
}
