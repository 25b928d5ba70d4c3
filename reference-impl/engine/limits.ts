/**
 * Every limit of the engine: nothing that a peer can make grow is without a line here (RFC 9113 §10.5).
 * Beyond `replies` and the budgets the peer is told ENHANCE_YOUR_CALM; the other lines name what happens.
 *
 * What is measured in time is with the options of the server, since the engine has no timers: `prefaceTimeout`,
 * `settingsTimeout`, `sendTimeout` (a send that is blocked), `receiveTimeout` (a frame, a field block or content that comes
 * slowly) and `idleTimeout`. An error of the connection, by whichever of them, is a line of `msgi serve --log`.
 */

/** An allowance of events: `burst` at once, refilled by `perSecond`. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Limits {
  /** SETTINGS_MAX_CONCURRENT_STREAMS; one more is refused with REFUSED_STREAM (§5.1.2). */
  readonly concurrentStreams: number;
  /** Promised exchanges at once, besides SETTINGS_MAX_CONCURRENT_STREAMS of the peer; `push` gives false beyond (§5.1.2). */
  readonly promisedStreams: number;
  /** SETTINGS_INITIAL_WINDOW_SIZE, octets, 0 … 2^31−1: what one request may have unread here, in at most four times the memory. */
  readonly initialWindow: number;
  /** Receive window of the connection, octets, at least 65,535; returned on receipt, so it bounds no memory. */
  readonly connectionWindow: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE, octets as §6.5.2 counts them; 431 above it, a stream error for trailers. */
  readonly headerListSize: number;
  /** Field lines of one section; beyond it as beyond headerListSize. */
  readonly fieldLines: number;
  /** Octets of one compressed field block, over all its frames (§10.5.1). */
  readonly fieldBlock: number;
  /** CONTINUATION frames of one field block, however small they are. */
  readonly continuations: number;
  /** SETTINGS_HEADER_TABLE_SIZE of the decoder, octets. */
  readonly headerTable: number;
  /** The largest table that the encoder keeps, whatever the peer allows, octets. */
  readonly encoderTable: number;
  /** Frames owed to the peer (acknowledgements, RST_STREAM) that the transport has not taken yet. */
  readonly replies: number;
  /** RST_STREAM from the peer: work asked for and thrown away ("rapid reset"). */
  readonly peerResets: Allowance;
  /** Stream errors that the peer provokes: the same attack with our RST_STREAM ("MadeYouReset"). */
  readonly provokedResets: Allowance;
  /** Frames that carry nothing: empty DATA and fragments without an end, PRIORITY, PRIORITY_UPDATE, SETTINGS. */
  readonly idleFrames: Allowance;
  /** Streams of ours that are remembered as reset, so that late frames are dropped and not answered. */
  readonly rememberedResets: number;
  /** Octets handed to the transport before the engine waits for it: a PING is answered behind no more than this. */
  readonly outputMark: number;
  /**
   * The same once somebody has spoken of priority: what is in the output goes out in the order in which it came there, so a
   * change of priority takes effect behind no more than this, and behind what the transport keeps itself.
   */
  readonly orderedOutputMark: number;
  /** Nodes of idle and closed streams in the priority tree; the one that was named longest ago goes (RFC 7540 §5.3.4). */
  readonly keptNodes: number;
}

export const DEFAULT_LIMITS: Limits = {
  concurrentStreams: 100,
  promisedStreams: 100,
  initialWindow: 262_144,
  connectionWindow: 1_048_576,
  headerListSize: 65_536,
  fieldLines: 512,
  fieldBlock: 131_072,
  continuations: 128,
  headerTable: 4096,
  encoderTable: 4096,
  replies: 10_000,
  peerResets: { burst: 400, perSecond: 100 },
  provokedResets: { burst: 400, perSecond: 100 },
  idleFrames: { burst: 2000, perSecond: 500 },
  rememberedResets: 1000,
  outputMark: 524_288,
  orderedOutputMark: 65_536,
  keptNodes: 100,
};

/** Counts events against an allowance. */
export class Budget {
  readonly #allowance: Allowance;
  #left: number;
  #since = 0;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
    this.#left = allowance.burst;
  }

  /** Takes one at `now` (milliseconds, any origin that does not go back); false when there is none left. */
  take(now: number): boolean {
    if (this.#left < 1) {
      const earned = ((now - this.#since) * this.#allowance.perSecond) / 1000;
      this.#left = Math.min(this.#allowance.burst, this.#left + earned);
      this.#since = now;
      if (this.#left < 1) return false;
    } else if (this.#left === this.#allowance.burst) {
      this.#since = now;
    }
    this.#left -= 1;
    return true;
  }
}
