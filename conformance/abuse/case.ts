/** The shape of an abuse case: what one client does to a server, within a bound, while another one asks as ever. */
import type { AbuseFacts, Case, CaseBody } from '../case.ts';
import type { CaseApp, Claim, GatewayCase } from '../gateway/case.ts';
import { untilGone } from './handlers.ts';
import { orUndecided } from './patience.ts';
import type { AbuseTrial } from './trial.ts';

/** Octets by which the subject's memory may grow, while every abuse sends less than a twelfth of it: 128 MiB. */
export const MOST_GROWTH = 2 ** 27;

export interface AbuseCaseBody
  extends Partial<Pick<CaseBody, 'requirement' | 'also' | 'needs' | 'alone'>>,
    Pick<CaseBody, 'title'>,
    AbuseFacts {
  readonly claims?: readonly Claim[];
  /** What the kit's application does with the requests of the abuse, where it is there; it works until they fail, by default. */
  readonly app?: CaseApp;
  /** The case is about the application: it is for targets that claim "gateway" alone. */
  readonly hosted?: true;
  run(trial: AbuseTrial): Promise<void>;
}

/** An abuse case has a handler for every target that hosts the kit's application, and goes without on others. */
export type AbuseCase = Case & Pick<GatewayCase, 'app'>;

/** A family of the suite; the keys are the slugs. */
export function abuses(cases: Readonly<Record<string, AbuseCaseBody>>): readonly AbuseCase[] {
  return Object.entries(cases).map(([slug, { bound, cve, hosted, run, ...body }]) => ({
    requirement: 'rfc9113/10.5/2' as const,
    also: ['rfc9113/10.5/i1' as const],
    app: untilGone,
    ...body,
    id: `abuse/${slug}`,
    chapter: 'abuse',
    abuse: { bound, cve, ...(hosted === undefined ? {} : { hosted }) },
    // The runner gives a case of abuse a trial that has a victim.
    run: trial => orUndecided(run(trial as AbuseTrial)),
  }));
}
