/** A response whose first block the server has: it asks for the next one. */
import type { Asked } from '../../../gateway/trial.ts';
import type { LegacyTrial } from '../../../legacy/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** It has a status of 200 and a block of five octets, which the client need not have. */
export async function blockTaken(trial: LegacyTrial, peer: Peer): Promise<Asked> {
  const asked = await trial.called(peer);
  trial.head(asked);
  trial.act(asked, 'block', { text: 'block' });
  await trial.app.report(asked, 'asked', 2);
  return asked;
}
