/** Promises of the server (RFC 9113 §8.4): PUSH_PROMISE, and a stream that it reserves. */
import { MAX_WINDOW } from '../../wire/index.ts';
import type { Closing } from './closing.ts';
import type { Limits } from './limits.ts';
import type { RequestListener } from './requests.ts';
import type { FieldList } from './response-blocks.ts';
import type { Sender } from './sender.ts';
import type { PeerSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';

export class Promises {
  readonly #limits: Limits;
  readonly #listener: RequestListener;
  readonly #peer: PeerSettings;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #closing: Closing;

  constructor(
    limits: Limits,
    listener: RequestListener,
    peer: PeerSettings,
    sender: Sender,
    streams: Streams,
    closing: Closing,
  ) {
    this.#limits = limits;
    this.#listener = listener;
    this.#peer = peer;
    this.#sender = sender;
    this.#streams = streams;
    this.#closing = closing;
  }

  /** The peer takes promises, though perhaps not at this moment. */
  get taken(): boolean {
    return this.#peer.enablePush && !this.#closing.ending && this.#next <= MAX_WINDOW;
  }

  /** A reserved stream, its promise in the output; null, without an effect, where none may be made. */
  make(parent: Stream, section: FieldList): Stream | null {
    // Only a stream of the peer's that is open to it carries promises (RFC 9113 §6.6, §8.4).
    const carries = parent.sending && !parent.promised;
    if (!carries || !this.taken || !this.#hasRoom() || !this.#sender.takes) return null;
    const stream = this.#listener.open(this.#next, 0, this.#peer.initialWindowSize);
    this.#sender.promise(parent, stream, section);
    this.#streams.highestPromised = stream.id;
    this.#streams.promised += 1;
    this.#streams.store(stream);
    return stream;
  }

  get #next(): number {
    return this.#streams.highestPromised + 2;
  }

  /** Reserved streams do not count for the peer (RFC 9113 §5.1.2); here they do, or a promise could have to wait for room. */
  #hasRoom(): boolean {
    return this.#streams.promised < Math.min(this.#peer.maxConcurrentStreams, this.#limits.promisedStreams);
  }
}
