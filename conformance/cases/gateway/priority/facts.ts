/** What cases on priority look at: as plain data, in words that a failure can quote. */
import type { Exchange, PriorityNode } from '../../../../spec/msgi.ts';
import type { Frame, SettingEntry } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** The client does without the tree (RFC 9218 §2.1). */
export const NO_TREE: readonly SettingEntry[] = [['NO_RFC7540_PRIORITIES', 1]];

/** "urgency 1", "tree 3 incremental". */
export function words({ priority: { scheme, urgency, incremental } }: Exchange): string {
  return `${scheme} ${urgency}${incremental ? ' incremental' : ''}`;
}

/** Where a node stands, and who stands below it. */
export function place(node: PriorityNode | null): Json {
  if (node === null) return null;
  const children = node.children.map(({ id }) => id).sort((a, b) => a - b);
  return { parent: node.parent?.id ?? null, weight: node.weight, children };
}

/** Reports what is asked for when it is called, and once more behind a gate. */
export const looksTwice: Handler = async (x, kit) => {
  kit.report('at first', words(x));
  await kit.gate();
  kit.report('later', words(x));
  x.respond(200);
};

/** Reports the place of its node behind a gate. */
export const showsPlace: Handler = async (x, kit) => {
  await kit.gate();
  kit.report('place', place(x.priority.node));
  x.respond(200);
};

/** The frames have been processed, and the application could know it. */
export async function processed(trial: GatewayTrial, peer: Peer, ...frames: readonly Frame[]): Promise<void> {
  peer.send(...frames);
  await trial.quietApp(peer);
}
