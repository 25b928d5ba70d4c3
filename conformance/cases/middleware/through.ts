/** A request through the middleware, to an application of the kit's. */

import type { App } from '../../../spec/msgi.ts';
import type { Visit } from '../../application/host/visit.ts';
import { probe } from '../../application/probe.ts';
import type { Asked } from '../../application/requests.ts';
import type { AskOptions, Stage } from '../../application/stage.ts';

/** Asks, and waits until `when`, by default until the middleware has settled. Null where it does not pass the request on. */
export async function through(
  stage: Stage,
  asked: Asked,
  act: App,
  options: AskOptions = {},
  when: (visit: Visit) => boolean = visit => visit.settled !== null,
): Promise<Visit | null> {
  let reached = false;
  probe.act = x => {
    reached = true;
    return act(x);
  };
  const visit = stage.ask(asked, options);
  await stage.until(() => when(visit), stage.limits.settle);
  probe.act = null;
  return reached ? visit : null;
}

/** Does the work for every request; not applicable where the middleware passes none of them on. */
export async function eachPassed(stage: Stage, work: (asked: Asked) => Promise<Visit | null>): Promise<void> {
  let passed = 0;
  for (const asked of stage.requests) if ((await work(asked)) !== null) passed += 1;
  stage.limited = false;
  if (passed > 0) return;
  stage.notApplicable(
    "the middleware answers every request itself: name one that it passes on, as in --request 'GET /path'",
  );
}
