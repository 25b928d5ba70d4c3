/**
 * One node of the dependency tree, and how those of one parent share by weight (RFC 7540 §5.3.2): each has a time of its own
 * that runs the slower the heavier it is, and the one that is furthest behind is next.
 */
import type { Turn } from './turn.ts';

export class TreeNode {
  readonly id: number;
  /** 1 to 256. */
  weight: number;
  /** null for the root, and for a node that was taken out. */
  parent: TreeNode | null = null;
  /** Of an open stream that the order knows. */
  turn: Turn | null = null;
  #first: TreeNode | null = null;
  #last: TreeNode | null = null;
  #next: TreeNode | null = null;
  #previous: TreeNode | null = null;
  /** The stream itself waits to send. */
  #waiting = false;
  /** Streams that wait here and below. */
  #active = 0;
  /** Octets sent here and below, by weight; and the time of the child that was next last. */
  #time = 0;
  #clock = 0;

  constructor(id: number, weight: number) {
    this.id = id;
    this.weight = weight;
  }

  /** Streams that wait here and below. */
  get active(): number {
    return this.#active;
  }

  /** In the order in which they came. */
  children(): TreeNode[] {
    const all: TreeNode[] = [];
    for (let child = this.#first; child !== null; child = child.#next) all.push(child);
    return all;
  }

  isBelow(other: TreeNode): boolean {
    for (let node = this.parent; node !== null; node = node.parent) if (node === other) return true;
    return false;
  }

  /** What was sent ahead of the others is a number of octets: it takes the less time the heavier the node is. */
  weigh(weight: number): void {
    const present = this.parent === null ? 0 : this.parent.#clock;
    if (this.#time > present) this.#time = present + ((this.#time - present) * this.weight) / weight;
    this.weight = weight;
  }

  /** Below another parent, which is not below this node; what is below comes along. */
  moveTo(above: TreeNode): void {
    this.remove();
    this.parent = above;
    this.#previous = above.#last;
    if (above.#last === null) above.#first = this;
    else above.#last.#next = this;
    above.#last = this;
    this.#time = above.#clock;
    above.#count(this.#active);
  }

  remove(): void {
    const above = this.parent;
    if (above === null) return;
    above.#count(-this.#active);
    if (this.#previous === null) above.#first = this.#next;
    else this.#previous.#next = this.#next;
    if (this.#next === null) above.#last = this.#previous;
    else this.#next.#previous = this.#previous;
    this.#next = null;
    this.#previous = null;
    this.parent = null;
  }

  // Sending -------------------------------------------------------------------------------------------------------

  wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#count(1);
  }

  /** The stream sends, and waits no more. `octets` are charged to the node and to all above it. */
  take(octets: number): void {
    this.leave();
    for (let node: TreeNode = this; node.parent !== null; node = node.parent) node.#time += octets / node.weight;
  }

  leave(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#count(-1);
  }

  /** The stream that is next, here and below: a parent that can send goes before its children (§5.3.1). */
  next(): TreeNode | null {
    if (this.#active === 0) return null;
    let node: TreeNode = this;
    while (!node.#waiting) {
      const behind = node.#furthestBehind();
      node.#clock = behind.#time;
      node = behind;
    }
    return node;
  }

  #furthestBehind(): TreeNode {
    let behind: TreeNode | null = null;
    for (let child = this.#first; child !== null; child = child.#next) {
      if (child.#active > 0 && (behind === null || child.#time < behind.#time)) behind = child;
    }
    return behind as TreeNode;
  }

  /** Whoever begins to wait begins at the present: time that was not used is not saved up. */
  #count(by: number): void {
    if (by === 0) return;
    for (let node: TreeNode | null = this; node !== null; node = node.parent) {
      if (node.#active === 0 && node.parent !== null) node.#time = Math.max(node.#time, node.parent.#clock);
      node.#active += by;
    }
  }
}
