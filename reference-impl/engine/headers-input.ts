/** HEADERS and CONTINUATION (RFC 9113 §6.2, §6.10) as they come: cut out of their frames and put together. */
import { concat, FLAG } from '../../wire/index.ts';
import { connectionError } from './errors.ts';
import type { Floods } from './floods.ts';
import type { Limits } from './limits.ts';
import { type Dependency, readDependency } from './priority-tree.ts';
import { onStream, padding } from './rules.ts';

/** Takes one whole field block, from `start` to `end`. */
export type DeliverBlock = (
  stream: number,
  endStream: boolean,
  /** The priority of the frame (RFC 7540 §5.3); null where it has none. */
  dependency: Dependency | null,
  octets: Uint8Array,
  start: number,
  end: number,
) => void;

/** A field block that spans frames (RFC 9113 §4.3). */
interface OpenBlock {
  readonly stream: number;
  readonly endStream: boolean;
  readonly dependency: Dependency | null;
  readonly parts: Uint8Array[];
  octets: number;
  continuations: number;
}

export class HeadersInput {
  readonly #limits: Limits;
  readonly #floods: Floods;
  readonly #deliver: DeliverBlock;
  #open: OpenBlock | null = null;

  constructor(limits: Limits, floods: Floods, deliver: DeliverBlock) {
    this.#limits = limits;
    this.#floods = floods;
    this.#deliver = deliver;
  }

  /** The stream whose block has not ended, 0 for none: only its CONTINUATION may come. */
  get open(): number {
    return this.#open === null ? 0 : this.#open.stream;
  }

  headers(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('HEADERS', id);
    let from = start;
    let to = end;
    let dependency: Dependency | null = null;
    if (flags & FLAG.PADDED) {
      to = end - padding(octets, start, end, flags & FLAG.PRIORITY ? 5 : 0);
      from += 1;
    } else if (flags & FLAG.PRIORITY && end - start < 5) {
      throw connectionError('FRAME_SIZE_ERROR', 'HEADERS is too short for its priority (RFC 9113 section 6.2)');
    }
    if (flags & FLAG.PRIORITY) {
      dependency = readDependency(octets, from);
      from += 5;
    }
    if (id % 2 === 0) {
      throw connectionError('PROTOCOL_ERROR', 'a client opens streams of odd numbers (RFC 9113 section 5.1.1)');
    }
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    if (flags & FLAG.END_HEADERS) {
      this.#deliver(id, endStream, dependency, octets, from, to);
      return;
    }
    const parts = [octets.subarray(from, to)];
    this.#open = { stream: id, endStream, dependency, parts, octets: to - from, continuations: 0 };
    if (from === to) this.#floods.countIdle('empty HEADERS');
  }

  continuation(flags: number, octets: Uint8Array, start: number, end: number): void {
    const block = this.#open;
    if (block === null) {
      throw connectionError('PROTOCOL_ERROR', 'CONTINUATION continues no field block (RFC 9113 section 6.10)');
    }
    block.parts.push(octets.subarray(start, end));
    block.octets += end - start;
    block.continuations += 1;
    if (block.octets > this.#limits.fieldBlock || block.continuations > this.#limits.continuations) {
      throw connectionError('ENHANCE_YOUR_CALM', 'a field block without end (RFC 9113 section 10.5.1)');
    }
    if ((flags & FLAG.END_HEADERS) === 0) return;
    this.#open = null;
    const whole = concat(block.parts);
    this.#deliver(block.stream, block.endStream, block.dependency, whole, 0, whole.length);
  }
}
