/** Counts what a peer can make a server do for nothing (RFC 9113 §10.5), and ends the connection with ENHANCE_YOUR_CALM. */
import { connectionError, type Http2Error } from './errors.ts';
import { Budget, type Limits } from './limits.ts';
import type { Output } from './output.ts';

export class Floods {
  /** The time of the octets under way, milliseconds. */
  now = 0;
  readonly #most: number;
  readonly #output: Output;
  readonly #peerResets: Budget;
  readonly #provokedResets: Budget;
  readonly #idleFrames: Budget;

  constructor(limits: Limits, output: Output) {
    this.#most = limits.replies;
    this.#output = output;
    this.#peerResets = new Budget(limits.peerResets);
    this.#provokedResets = new Budget(limits.provokedResets);
    this.#idleFrames = new Budget(limits.idleFrames);
  }

  /** A frame that carries nothing. */
  countIdle(what: string): void {
    if (this.#idleFrames.take(this.now)) return;
    throw connectionError('ENHANCE_YOUR_CALM', `too many frames without effect: ${what} (RFC 9113 section 10.5)`);
  }

  /** An acknowledgement that is about to be sent. */
  countReply(): void {
    this.#output.replies += 1;
    if (this.#output.replies <= this.#most) return;
    throw connectionError('ENHANCE_YOUR_CALM', 'replies are asked for and not read (RFC 9113 section 10.5)');
  }

  /** RST_STREAM of the peer. */
  countPeerReset(): void {
    if (this.#peerResets.take(this.now)) return;
    throw connectionError('ENHANCE_YOUR_CALM', 'too many requests taken back (RFC 9113 section 10.5)');
  }

  /**
   * Whether one more stream in error is borne. Refusals over the limit of streams are counted as replies only: a polite
   * client's first flight may hold many.
   */
  bears(error: Http2Error): boolean {
    if (this.#output.replies >= this.#most) return false;
    return error.code === 'REFUSED_STREAM' || this.#provokedResets.take(this.now);
  }
}
