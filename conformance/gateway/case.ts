/** The shape of a gateway case: what the client does, and the application behind the server that it is done to. */
import type { Handler } from '../application/kit.ts';
import type { Case, CaseBody } from '../case.ts';
import type { GatewayTrial } from './trial.ts';

/** What a subject may claim beside "gateway"; a case that wants what is not claimed is not applicable. */
export type Claim =
  | 'push'
  | 'priority-tree'
  | 'priority-urgency'
  | 'tunnel'
  | 'connect'
  | 'http1'
  | 'drain'
  | 'exact-credit';

/** One handler for every exchange of the case, or one for each name; "held" is that of "held-1" and "held-2", too. */
export type CaseApp = Handler | Readonly<Record<string, Handler>>;

export interface GatewayCaseBody extends Omit<CaseBody, 'run'> {
  readonly claims?: readonly Claim[];
  readonly app: CaseApp;
  run(trial: GatewayTrial): Promise<void>;
}

export interface GatewayCase extends Case {
  readonly app: CaseApp;
}

/** A chapter of the gateway suites; the keys are the slugs. */
export function suite(name: string, cases: Readonly<Record<string, GatewayCaseBody>>): readonly GatewayCase[] {
  return Object.entries(cases).map(([slug, body]) => ({
    ...body,
    id: `${name}/${slug}`,
    chapter: name,
    // The runner gives a case with an application a trial that knows it.
    run: trial => body.run(trial as GatewayTrial),
  }));
}
