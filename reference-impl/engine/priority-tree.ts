/**
 * The dependency tree of RFC 7540 §5.3. It has a node for every open stream and keeps those of idle and closed ones while
 * there is room: they group others, or are still named. A frame costs at most one step for each node, and nodes are
 * bounded, so a flood of PRIORITY buys nothing (§5.3.4).
 */
import { readU32 } from '../../wire/index.ts';
import { TreeNode } from './tree-node.ts';

/** Of a stream that nothing was said about (§5.3.5). */
export const DEFAULT_WEIGHT = 16;

/** What a PRIORITY frame says, or HEADERS with its flag (RFC 9113 §6.3). */
export interface Dependency {
  readonly parent: number;
  /** 1 to 256. */
  readonly weight: number;
  readonly exclusive: boolean;
}

/** The five octets of both frames. */
export function readDependency(octets: Uint8Array, at: number): Dependency {
  const word = readU32(octets, at);
  return {
    parent: word & 0x7fffffff,
    weight: (octets[at + 4] as number) + 1,
    exclusive: word >= 0x80000000,
  };
}

export class PriorityTree {
  readonly root = new TreeNode(0, DEFAULT_WEIGHT);
  readonly #nodes = new Map<number, TreeNode>();
  /** Nodes of idle and closed streams, the one that was named longest ago first. */
  readonly #kept = new Set<TreeNode>();
  readonly #most: number;

  /** `most`: nodes of idle and closed streams that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Nodes below the root. */
  get size(): number {
    return this.#nodes.size;
  }

  get(id: number): TreeNode | undefined {
    return this.#nodes.get(id);
  }

  /** The node of a stream that opens: the one that it had while idle, or one of default priority. */
  open(id: number): TreeNode {
    const node = this.#nodes.get(id) ?? this.#add(id, this.root);
    this.#kept.delete(node);
    return node;
  }

  /** The stream of a promise depends on the stream that it is promised on (§5.3.5, §6.6). It counts as open. */
  promise(id: number, parent: number): TreeNode {
    const node = this.open(id);
    if (node.parent === this.root) node.moveTo(this.#nodes.get(parent) ?? this.root);
    return node;
  }

  /** The stream is over: its node stays for a while. */
  close(node: TreeNode): void {
    if (this.#nodes.get(node.id) !== node) return;
    this.#keep(node);
    this.#trim();
  }

  /** Whether the node is still part of the tree. */
  has(node: TreeNode): boolean {
    return this.#nodes.get(node.id) === node;
  }

  /**
   * Places the node of stream `id`, which may be idle, open or closed (§5.3.1, §5.3.3). `isIdle` tells whether a stream that
   * has no node could still be opened: then it is given one. A closed stream that was forgotten is not.
   */
  place(id: number, { parent, weight, exclusive }: Dependency, isIdle: (id: number) => boolean): void {
    const node = this.#known(id, isIdle);
    if (node === null) return;
    const above = parent === 0 ? this.root : this.#known(parent, isIdle);
    if (above === null) {
      // Nothing is known of the parent any more: default priority (§5.3.4).
      this.#depend(node, this.root, DEFAULT_WEIGHT, false);
    } else {
      this.#touch(above);
      this.#depend(node, above, weight, exclusive);
    }
    this.#touch(node);
    this.#trim();
  }

  #known(id: number, isIdle: (id: number) => boolean): TreeNode | null {
    const node = this.#nodes.get(id);
    if (node !== undefined) return node;
    if (!isIdle(id)) return null;
    const idle = this.#add(id, this.root);
    this.#kept.add(idle);
    return idle;
  }

  #depend(node: TreeNode, above: TreeNode, weight: number, exclusive: boolean): void {
    // What is to be above and stands below goes to where the node was, with its own weight (§5.3.3).
    if (above.isBelow(node)) above.moveTo(node.parent as TreeNode);
    node.weigh(weight);
    // First the node: it may stand below one of those that it takes over.
    if (node.parent !== above) node.moveTo(above);
    if (!exclusive) return;
    for (const other of above.children()) if (other !== node) other.moveTo(node);
  }

  #add(id: number, above: TreeNode): TreeNode {
    const node = new TreeNode(id, DEFAULT_WEIGHT);
    this.#nodes.set(id, node);
    node.moveTo(above);
    return node;
  }

  #keep(node: TreeNode): void {
    this.#kept.delete(node);
    this.#kept.add(node);
  }

  /** A node that is named is in use: it outlives those that are not. */
  #touch(node: TreeNode): void {
    if (this.#kept.has(node)) this.#keep(node);
  }

  #trim(): void {
    if (this.#kept.size <= this.#most) return;
    for (const oldest of this.#kept) {
      this.#kept.delete(oldest);
      this.#nodes.delete(oldest.id);
      dissolve(oldest);
      if (this.#kept.size <= this.#most) return;
    }
  }
}

/** Takes a node out: its weight is shared out among those below it, which move up (§5.3.4). */
function dissolve(node: TreeNode): void {
  const above = node.parent as TreeNode;
  const below = node.children();
  const sum = below.reduce((so, { weight }) => so + weight, 0);
  for (const child of below) {
    child.weight = Math.max(1, Math.floor((node.weight * child.weight) / sum));
    child.moveTo(above);
  }
  node.remove();
}
