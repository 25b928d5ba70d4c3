/** Flow control (RFC 9113 §5.2, §6.9): the windows of the connection and of its streams, both ways. */
import { DEFAULT_WINDOW, FRAME_TYPE, MAX_WINDOW } from '../../wire/index.ts';
import { connectionError, streamError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Sender } from './sender.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';
import { grown, ReceiptWindow, room } from './windows.ts';

const TOO_LARGE = 'a window above 2^31-1 (RFC 9113 section 6.9.1)';

export class FlowControl {
  /** SETTINGS of this side has been acknowledged. */
  acknowledged = false;
  readonly #initial: number;
  readonly #receipt: ReceiptWindow;
  readonly #sender: Sender;
  readonly #streams: Streams;

  constructor(limits: Limits, sender: Sender, streams: Streams) {
    this.#initial = limits.initialWindow;
    this.#receipt = new ReceiptWindow(limits.connectionWindow, DEFAULT_WINDOW);
    this.#sender = sender;
    this.#streams = streams;
  }

  /** What a new stream may receive: until the acknowledgement the peer may not know our value (§6.9.2). */
  get initial(): number {
    return this.acknowledged ? this.#initial : Math.max(this.#initial, DEFAULT_WINDOW);
  }

  /**
   * What the peer may still send by our initial window and the grants, below zero while it does not know the former: before
   * the acknowledgement `receiveWindow` has what it may send in good faith.
   */
  allowance(stream: Stream): number {
    return stream.receiveWindow - (this.acknowledged ? 0 : Math.max(0, DEFAULT_WINDOW - this.#initial));
  }

  /** From here on the peer keeps to our initial window (§6.9.2, §6.5.3). */
  acknowledge(): void {
    if (this.acknowledged) return;
    this.acknowledged = true;
    const by = Math.min(0, this.#initial - DEFAULT_WINDOW);
    for (const stream of this.#streams.values()) stream.receiveWindow += by;
  }

  /** Gives the connection's window back as far as it is time to. */
  returnReceipt(): void {
    const increment = this.#receipt.due();
    if (increment > 0) this.#sender.output.word(FRAME_TYPE.WINDOW_UPDATE, 0, increment);
  }

  /** Octets of DATA, padding and all, of whatever stream. */
  receiveOnConnection(octets: number): void {
    if (!this.#receipt.take(octets)) {
      throw connectionError('FLOW_CONTROL_ERROR', 'DATA beyond the window of the connection (RFC 9113 section 6.9.1)');
    }
    this.returnReceipt();
  }

  receiveOnStream(stream: Stream, octets: number): void {
    stream.receiveWindow -= octets;
    if (stream.receiveWindow >= 0 || octets === 0) return;
    throw streamError('FLOW_CONTROL_ERROR', stream.id, 'DATA beyond the window of its stream (RFC 9113 section 6.9.1)');
  }

  /** Lets the peer send `octets` more on a stream; the sum stops at 2^31−1. Says whether there is output for it. */
  grant(stream: Stream, octets: number): boolean {
    const increment = Math.min(octets, room(stream.receiveWindow), MAX_WINDOW);
    if (increment <= 0) return false;
    stream.receiveWindow += increment;
    if (!stream.receiving) return false;
    this.#sender.output.word(FRAME_TYPE.WINDOW_UPDATE, stream.id, increment);
    return true;
  }

  /** WINDOW_UPDATE on stream 0. */
  openConnection(increment: number): void {
    if (increment === 0) throw connectionError('PROTOCOL_ERROR', 'WINDOW_UPDATE of 0 (RFC 9113 section 6.9)');
    const window = grown(this.#sender.window, increment);
    if (window === null) throw connectionError('FLOW_CONTROL_ERROR', TOO_LARGE);
    this.#sender.window = window;
    this.#sender.pump();
    this.progress();
  }

  /** WINDOW_UPDATE on a stream. */
  openStream(id: number, increment: number): void {
    const stream = this.#streams.get(id);
    if (this.#streams.step(stream, id, 'receiveWindowUpdate') === 'drop' || stream === undefined) return;
    if (increment === 0) throw streamError('PROTOCOL_ERROR', id, 'WINDOW_UPDATE of 0 (RFC 9113 section 6.9)');
    const window = grown(stream.sendWindow, increment);
    if (window === null) throw streamError('FLOW_CONTROL_ERROR', id, TOO_LARGE);
    stream.sendWindow = window;
    this.#sender.schedule(stream);
    stream.onProgress();
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE of the peer has changed by so much (§6.9.2). */
  shift(by: number): void {
    for (const stream of this.#streams.values()) {
      const window = grown(stream.sendWindow, by);
      if (window === null) {
        throw connectionError(
          'FLOW_CONTROL_ERROR',
          'SETTINGS_INITIAL_WINDOW_SIZE takes a window above 2^31-1 (RFC 9113 section 6.9.2)',
        );
      }
      stream.sendWindow = window;
      this.#sender.schedule(stream);
      if (by > 0) stream.onProgress();
    }
  }

  /** There may be room for whoever waits. */
  progress(): void {
    for (const stream of this.#streams.values()) if (stream.sending) stream.onProgress();
  }
}
