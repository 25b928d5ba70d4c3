/** Exchanges that end before their time. */
import type { Visit } from '../../application/host/visit.ts';
import type { Asked } from '../../application/requests.ts';
import type { AskOptions, Stage } from '../../application/stage.ts';

/** Turns in which an application that can begin has begun. */
const BEGUN = 20;

/**
 * Asks, lets the application begin, ends the exchange by `end`, and waits until it has settled: null, or what is wrong. An
 * exchange that was over before says nothing.
 */
export async function interrupted(
  stage: Stage,
  asked: Asked,
  end: (visit: Visit) => void,
  options: AskOptions,
): Promise<{ readonly visit: Visit; readonly late: boolean } | null> {
  const visit = stage.ask(asked, options);
  if (asked.content !== null && options.sends === false)
    await stage.send(visit, asked.content.subarray(0, asked.content.length >> 1), 64, false);
  await stage.turns(BEGUN);
  if (visit.closed || stage.over(visit)) return null;
  end(visit);
  const settled = await stage.until(() => visit.settled !== null, stage.limits.settle);
  return { visit, late: !settled };
}
