/**
 * Who sends next, by what was said: more urgent streams before less urgent ones (RFC 9218 §10), those of the tree by the
 * tree (RFC 7540 §5.3). The application's word wins over the peer's.
 *
 * Within one urgency there are up to three parties, which take turns: streams that are not incremental, one after the
 * other in the order of the requests; incremental ones, a frame each; and at urgency 3, the default, the tree as a whole.
 *
 * Nobody starves: every sixteenth frame goes to the stream that was served longest ago. Of n streams that can send, each
 * gets a frame of content within 16 n frames, whatever the priorities.
 */
import { MIN_MAX_FRAME_SIZE } from '../../wire/index.ts';
import { incrementalOf, NOT_ASKED, urgencyOf } from './priority-field.ts';
import type { Scheduler } from './scheduler.ts';
import type { Stream } from './stream.ts';
import type { TreeNode } from './tree-node.ts';
import { Line, type Turn, turnOf } from './turn.ts';

/** One frame in so many is for whoever was served longest ago. */
export const FAIR_SHARE = 16;

/** Charged for every frame beside its octets, so that a frame without content is not free. */
const FRAME_COST = 9;

const TREE_URGENCY = 3;

/** Streams of one urgency. */
interface Level {
  readonly sequence: Line;
  readonly shared: Line;
  /** Which party had the last turn. */
  last: number;
}

export class OrderedScheduler implements Scheduler {
  readonly #levels: readonly Level[] = Array.from({ length: 8 }, () => ({
    sequence: new Line(),
    shared: new Line(),
    last: 0,
  }));
  /** Everybody, the one that was served longest ago first. */
  readonly #waiting = new Set<Turn>();
  /** The root of the tree, once the peer has used it. */
  #tree: TreeNode | null = null;
  #served = 0;

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** From now on streams with a node, and without another word, are sent by the tree. */
  useTree(root: TreeNode): void {
    this.#tree = root;
    for (const { stream } of [...this.#waiting]) this.reorder(stream);
  }

  add(stream: Stream): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    const turn = turnOf(stream);
    this.#waiting.add(turn);
    this.#enter(turn);
  }

  next(): Stream | undefined {
    if (this.#waiting.size === 0) return undefined;
    this.#served = (this.#served + 1) % FAIR_SHARE;
    const turn = this.#served === 0 ? this.#longestAgo() : this.#mostUrgent();
    if (turn.line === null) turn.node?.take(nextFrame(turn.stream) + FRAME_COST);
    this.remove(turn.stream);
    return turn.stream;
  }

  remove(stream: Stream): void {
    const { turn } = stream;
    if (turn === null || !this.#waiting.delete(turn)) return;
    stream.scheduled = false;
    this.#leave(turn);
  }

  /** What is said of a stream has changed: it keeps its claim to be served in time. */
  reorder(stream: Stream): void {
    const { turn } = stream;
    if (turn === null || !this.#waiting.has(turn)) return;
    this.#leave(turn);
    this.#enter(turn);
  }

  #enter(turn: Turn): void {
    const rank = turn.rank(this.#tree !== null);
    if (rank === NOT_ASKED) {
      turn.node?.wait();
      return;
    }
    const { sequence, shared } = this.#levels[urgencyOf(rank)] as Level;
    if (incrementalOf(rank)) shared.append(turn);
    else sequence.insert(turn);
  }

  #leave(turn: Turn): void {
    if (turn.line === null) turn.node?.leave();
    else turn.line.remove(turn);
  }

  #longestAgo(): Turn {
    for (const turn of this.#waiting) return turn;
    throw new Error('nobody waits');
  }

  #mostUrgent(): Turn {
    for (let urgency = 0; urgency < 8; urgency += 1) {
      const level = this.#levels[urgency] as Level;
      for (let i = 1; i <= 3; i += 1) {
        const party = (level.last + i) % 3;
        const turn = this.#firstOf(level, party, urgency);
        if (turn === null) continue;
        level.last = party;
        return turn;
      }
    }
    throw new Error('whoever waits stands in a line or in the tree');
  }

  #firstOf(level: Level, party: number, urgency: number): Turn | null {
    if (party === 0) return level.shared.first;
    if (party === 1) return level.sequence.first;
    return urgency === TREE_URGENCY ? (this.#tree?.next()?.turn ?? null) : null;
  }
}

/** Octets of the frame that a stream would send now, as far as it decides that itself. */
function nextFrame({ queue, offset, sendWindow }: Stream): number {
  return Math.min(MIN_MAX_FRAME_SIZE, sendWindow, (queue?.[0]?.length ?? 0) - offset);
}
