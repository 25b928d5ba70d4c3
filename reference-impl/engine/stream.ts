/**
 * One stream: its state, its two windows, and what waits to be sent. Whoever serves requests extends it with what is to
 * happen: an object fewer for each request than a listener beside it.
 */
import type { State } from './stream-state.ts';
import type { Turn } from './turn.ts';

/** At whose door an end lies. */
export type Party = 'peer' | 'app' | 'server' | 'transport';

/** How a stream that is no more in the table came to its end. */
export type Ended = 'closed' | 'reset' | 'skipped';

export abstract class Stream {
  readonly id: number;
  state: State = 'idle';

  /** Octets the peer may still send; negative after a smaller SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.9.2). */
  receiveWindow: number;
  /** Octets that may still be sent. */
  sendWindow: number;

  /** The declared length of the request, −1 where none was, and the octets of content so far. */
  contentLength = -1;
  received = 0;

  /** Content that waits for a window or for the transport; null until some had to. */
  queue: Uint8Array[] | null = null;
  queued = 0;
  /** Octets of the first piece of the queue that were sent: cheaper than a view of the rest for each frame. */
  offset = 0;
  /** Octets of content that were queued and are never sent. */
  dropped = 0;
  /** END_STREAM is due when the queue is empty, behind this trailer section where it is not null. */
  endDue = false;
  trailers: readonly string[] | null = null;
  /** Stands in the scheduler, and in the connection's table. */
  scheduled = false;
  stored = false;
  /** What was said about its priority; null where nothing was. */
  turn: Turn | null = null;

  /** DATA is another protocol's: no field section may follow (RFC 9113 §8.5). */
  tunnel = false;

  failed = false;
  /**
   * Over on the wire, but the exchange still costs something (content that nobody has read, an application that runs on
   * after a failure): it counts against the limit of streams until it is released. To be set by `onClosed`.
   */
  held = false;
  /** The response is out, for it has no content, but the application has not ended it: it can still fail. */
  unended = false;
  /** RST_STREAM(NO_ERROR) follows the END_STREAM of the response: nobody reads the rest of the request. */
  stopped = false;

  constructor(id: number, receiveWindow: number, sendWindow: number) {
    this.id = id;
    this.receiveWindow = receiveWindow;
    this.sendWindow = sendWindow;
  }

  /** Content, at least one octet: a view that stays good. */
  abstract onData(octets: Uint8Array): void;
  /** The request is whole. `trailers`: flat, possibly empty. */
  abstract onEnd(trailers: readonly string[]): void;
  /** The exchange has failed: nothing more is received or sent. */
  abstract onFail(code: number, by: Party, rule: string): void;
  /** Content has left the queue, or a window has opened. */
  abstract onProgress(): void;
  /** END_STREAM has been handed on. */
  abstract onComplete(): void;
  /** Both halves are over. */
  abstract onClosed(): void;
  /** The peer asks for another priority. */
  onPriority(): void {}

  /** The peer may still send content or trailers. */
  get receiving(): boolean {
    return this.state === 'open' || this.state === 'halfClosedLocal';
  }

  /** Promised by this side (RFC 9113 §5.1.1). */
  get promised(): boolean {
    return this.id % 2 === 0;
  }

  get sending(): boolean {
    return this.state === 'open' || this.state === 'halfClosedRemote';
  }
}
