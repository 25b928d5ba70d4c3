/** One request of an HTTP/1.x connection, and the exchange that it makes. */
import type { Caps } from '../../spec/msgi.ts';
import type { Carrier } from '../gateway/carrier.ts';
import { Handling } from '../gateway/handling.ts';
import type { Received, Request } from './request-head.ts';

/** Is told of the content of a request, and of its end; `trailers` as the parser gives them. */
export interface Receiver {
  data(octets: Uint8Array): void;
  end(trailers: readonly string[]): void;
}

/** A request whose head has arrived. Its content waits until it is begun. */
export interface Arrival {
  readonly received: Received;
  /** The octets behind the head are not HTTP: the request was CONNECT, or a listed upgrade. */
  readonly tunnel: boolean;
  /** The parser has seen its end. */
  readonly complete: boolean;
  /** Not null: by its turn the parser has to read it once more, as another request. */
  readonly again: (() => void) | null;
  begin(receiver: Receiver): void;
  /** The exchange is over: the parser goes on. */
  answered(): void;
}

export class Message extends Handling {
  readonly arrival: Arrival;
  readonly caps: Caps;
  readonly closes: boolean;
  /** The whole request has been received here. */
  whole: boolean;
  /** Octets of content that nobody reads. */
  discarded = 0;

  constructor(carrier: Carrier, id: number, window: number, arrival: Arrival, request: Request, caps: Caps) {
    super(carrier, id, window, 0);
    this.arrival = arrival;
    this.caps = caps;
    this.closes = request.closes || arrival.tunnel;
    this.whole = !request.hasContent && !arrival.tunnel;
    this.state = this.whole ? 'halfClosedRemote' : 'open';
    this.begin(request);
  }

  /** Nobody is interested in the content any more. */
  get unread(): boolean {
    return this.stopped || this.failed;
  }
}
