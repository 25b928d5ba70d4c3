/**
 * The streams of one connection (RFC 9113 §5): those that are open, what is remembered of the others, and how each comes
 * to its end. A stream that is answered at once is never stored.
 */
import { ERROR_CODE, FRAME_TYPE } from '../../wire/index.ts';
import { ClosedStreams } from './closed-streams.ts';
import type { Sender } from './sender.ts';
import type { Party, Stream } from './stream.ts';
import { type Input, next, type State } from './stream-state.ts';

export class Streams {
  /** The highest stream of the peer that was taken up. */
  highest = 0;
  /** The highest stream that was promised to the peer. */
  highestPromised = 0;
  /** Exchanges of the peer, which count against our limit, and promised ones, which count against the peer's. */
  active = 0;
  promised = 0;
  /** The final GOAWAY is out: frames of streams above `highest` are dropped (RFC 9113 §6.8). */
  final = false;
  /** Told of streams that are over on the wire and whose priority something was said about. */
  over: (stream: Stream) => void = () => {};
  readonly #stored = new Map<number, Stream>();
  /** Over on the wire, with a response that its application has not ended. */
  readonly #unended = new Set<Stream>();
  readonly #closed: ClosedStreams;
  readonly #sender: Sender;
  readonly #announce: () => void;
  readonly #emptied: () => void;

  /** `remembered`: resets kept in mind; `announce` tells of output; `emptied` is called when no exchange is left. */
  constructor(sender: Sender, remembered: number, announce: () => void, emptied: () => void) {
    this.#sender = sender;
    this.#closed = new ClosedStreams(remembered);
    this.#announce = announce;
    this.#emptied = emptied;
  }

  /** Exchanges of either kind. */
  get exchanges(): number {
    return this.active + this.promised;
  }

  get(id: number): Stream | undefined {
    return this.#stored.get(id);
  }

  /** Streams of the peer that are open or half-closed. */
  get open(): number {
    let open = 0;
    for (const id of this.#stored.keys()) if (id % 2 !== 0) open += 1;
    return open;
  }

  values(): IterableIterator<Stream> {
    return this.#stored.values();
  }

  /** Those that run, on the wire or here. */
  running(): readonly Stream[] {
    const here = [...this.#unended].filter(({ unended }) => unended);
    return [...this.#stored.values(), ...here];
  }

  /** The peer has used `id`, above all before; the ids between are passed over (RFC 9113 §5.1.1). */
  raise(id: number): void {
    if (id > this.highest + 2) this.#closed.addSkipped(this.highest + 1, id - 1);
    this.highest = id;
  }

  store(stream: Stream): void {
    if (stream.state === 'closed' || stream.state === 'reset') return;
    this.#stored.set(stream.id, stream);
    stream.stored = true;
  }

  /** The state after an input, for a stream that may have left the table long ago or never been in it. */
  step(stream: Stream | undefined, id: number, input: Input): State | 'drop' {
    return next(stream === undefined ? this.#stateOf(id) : stream.state, input, id);
  }

  /** Nobody has opened the stream: RST_STREAM may not be sent for it (RFC 9113 §5.1). */
  isIdle(id: number): boolean {
    return id > (id % 2 === 0 ? this.highestPromised : this.highest);
  }

  #stateOf(id: number): State {
    if (this.isIdle(id)) return this.final && id % 2 !== 0 ? 'reset' : 'idle';
    return this.#closed.how(id);
  }

  /** RST_STREAM of ours is on its way, or has been: one is enough. */
  wasReset(id: number): boolean {
    return this.#closed.how(id) === 'reset';
  }

  /** RST_STREAM for a stream that is not stored. */
  refuse(id: number, code: number): void {
    this.#sender.output.replies += 1;
    this.#sender.output.word(FRAME_TYPE.RST_STREAM, id, code);
    this.#closed.addReset(id);
  }

  /** Ends a stream with RST_STREAM. */
  abandon(stream: Stream, code: number, by: Party, rule: string): void {
    this.refuse(stream.id, code);
    stream.state = 'reset';
    this.lose(stream, code, by, rule);
  }

  /** The exchange has failed; it counts until its application has settled. */
  lose(stream: Stream, code: number, by: Party, rule: string): void {
    this.#unended.delete(stream);
    if (stream.stored) this.#stored.delete(stream.id);
    stream.failed = true;
    this.#sender.drop(stream);
    if (stream.turn !== null) this.over(stream);
    stream.onFail(code, by, rule);
    stream.onClosed();
    if (!stream.held) this.#leave(stream);
  }

  /** The peer has not processed the promises above `last`, and never will (RFC 9113 §6.8). */
  losePromises(last: number): void {
    for (const stream of [...this.#stored.values()]) {
      if (!stream.promised || stream.id <= last) continue;
      stream.state = 'closed';
      this.lose(stream, ERROR_CODE.REFUSED_STREAM, 'peer', 'the peer has gone before it saw the promise');
    }
  }

  /** Every stream is lost, without a word to the peer. */
  loseAll(code: number, by: Party, rule: string): void {
    for (const stream of this.running()) {
      stream.state = 'closed';
      this.lose(stream, code, by, rule);
    }
  }

  /** END_STREAM of the response has been handed on. */
  responseEnded(stream: Stream): void {
    stream.onComplete();
    if (stream.state === 'halfClosedLocal' && stream.stopped) this.#stopNow(stream);
    else if (stream.state === 'closed') this.finish(stream);
  }

  /** Nobody will read the rest of the request: once the response is out, the peer may stop sending. */
  stop(stream: Stream): void {
    stream.stopped = true;
    if (stream.state === 'halfClosedLocal') this.#stopNow(stream);
  }

  /** NO_ERROR behind a whole response: the client keeps what it has got (RFC 9113 §8.1). */
  #stopNow(stream: Stream): void {
    this.refuse(stream.id, ERROR_CODE.NO_ERROR);
    stream.state = 'reset';
    this.finish(stream);
    this.#announce();
  }

  /** Both halves are over, in good order. */
  finish(stream: Stream): void {
    if (stream.stored) this.#stored.delete(stream.id);
    if (stream.turn !== null) this.over(stream);
    stream.onClosed();
    if (!stream.held) this.#leave(stream);
    else if (stream.unended) this.#unended.add(stream);
  }

  /** A stream that is over on the wire, but was held, is done with. */
  release(stream: Stream): void {
    if (!stream.held) return;
    this.#unended.delete(stream);
    stream.held = false;
    this.#leave(stream);
  }

  #leave(stream: Stream): void {
    if (stream.promised) this.promised -= 1;
    else this.active -= 1;
    if (this.exchanges === 0) this.#emptied();
  }
}
