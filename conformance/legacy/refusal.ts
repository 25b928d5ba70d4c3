/** Requests that never reach an old application, by whatever means the server keeps them from it. */

import type { SectionOptions } from '../gateway/requests.ts';
import { askAs } from '../gateway/requests.ts';
import type { Addressed, Asked } from '../gateway/trial.ts';
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
  await onEachCall(trial, requests, async asked => {
    // What it has seen is told in the same breath.
    await trial.told(asked, 'saw');
    notCalled(trial, asked);
  });
  trial.seen = `the application is called on none of ${names.length} requests, and on the twins behind them`;
}

/**
 * Asks each; `judge` gets those on which the application is called. A server may end the stream or the connection first and
 * call it all the same: that shows behind later requests.
 */
export async function onEachCall(
  trial: LegacyTrial,
  requests: Readonly<Record<string, SectionOptions>>,
  judge: (asked: Asked) => Promise<void>,
): Promise<void> {
  const refused: Asked[] = [];
  let peer = await trial.open();
  for (const [name, options] of Object.entries(requests)) {
    if (peer.over) peer = await trial.open();
    const asked = askAs(trial, peer, name, options);
    await trial.calledOrOver(asked);
    if (trial.wasInvoked(asked)) await judge(asked);
    else refused.push(asked);
  }
  await trial.quietApp(peer.over ? await trial.open() : peer);
  for (const asked of refused) if (trial.wasInvoked(asked)) await judge(asked);
}

/** Throws Failed with what the application has recorded. */
export function notCalled(trial: LegacyTrial, exchange: Addressed): void {
  if (!trial.wasInvoked(exchange)) return;
  const [raw = null] = trial.app.reports(exchange, 'saw');
  throw new Failed(`the application is called on ${exchange.name}: ${JSON.stringify(raw).slice(0, 600)}`);
}
