/** What applications see of priorities: numbers, and views of the tree by which nothing can be changed (MSGI-PRIO-13). */
import type { Caps, Priority, PriorityNode } from '../../spec/msgi.ts';
import type { Priorities } from '../engine/priorities.ts';
import type { Stream } from '../engine/stream.ts';
import type { TreeNode } from '../engine/tree-node.ts';

/** One view a node, so that a node can be known again. */
const views = new WeakMap<TreeNode, PriorityNode>();

/** What the peer asks for now. */
export function priorityOf(priorities: Priorities, stream: Stream): Priority {
  const { scheme, urgency, incremental } = priorities.of(stream);
  return Object.freeze({ scheme, urgency, incremental, node: viewOf(priorities.node(stream)) });
}

/** A live view; null for none. */
export function viewOf(node: TreeNode | null): PriorityNode | null {
  if (node === null) return null;
  let view = views.get(node);
  if (view === undefined) {
    view = Object.freeze(newView(node));
    views.set(node, view);
  }
  return view;
}

function newView(node: TreeNode): PriorityNode {
  return {
    id: node.id,
    get weight() {
      return node.weight;
    },
    get parent() {
      return viewOf(node.parent);
    },
    get children() {
      return Object.freeze(node.children().map(child => viewOf(child) as PriorityNode));
    },
  };
}

/** The caps with each answer to which signals count: made once, shared by all exchanges. */
export function capsByPriority(caps: Caps): Readonly<Record<Caps['priority'], Caps>> {
  const having = (priority: Caps['priority']): Caps => Object.freeze({ ...caps, priority });
  return { both: having('both'), tree: having('tree'), urgency: having('urgency'), none: having('none') };
}
