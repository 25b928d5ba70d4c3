/** The shape of a gateway case: what the client does, and the application behind the server that it is done to. */
import type { Application } from '../../spec/msgi.ts';
import type { Handler, Kit } from '../application/kit.ts';
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
  | 'exact-credit'
  | 'process'
  | 'adapter';

/** One handler for every exchange of the case, or one for each name; "held" is that of "held-1" and "held-2", too. */
export type CaseApp = Handler | Readonly<Record<string, Handler>>;

export interface GatewayCaseBody extends Omit<CaseBody, 'run'> {
  readonly app: CaseApp;
  /**
   * What the module of the application exports by default, in the instance that the case has `alone` or starts with
   * `trial.start`: the application with another lifespan, or no application at all. It may be a promise. The kit's gates and
   * reports are those of `trial.start`, from the application's own `start` on.
   */
  exports?(application: Application, kit: Kit): unknown;
  run(trial: GatewayTrial): Promise<void>;
}

export interface GatewayCase extends Case {
  readonly app: CaseApp;
  readonly exports?: GatewayCaseBody['exports'];
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
