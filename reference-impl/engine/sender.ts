/** The sending half of a connection: heads at once, content as both windows, the peer's frame size and the transport allow. */
import { DEFAULT_WINDOW, FLAG, FRAME_TYPE, MIN_MAX_FRAME_SIZE } from '../../wire/index.ts';
import type { Limits } from './limits.ts';
import { type Allocate, Output } from './output.ts';
import { type FieldList, ResponseBlocks } from './response-blocks.ts';
import { roundRobin, type Scheduler } from './scheduler.ts';
import type { Stream } from './stream.ts';
import { next } from './stream-state.ts';

/** Largest payload used, whatever the peer allows: a larger frame holds the others back for longer. */
const FRAME = MIN_MAX_FRAME_SIZE;

export class Sender {
  readonly output: Output;
  readonly blocks: ResponseBlocks;
  #scheduler: Scheduler = roundRobin();
  /** Streams that have an end to send and no content: it costs no window, and holds nobody up. */
  readonly #ends: Scheduler = roundRobin();
  #mark: number;
  readonly #orderedMark: number;
  /** Somebody has spoken of priority: content waits for its turn, however short it is. */
  #ordered = false;
  readonly #ended: (stream: Stream) => void;
  /** The connection's window for what is sent (RFC 9113 §6.9.1). */
  window = DEFAULT_WINDOW;
  /** The transport takes more; its owner says so. */
  writable = true;

  /** `ended` is called when the END_STREAM of a stream has been handed on. */
  constructor(limits: Limits, ended: (stream: Stream) => void, allocate?: Allocate) {
    this.output = new Output(allocate);
    this.blocks = new ResponseBlocks(limits.encoderTable);
    this.#mark = limits.outputMark;
    this.#orderedMark = Math.min(limits.outputMark, limits.orderedOutputMark);
    this.#ended = ended;
  }

  /** From now on `scheduler` says who is next; whoever waits is handed over. */
  order(scheduler: Scheduler): void {
    const before = this.#scheduler;
    this.#scheduler = scheduler;
    this.#mark = this.#orderedMark;
    this.#ordered = true;
    for (let stream = before.next(); stream !== undefined; stream = before.next()) this.schedule(stream);
  }

  /** Somebody was told that there is no room because of the transport: to be told again when there is. */
  starved = false;

  /** Octets that a stream could hand on now. */
  room(stream: Stream): number {
    if (!stream.sending && stream.state !== 'reserved') return 0;
    if (!this.takes) {
      this.starved = true;
      return 0;
    }
    return Math.max(0, Math.min(stream.sendWindow, this.window, this.#mark - this.output.length) - stream.queued);
  }

  /** An interim response (RFC 9113 §8.1): HEADERS that end nothing. */
  interim(stream: Stream, block: Uint8Array): void {
    stream.state = next(stream.state, 'sendHeaders', stream.id) as Stream['state'];
    this.output.fieldBlock(stream.id, block, false, FRAME);
  }

  /** PUSH_PROMISE on the stream of the request that it belongs to (RFC 9113 §8.4.1). */
  promise(parent: Stream, promised: Stream, section: FieldList): void {
    parent.state = next(parent.state, 'sendPromise', parent.id) as Stream['state'];
    promised.state = next(promised.state, 'sendPromise', promised.id) as Stream['state'];
    this.output.promise(parent.id, promised.id, this.blocks.section(section), FRAME);
  }

  /** A response head with its block; `endStream` where no content follows. */
  head(stream: Stream, block: Uint8Array, endStream: boolean): void {
    stream.state = next(stream.state, 'sendHeaders', stream.id) as Stream['state'];
    this.output.fieldBlock(stream.id, block, endStream, FRAME);
    if (endStream) this.#end(stream);
  }

  /** The whole content of a response, its last: straight to the output where that is possible. */
  content(stream: Stream, octets: Uint8Array): void {
    const { length } = octets;
    const fits = length <= FRAME && length <= stream.sendWindow && length <= this.window;
    if (fits && !this.#ordered && this.takes) {
      this.output.header(length, FRAME_TYPE.DATA, FLAG.END_STREAM, stream.id);
      this.output.octets(octets);
      stream.sendWindow -= length;
      this.window -= length;
      this.#end(stream);
      return;
    }
    stream.endDue = true;
    this.queue(stream, octets);
  }

  /** Content to send when it may be; call `pump` after. */
  queue(stream: Stream, octets: Uint8Array): void {
    stream.queue ??= [];
    stream.queue.push(octets);
    stream.queued += octets.length;
    this.schedule(stream);
  }

  /**
   * Whatever `write` queues of these octets on a stream is in the output, or a copy, when it returns: their memory is about
   * to be written again. One copy to slabs that are there costs less than memory of its own for each read of a pipe.
   */
  lend<T>(stream: Stream, octets: Uint8Array, write: () => T): T {
    this.output.copies = true;
    try {
      return write();
    } finally {
      this.output.copies = false;
      const { queue } = stream;
      if (queue?.at(-1) === octets) queue[queue.length - 1] = octets.slice();
    }
  }

  /** END_STREAM behind what is queued. `trailers` null or empty: on the last DATA frame. */
  finish(stream: Stream, trailers: FieldList | null): void {
    stream.endDue = true;
    stream.trailers = trailers !== null && trailers.length > 0 ? trailers : null;
    this.schedule(stream);
  }

  /** To be called whenever a stream may have become able to send. */
  schedule(stream: Stream): void {
    if (!stream.sending) return;
    if (stream.queued === 0) {
      if (stream.endDue) this.#ends.add(stream);
    } else if (stream.sendWindow > 0) {
      this.#scheduler.add(stream);
    }
  }

  /** Moves content to the output until that is full, nothing is left or the connection's window is used up. */
  pump(): void {
    while (this.takes) {
      const stream = this.#ends.next() ?? (this.window > 0 ? this.#scheduler.next() : undefined);
      if (stream === undefined) break;
      if (!stream.sending) continue;
      this.#frame(stream);
      this.schedule(stream);
      stream.onProgress();
    }
  }

  /** Drops what a stream had to send. */
  drop(stream: Stream): void {
    this.#scheduler.remove(stream);
    stream.queue = null;
    stream.offset = 0;
    stream.dropped += stream.queued;
    stream.queued = 0;
    stream.endDue = false;
  }

  /** The transport takes more, and the output is below its mark. */
  get takes(): boolean {
    return this.writable && this.output.length < this.#mark;
  }

  #frame(stream: Stream): void {
    if (stream.queued === 0) {
      if (stream.endDue) this.#last(stream);
      return;
    }
    const most = Math.min(FRAME, stream.sendWindow, this.window);
    if (most <= 0) return;
    const queue = stream.queue as Uint8Array[];
    const first = queue[0] as Uint8Array;
    const from = stream.offset;
    const to = Math.min(from + most, first.length);
    const octets = to - from === first.length ? first : first.subarray(from, to);
    stream.offset = to === first.length ? 0 : to;
    if (to === first.length) queue.shift();
    stream.queued -= octets.length;
    stream.sendWindow -= octets.length;
    this.window -= octets.length;
    const last = stream.queued === 0 && stream.endDue && stream.trailers === null;
    this.output.header(octets.length, FRAME_TYPE.DATA, last ? FLAG.END_STREAM : 0, stream.id);
    this.output.octets(octets);
    if (last) this.#end(stream);
  }

  #last(stream: Stream): void {
    if (stream.trailers === null) this.output.header(0, FRAME_TYPE.DATA, FLAG.END_STREAM, stream.id);
    else this.output.fieldBlock(stream.id, this.blocks.section(stream.trailers), true, FRAME);
    this.#end(stream);
  }

  #end(stream: Stream): void {
    stream.state = next(stream.state, 'sendEnd', stream.id) as Stream['state'];
    stream.endDue = false;
    this.#ended(stream);
  }
}
