/**
 * What is said about priority on one connection: by the client (PRIORITY, HEADERS, RFC 7540 §5.3; the `priority` field and
 * PRIORITY_UPDATE, RFC 9218) and by the application. Nothing is kept, and no stream costs more, before somebody has spoken.
 */
import { latin1Text, readU32 } from '../../wire/index.ts';
import { connectionError } from './errors.ts';
import type { Limits } from './limits.ts';
import { OrderedScheduler } from './ordered-scheduler.ts';
import { DEFAULT_PRIORITY, incrementalOf, NOT_ASKED, packPriority, readPriority, urgencyOf } from './priority-field.ts';
import { type Dependency, PriorityTree } from './priority-tree.ts';
import { onConnection, sizeError } from './rules.ts';
import type { Sender } from './sender.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';
import type { TreeNode } from './tree-node.ts';
import { turnOf } from './turn.ts';

/** Signals that a listener takes; "urgency" says so with SETTINGS_NO_RFC7540_PRIORITIES (RFC 9218 §2.1). */
export type Signals = 'both' | 'tree' | 'urgency';

export interface PriorityPolicy {
  readonly signals: Signals;
  /** Whether applications may look at the tree. */
  readonly tree: boolean;
}

export const DEFAULT_POLICY: PriorityPolicy = { signals: 'both', tree: true };

/** What the client asks for one stream. */
export interface Asked {
  readonly scheme: 'urgency' | 'tree' | 'none';
  readonly urgency: number;
  readonly incremental: boolean;
}

const NO_PLACE = Object.freeze({ parent: null, weight: 0 });
const NOTHING_ASKED: Asked = Object.freeze({ scheme: 'none', urgency: 3, incremental: false });

export class Priorities {
  readonly #limits: Limits;
  readonly #policy: PriorityPolicy;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #limitsKnown: () => boolean;
  /** The client's SETTINGS_NO_RFC7540_PRIORITIES; null before its first SETTINGS. */
  #withoutTree: boolean | null = null;
  #order: OrderedScheduler | null = null;
  /** Made when the client speaks of it or somebody looks at it. */
  #tree: PriorityTree | null = null;
  #treeUsed = false;
  /** Packed priorities of streams that are not open yet (RFC 9218 §7). */
  readonly #early = new Map<number, number>();

  /** `limitsKnown`: the client has acknowledged SETTINGS, so it may be held to them. */
  constructor(limits: Limits, policy: PriorityPolicy, sender: Sender, streams: Streams, limitsKnown: () => boolean) {
    this.#limits = limits;
    this.#policy = policy;
    this.#sender = sender;
    this.#streams = streams;
    this.#limitsKnown = limitsKnown;
  }

  /** The signals that count here. */
  get counting(): Signals | 'none' {
    const { signals } = this.#policy;
    if (this.#withoutTree !== true) return signals;
    return signals === 'tree' ? 'none' : 'urgency';
  }

  /** A SETTINGS frame has been applied: the first one says whether the client uses the tree, and no other may differ. */
  settle(withoutTree: boolean): void {
    this.#withoutTree ??= withoutTree;
    if (this.#withoutTree === withoutTree) return;
    const rule = 'SETTINGS_NO_RFC7540_PRIORITIES changes behind the first SETTINGS (RFC 9218 section 2.1)';
    throw connectionError('PROTOCOL_ERROR', rule);
  }

  // Streams -------------------------------------------------------------------------------------------------------

  /** A stream opens. `field` is what its `priority` field says, packed; `dependency` stood in its HEADERS. */
  open(stream: Stream, field: number, dependency: Dependency | null): void {
    this.#ask(stream, this.#early.size === 0 ? field : this.#takeEarly(stream.id, field));
    if (this.#tree === null) return;
    this.#attach(this.#tree, stream);
    if (dependency !== null && this.#treeUsed) this.#tree.place(stream.id, dependency, this.#isIdle);
  }

  /**
   * A promise reserves a stream: its node hangs below that of the stream it is promised on (RFC 7540 §5.3.5). `field` is
   * what the `priority` field of the promised request says, packed.
   */
  promise(stream: Stream, parent: number, field: number): void {
    this.#ask(stream, field);
    if (!this.treeCounts) return;
    turnOf(stream).promisedOn = parent;
    if (this.#tree !== null) this.#attach(this.#tree, stream);
  }

  #ask(stream: Stream, asked: number): void {
    if (asked === NOT_ASKED || !this.#urgencyCounts) return;
    turnOf(stream).asked = asked;
    this.#start();
  }

  #attach(tree: PriorityTree, stream: Stream): void {
    const turn = turnOf(stream);
    turn.node = turn.promisedOn === 0 ? tree.open(stream.id) : tree.promise(stream.id, turn.promisedOn);
    turn.node.turn = turn;
  }

  /** A stream is over on the wire. */
  close(stream: Stream): void {
    const node = stream.turn?.node ?? null;
    if (node === null) return;
    node.turn = null;
    this.#tree?.close(node);
  }

  /** What the client asks for a stream now. */
  of(stream: Stream): Asked {
    const { asked = NOT_ASKED, node = null } = stream.turn ?? {};
    if (asked !== NOT_ASKED) {
      return { scheme: 'urgency', urgency: urgencyOf(asked), incremental: incrementalOf(asked) };
    }
    if (!this.#treeUsed) return NOTHING_ASKED;
    const urgency = node === null ? urgencyOf(DEFAULT_PRIORITY) : urgencyOfWeight(node.weight);
    return { scheme: 'tree', urgency, incremental: true };
  }

  /** The application's word: it wins over the client's from the next frame on. */
  prioritize(stream: Stream, urgency: number, incremental: boolean): void {
    if (!stream.sending && stream.state !== 'reserved') return;
    turnOf(stream).told = packPriority(urgency, incremental);
    this.#start().reorder(stream);
  }

  // The tree ------------------------------------------------------------------------------------------------------

  /** The root; null where the signals of the tree do not count. `beside` is open and not among the streams yet. */
  root(beside: Stream | null): TreeNode | null {
    return this.#treeShown ? this.#grown(beside).root : null;
  }

  /** The node of a stream; null where there is none, or none any more. */
  node(stream: Stream): TreeNode | null {
    if (!this.#treeShown) return null;
    const tree = this.#grown(stream);
    const node = stream.turn?.node ?? null;
    return node !== null && tree.has(node) ? node : null;
  }

  /** PRIORITY, which has been checked. */
  depend(id: number, dependency: Dependency): void {
    if (!this.treeCounts) return;
    const stream = this.#streams.get(id);
    const tree = this.#grown(null);
    this.#observe(stream, () => {
      this.useTree(stream);
      tree.place(id, dependency, this.#isIdle);
    });
  }

  /** The client uses the tree: from now on it orders whoever has not asked otherwise. */
  useTree(except?: Stream): void {
    if (this.#treeUsed || !this.treeCounts) return;
    const { root } = this.#grown(null);
    this.#treeUsed = true;
    this.#start().useTree(root);
    for (const stream of this.#streams.values()) {
      if (stream !== except && stream.turn?.asked === NOT_ASKED) stream.onPriority();
    }
  }

  #grown(beside: Stream | null): PriorityTree {
    if (this.#tree === null) {
      this.#tree = new PriorityTree(this.#limits.keptNodes);
      const streams = [...this.#streams.values(), ...(beside === null ? [] : [beside])];
      // Promises behind what they were made on.
      for (const stream of streams.filter(({ promised }) => !promised)) this.#attachIfOpen(this.#tree, stream);
      for (const stream of streams) this.#attachIfOpen(this.#tree, stream);
    }
    this.#attachIfOpen(this.#tree, beside);
    return this.#tree;
  }

  #attachIfOpen(tree: PriorityTree, stream: Stream | null): void {
    if (stream === null || !(stream.receiving || stream.sending || stream.state === 'reserved')) return;
    if ((stream.turn?.node ?? null) === null) this.#attach(tree, stream);
  }

  // PRIORITY_UPDATE -----------------------------------------------------------------------------------------------

  /** The frame, RFC 9218 §7.1. A value that cannot be read is ignored. */
  update(id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('PRIORITY_UPDATE', id);
    if (end - start < 4) throw sizeError('PRIORITY_UPDATE has 4 octets and more (RFC 9218 section 7.1)');
    const prioritized = readU32(octets, start) & 0x7fffffff;
    if (prioritized === 0 || (prioritized % 2 === 0 && this.#streams.isIdle(prioritized))) {
      const rule = 'PRIORITY_UPDATE is for a stream that the client opens, or was promised (RFC 9218 section 7.1)';
      throw connectionError('PROTOCOL_ERROR', rule);
    }
    const asked = this.#urgencyCounts ? readPriority(latin1Text(octets, start + 4, end)) : NOT_ASKED;
    if (this.#streams.isIdle(prioritized)) this.#updateEarly(prioritized, asked);
    else this.#updateOpen(this.#streams.get(prioritized), asked);
  }

  #updateOpen(stream: Stream | undefined, asked: number): void {
    if (stream === undefined || asked === NOT_ASKED) return;
    this.#observe(stream, () => {
      turnOf(stream).asked = asked;
      this.#start().reorder(stream);
    });
  }

  /** Streams with a word before they open count with the open ones (RFC 9218 §7.1), once the client knows the limit. */
  #updateEarly(id: number, asked: number): void {
    if (!this.#early.has(id) && this.#countEarly() >= this.#limits.concurrentStreams) {
      if (!this.#limitsKnown()) return;
      const rule = 'PRIORITY_UPDATE for more streams than SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9218 section 7.1)';
      throw connectionError('PROTOCOL_ERROR', rule);
    }
    // A value that cannot be read changes nothing, but the stream counts all the same.
    if (asked !== NOT_ASKED || !this.#early.has(id)) this.#early.set(id, asked);
  }

  #countEarly(): number {
    for (const id of this.#early.keys()) if (!this.#streams.isIdle(id)) this.#early.delete(id);
    return this.#early.size + this.#streams.open;
  }

  #takeEarly(id: number, field: number): number {
    const early = this.#early.get(id) ?? NOT_ASKED;
    this.#early.delete(id);
    return early === NOT_ASKED ? field : early;
  }

  // Both ----------------------------------------------------------------------------------------------------------

  /** Whether the client's signals of the tree count; where they do not, they cannot be wrong either (RFC 9218 §2.1). */
  get treeCounts(): boolean {
    return this.counting === 'both' || this.counting === 'tree';
  }

  get #treeShown(): boolean {
    return this.#policy.tree && this.treeCounts;
  }

  get #urgencyCounts(): boolean {
    return this.#policy.signals !== 'tree';
  }

  readonly #isIdle = (id: number): boolean => this.#streams.isIdle(id);

  /** From the first word on, what waits is sent in order. */
  #start(): OrderedScheduler {
    if (this.#order === null) {
      this.#order = new OrderedScheduler();
      this.#sender.order(this.#order);
    }
    return this.#order;
  }

  /** Tells the stream when `act` has changed what is asked for it: by its own numbers, or by the place of its node. */
  #observe(stream: Stream | undefined, act: () => void): void {
    if (stream === undefined) {
      act();
      return;
    }
    const before = this.of(stream);
    const { parent, weight } = stream.turn?.node ?? NO_PLACE;
    act();
    const after = this.of(stream);
    const place = stream.turn?.node ?? NO_PLACE;
    const moved = this.#treeShown && (place.parent !== parent || place.weight !== weight);
    const { scheme, urgency, incremental } = after;
    const same = before.scheme === scheme && before.urgency === urgency && before.incremental === incremental;
    if (moved || !same) stream.onPriority();
  }
}

/** A hint: the heavier, the more urgent; both defaults meet. */
function urgencyOfWeight(weight: number): number {
  return Math.max(0, 7 - (31 - Math.clz32(weight)));
}
