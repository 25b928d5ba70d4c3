/** What the order of sending knows of one stream, and the lines in which streams of one urgency wait. */
import { DEFAULT_PRIORITY, NOT_ASKED } from './priority-field.ts';
import type { Stream } from './stream.ts';
import type { TreeNode } from './tree-node.ts';

/** Made for a stream once somebody has said something about priority on its connection. */
export class Turn {
  readonly stream: Stream;
  /** What the peer asks for by RFC 9218, and the application's word, which wins: packed, NOT_ASKED where there is none. */
  asked: number = NOT_ASKED;
  told: number = NOT_ASKED;
  /** The stream's node, where the signals of the tree count. */
  node: TreeNode | null = null;
  /** The stream that a promise was made on; 0 for a stream of the peer's. */
  promisedOn = 0;
  /** Where it waits now, and between whom; null for the tree, and for nowhere. */
  line: Line | null = null;
  ahead: Turn | null = null;
  behind: Turn | null = null;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Urgency and incremental that it is sent by; NOT_ASKED where the tree orders it. */
  rank(tree: boolean): number {
    if (this.told !== NOT_ASKED) return this.told;
    if (this.asked !== NOT_ASKED) return this.asked;
    return tree && this.node !== null ? NOT_ASKED : DEFAULT_PRIORITY;
  }
}

/** The turn of a stream, made when it has none. */
export function turnOf(stream: Stream): Turn {
  stream.turn ??= new Turn(stream);
  return stream.turn;
}

/** Turns one behind the other, without an object for a place. */
export class Line {
  first: Turn | null = null;
  #last: Turn | null = null;

  append(turn: Turn): void {
    this.#insert(turn, this.#last);
  }

  /** By ascending number of the stream: the order in which the peer asked (RFC 9218 §10). Mostly first or last. */
  insert(turn: Turn): void {
    const { id } = turn.stream;
    let ahead = this.#last;
    if (this.first !== null && this.first.stream.id > id) ahead = null;
    while (ahead !== null && ahead.stream.id > id) ahead = ahead.ahead;
    this.#insert(turn, ahead);
  }

  remove(turn: Turn): void {
    const { ahead, behind } = turn;
    if (ahead === null) this.first = behind;
    else ahead.behind = behind;
    if (behind === null) this.#last = ahead;
    else behind.ahead = ahead;
    turn.line = null;
    turn.ahead = null;
    turn.behind = null;
  }

  #insert(turn: Turn, ahead: Turn | null): void {
    const behind = ahead === null ? this.first : ahead.behind;
    turn.line = this;
    turn.ahead = ahead;
    turn.behind = behind;
    if (ahead === null) this.first = turn;
    else ahead.behind = turn;
    if (behind === null) this.#last = turn;
    else behind.ahead = turn;
  }
}
