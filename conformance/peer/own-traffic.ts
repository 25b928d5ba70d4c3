/**
 * The kit's own traffic: an illegal frame that a case did not mean to send is a fault of the kit (KIT rule 8). What a case
 * sends on purpose goes through Peer.violate and is not held against this.
 */
import {
  DEFAULT_WINDOW,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frameTypeName,
  MAX_WINDOW,
  MIN_MAX_FRAME_SIZE,
  parsePayload,
} from '../../wire/index.ts';
import { KitError, NotApplicable } from '../outcome.ts';
import type { Ledger } from './ledger.ts';

/** Streams at once that a server should allow at least (RFC 9113 §6.5.2). */
const USUAL_STREAMS = 100;

const ON_CONNECTION = new Set<number>([
  FRAME_TYPE.SETTINGS,
  FRAME_TYPE.PING,
  FRAME_TYPE.GOAWAY,
  FRAME_TYPE.PRIORITY_UPDATE,
]);
const ON_STREAM = new Set<number>([
  FRAME_TYPE.DATA,
  FRAME_TYPE.HEADERS,
  FRAME_TYPE.PRIORITY,
  FRAME_TYPE.RST_STREAM,
  FRAME_TYPE.CONTINUATION,
]);

export class OwnTraffic {
  readonly #ledger: Ledger;
  #block = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A field block of the kit's is open, legal or not. */
  get inBlock(): boolean {
    return this.#block !== 0;
  }

  /**
   * Throws KitError where a sound client would not send the frame now, and NotApplicable where it is a limit of the subject's
   * own that forbids it, lower than usual: it may be as low as it likes, and is nobody's fault.
   */
  check(frame: Frame): void {
    const refuse = (why: string): never => {
      throw new KitError(
        `the kit would send ${frameTypeName(frame.type)} on stream ${frame.stream}: ${why}`,
        'own-traffic',
      );
    };
    const payload = parsePayload(frame);
    if (payload.type === 'malformed') refuse(payload.why);
    if (frame.reserved) refuse('the reserved bit is set');
    // A limit that no server may set (RFC 9113 §6.5.2) is for the passive checks to tell, and binds nobody.
    if (frame.payload.length > Math.max(MIN_MAX_FRAME_SIZE, this.#ledger.setting('theirs', 'MAX_FRAME_SIZE')))
      refuse('larger than SETTINGS_MAX_FRAME_SIZE');
    if (ON_CONNECTION.has(frame.type) && frame.stream !== 0) refuse('belongs on stream 0');
    if (ON_STREAM.has(frame.type) && frame.stream === 0) refuse('belongs on a stream');
    if (this.#block !== 0 && (frame.type !== FRAME_TYPE.CONTINUATION || frame.stream !== this.#block))
      refuse('inside a field block');
    if (this.#block === 0 && frame.type === FRAME_TYPE.CONTINUATION) refuse('no field block is open');
    this.#streams(frame, refuse);
    if (payload.type === 'WINDOW_UPDATE') this.#credit(frame.stream, payload.increment, refuse);
    this.#room(frame, refuse);
  }

  /** Follows field blocks, legal or not: a case may leave one open on purpose. */
  sent(frame: Frame): void {
    if (frame.type === FRAME_TYPE.HEADERS || frame.type === FRAME_TYPE.CONTINUATION) {
      this.#block = frame.flags & FLAG.END_HEADERS ? 0 : frame.stream;
    }
  }

  #streams(frame: Frame, refuse: (why: string) => never): void {
    const stream = this.#ledger.stream(frame.stream);
    switch (frame.type) {
      case FRAME_TYPE.HEADERS:
        if (stream === undefined) this.#newStream(frame, refuse);
        else if (stream.sentEnd || stream.sentReset) refuse('the kit has ended this stream');
        else if (!(frame.flags & FLAG.END_STREAM)) refuse('trailers carry END_STREAM');
        break;
      case FRAME_TYPE.DATA:
        if (stream === undefined || stream.sentEnd || stream.sentReset) {
          refuse('the stream is not open');
          break;
        }
        break;
      case FRAME_TYPE.RST_STREAM:
        if (stream === undefined) refuse('the stream is idle');
        break;
      default:
    }
  }

  #newStream(frame: Frame, refuse: (why: string) => never): void {
    if (frame.stream % 2 === 0) refuse('clients open odd streams');
    if (frame.stream <= this.#ledger.highestSent) refuse('stream identifiers grow');
  }

  /** The subject has room for the frame: for a stream more, or for so many octets. */
  #room({ type, stream: id, payload }: Frame, refuse: (why: string) => never): void {
    const stream = this.#ledger.stream(id);
    const most = this.#ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
    if (type === FRAME_TYPE.HEADERS && stream === undefined && this.#ledger.activeStreams >= most) {
      const why = `the server allows ${most} streams at once, and the case needs one more`;
      if (most < USUAL_STREAMS) throw new NotApplicable(why);
      refuse(why);
    }
    if (type !== FRAME_TYPE.DATA || stream === undefined) return;
    const window = Math.min(stream.sendWindow, this.#ledger.sendWindow);
    if (payload.length <= window) return;
    const why = `the server's windows have room for ${window} octets where the case sends ${payload.length}`;
    if (this.#ledger.setting('theirs', 'INITIAL_WINDOW_SIZE') < DEFAULT_WINDOW) throw new NotApplicable(why);
    refuse(why);
  }

  #credit(id: number, increment: number, refuse: (why: string) => never): void {
    const window = id === 0 ? this.#ledger.receiveWindow : this.#ledger.stream(id)?.receiveWindow;
    if (window === undefined) {
      refuse('the stream is idle');
      return;
    }
    if (increment === 0) refuse('an increment of 0');
    if (window + increment > MAX_WINDOW) refuse('the window would pass 2^31-1');
  }
}
