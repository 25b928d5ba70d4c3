import type { Asked } from '../gateway/trial.ts';
import { describeAnswer } from '../trial.ts';
import type { LegacyTrial } from './trial.ts';

/** Waits until so many octets of the content of a response have come. */
export async function arrived(trial: LegacyTrial, { name, peer, stream }: Asked, octets: number): Promise<void> {
  const record = peer.stream(stream);
  await peer.until(() => record.octets >= octets || record.over || peer.over, `${octets} octets of ${name}`);
  if (record.octets < octets) trial.fail(`${name}: ${describeAnswer(record, peer)} where ${octets} octets are due`);
}
