/** A stream that the server resets by itself: what the chapters that judge frames behind such a reset have in common. */
import { type Frame, headers, plainBlock } from '../../wire/index.ts';
import type { Peer } from '../peer/peer.ts';
import { describeAnswer, type Trial } from '../trial.ts';

/** How long to wait for what a server need not do: no verdict rests on it. */
export const PATIENCE_MS = 1000;

/** HEADERS of a POST without :path, its content still to come: malformed, hence a stream error (RFC 9113 §8.1.1). */
export function pathless(peer: Peer): Frame {
  const fields = peer.fieldsOf({ method: 'POST' });
  return headers(peer.nextStream(), plainBlock(fields.toSpliced(fields.indexOf(':path'), 2)));
}

/**
 * Sends the frame that draws the reset and those that are under way behind it, in one write. Where no RST_STREAM comes (a whole 4xx
 * instead, or a connection error at once) nothing can be judged.
 */
export async function provoked(trial: Trial, peer: Peer, first: Frame, ...behind: readonly Frame[]): Promise<void> {
  await peer.fence(first, ...behind);
  const record = peer.stream(first.stream);
  const settled = (): boolean => record.over || peer.over;
  if (!settled()) await trial.idle(peer.within(Math.min(peer.limit, PATIENCE_MS), settled, 'RST_STREAM'));
  if (record.resets.length > 0 && !record.gotEnd) return;
  trial.notApplicable(`a malformed request draws no RST_STREAM: ${describeAnswer(record, peer)}`);
}
