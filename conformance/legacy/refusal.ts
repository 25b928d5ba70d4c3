/** Requests that never reach an old application, by whatever means the server keeps them from it. */

import type { SectionOptions } from '../gateway/requests.ts';
import { askAs } from '../gateway/requests.ts';
import type { Addressed } from '../gateway/trial.ts';
import { Failed } from '../outcome.ts';
import type { LegacyTrial } from './trial.ts';

/**
 * The application is called on none of these requests. How they are refused is judged by the cases on the wire. They share
 * a connection until the server ends it.
 */
export async function reachesNobody(
  trial: LegacyTrial,
  requests: Readonly<Record<string, SectionOptions>>,
): Promise<void> {
  const names = Object.keys(requests);
  trial.expected = `the application is called on none of ${names.join(', ')}`;
  let peer = await trial.open();
  for (const [name, options] of Object.entries(requests)) {
    if (peer.over) peer = await trial.open();
    const asked = askAs(trial, peer, name, options);
    await trial.calledOrOver(asked);
    // What it has seen is told in the same breath.
    if (trial.wasInvoked(asked)) await trial.told(asked, 'saw');
    notCalled(trial, asked);
  }
  if (peer.over) peer = await trial.open();
  await trial.quietApp(peer);
  for (const name of names) notCalled(trial, trial.exchange(name));
  trial.seen = `the application is called on none of ${names.length} requests, and on the twins behind them`;
}

/** Throws Failed with what the application has recorded. */
export function notCalled(trial: LegacyTrial, exchange: Addressed): void {
  if (!trial.wasInvoked(exchange)) return;
  const [raw = null] = trial.app.reports(exchange, 'saw');
  throw new Failed(`the application is called on ${exchange.name}: ${JSON.stringify(raw).slice(0, 600)}`);
}
