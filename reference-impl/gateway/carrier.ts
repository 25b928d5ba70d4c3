/** What an exchange asks of its connection: of the engine on HTTP/2, of one message at a time on HTTP/1.x, of a library below. */
import type { App, Caps, Connection, Fields, Priority } from '../../spec/msgi.ts';
import type { Request } from '../engine/request-head.ts';
import type { FieldList } from '../engine/response-blocks.ts';
import type { Party, Stream } from '../engine/stream.ts';
import type { Handling } from './handling.ts';

/** A field section in the form of its connection: octets, or what a library takes. For the sender beside its maker alone. */
export type Block = object;

/** Field sections as they go out. */
export interface Blocks {
  /** One made before from equal arguments; null where there is none. */
  find(status: number, list: FieldList, contentLength: number, date: string): Block | null;
  /** Good until the next one. `contentLength` −1 and `date` "" add no such field; `remember` keeps it for `find`. */
  make(status: number, list: FieldList, contentLength: number, date: string, remember?: boolean): Block;
}

/** The sending half of a connection. */
export interface Sending {
  readonly blocks: Blocks;
  /** Octets that the transport has not taken. */
  readonly output: { readonly length: number };
  /** The transport takes more. */
  readonly writable: boolean;
  /** Octets that the stream could hand on now. */
  room(stream: Stream): number;
  interim(stream: Stream, block: Block): void;
  /** `endStream` where no content follows. */
  head(stream: Stream, block: Block, endStream: boolean): void;
  /** The whole content, and the end. */
  content(stream: Stream, octets: Uint8Array): void;
  queue(stream: Stream, octets: Uint8Array): void;
  /** Calls `write`, which queues these octets, and keeps nothing of their memory. Not of every connection. */
  lend?<T>(stream: Stream, octets: Uint8Array, write: () => T): T;
  /** The end, behind what is queued. */
  finish(stream: Stream, trailers: FieldList | null): void;
}

/** The connection below the exchanges. */
export interface Wire {
  readonly sender: Sending;
  readonly draining: boolean;
  /** There is output. */
  announce(): void;
  /** Content or an end has been queued. */
  push(): void;
  /** What the peer may still send by the initial window and the grants; below zero while it cannot know. */
  allowance(stream: Stream): number;
  /** Lets the peer send `octets` more. */
  grant(stream: Stream, octets: number): void;
  /** Ends an exchange that is not over on the wire. */
  reset(stream: Stream, code: number, by: Party, rule: string): void;
  /** Nobody will read the rest of the request. */
  stop(stream: Stream): void;
  /** Nothing of the exchange is left here. */
  release(stream: Stream): void;
}

/** The connection as its exchanges see it. */
export interface Carrier {
  readonly wire: Wire;
  readonly face: Connection;
  /** The value of the date field now. */
  readonly date: string;
  /** Octets that were read and may be withheld, so that one grant is made of many; at most half of the initial window. */
  readonly withheld: number;
  readonly outputMark: number;
  caps(handling: Handling): Caps;
  /** What the peer asks for now. */
  priority(handling: Handling): Priority;
  /** The application's word, checked. */
  prioritize(handling: Handling, urgency: number, incremental: boolean): void;
  /** Whether an informational response of that status is sent at all. */
  informs(handling: Handling, status: number): boolean;
  /** Whether exchanges of that authority may be promised on one of `parent`. */
  serves(authority: string, parent: string): boolean;
  /** Promises a request, and runs `app`, or what is hosted, on it in a later turn; false where that may not be. */
  promise(parent: Handling, section: Fields, request: Request, app?: App): boolean;
  setDeadline(handling: Handling, ms: number): void;
  /** A failure of the application. */
  report(error: unknown, handling: Handling): void;
}
