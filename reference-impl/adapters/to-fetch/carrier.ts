/** One Request between a host of Fetch handlers and an application: a connection that has one exchange. */
import type { Caps, Connection, Priority } from '../../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../../wire/index.ts';
import type { Party } from '../../engine/stream.ts';
import type { Carrier, Wire } from '../../gateway/carrier.ts';
import type { Deadlines } from '../../gateway/deadlines.ts';
import { connectionFace } from '../../gateway/gateway.ts';
import { Handling } from '../../gateway/handling.ts';
import { type Hosting, reportFailure } from '../../gateway/invocation.ts';
import { checkWaits, type Waits } from '../../gateway/waits.ts';
import { priorityOf } from '../../http1/priority.ts';
import { headOf } from './head.ts';
import { FetchSender } from './sender.ts';

/** What Fetch can say (MSGI-ADAPT-2): a head, content, and that it was cut. */
const CAPS: Caps = Object.freeze({
  multiplex: false,
  duplex: false,
  push: false,
  inform: false,
  trailers: false,
  tunnel: false,
  credit: 'coarse',
  priority: 'urgency',
  reset: 'close',
});
/** Fetch tells nothing of the connection. */
const NOBODY = Object.freeze({ peer: null, local: null, tls: null });

/** What the requests of one handler share. */
export interface FetchHosting extends Hosting, Waits {
  /** Octets of a request that are read before the application reads them. */
  readonly initialWindow: number;
}

export class FetchCarrier implements Carrier, Wire {
  readonly face: Connection;
  readonly sender: FetchSender;
  readonly handling: Handling;
  /** Whoever sends the response adds the date. */
  readonly date = '';
  draining = false;
  readonly #host: FetchHosting;
  readonly #deadlines: Deadlines;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly #over: () => void;
  #reading = false;
  /** The whole request has been read from its stream. */
  #whole: boolean;

  /** `over`: called when nothing is left to do. Throws for a request that is none. */
  constructor(host: FetchHosting, deadlines: Deadlines, request: Request, over: () => void) {
    this.#host = host;
    this.#deadlines = deadlines;
    this.#over = over;
    this.#reader = request.body?.getReader() ?? null;
    this.#whole = this.#reader === null;
    this.face = connectionFace(
      this,
      NOBODY,
      () => null,
      id => (id === this.handling.id ? this.sender.room(this.handling) : 0),
      () => this.drain(),
    );
    const left = (): void => this.#lost('peer', 'the client has left');
    this.sender = new FetchSender(() => this.#ended(), left);
    this.handling = new Handling(this, 1, host.initialWindow, 0);
    this.handling.state = this.#whole ? 'halfClosedRemote' : 'open';
    this.handling.begin({ head: headOf(request), expectsContinue: false });
    request.signal.addEventListener('abort', left, { once: true });
  }

  get wire(): Wire {
    return this;
  }

  get withheld(): number {
    return this.#host.initialWindow / 2;
  }

  /** Nothing waits here that applications do not wait for. */
  get outputMark(): number {
    return 0;
  }

  caps(): Caps {
    return CAPS;
  }

  priority({ head }: Handling): Priority {
    return priorityOf(head, true);
  }

  prioritize(): void {}

  informs(): boolean {
    return false;
  }

  serves(): boolean {
    return false;
  }

  promise(): boolean {
    return false;
  }

  setDeadline(handling: Handling, ms: number): void {
    this.#deadlines.set(handling, ms);
  }

  report(error: unknown, handling: Handling): void {
    reportFailure(this.#host, error, handling);
  }

  // The request -----------------------------------------------------------------------------------------------------

  /** Reads while the application lets the peer send. */
  async read(): Promise<void> {
    if (this.#reading || this.#whole || this.#reader === null) return;
    this.#reading = true;
    try {
      while (this.#wanted) this.#take(await this.#reader.read());
    } catch {
      this.#lost('transport', 'the request was cut');
    }
    this.#reading = false;
  }

  get #wanted(): boolean {
    const { failed, stopped, receiveWindow } = this.handling;
    return !this.#whole && !failed && !stopped && receiveWindow > 0;
  }

  #take({ done, value }: { readonly done: boolean; readonly value?: Uint8Array | undefined }): void {
    const { handling } = this;
    if (done && !handling.stopped) {
      this.#whole = true;
      handling.onEnd([]);
      this.#closed();
    } else if (value !== undefined && value.length > 0) {
      handling.received += value.length;
      handling.receiveWindow -= value.length;
      handling.onData(value);
    }
  }

  allowance({ receiveWindow }: Handling): number {
    return receiveWindow;
  }

  grant(handling: Handling, octets: number): void {
    handling.receiveWindow = Math.min(MAX_WINDOW, handling.receiveWindow + octets);
    void this.read();
  }

  stop(handling: Handling): void {
    handling.stopped = true;
    this.#leave();
  }

  /** Nobody reads on. */
  #leave(): void {
    this.#whole = true;
    this.#reader?.cancel().catch(() => {});
    this.#closed();
  }

  // The response ----------------------------------------------------------------------------------------------------

  announce(): void {
    this.sender.announce();
  }

  push(): void {
    this.sender.pump(this.handling);
  }

  #ended(): void {
    this.handling.onComplete();
    // A limit has answered in place of the application.
    if (this.handling.failed) this.#leave();
    else this.#closed();
  }

  reset(handling: Handling, code: number, by: Party, rule: string): void {
    if (handling.failed || (handling.complete && this.#whole)) return;
    this.sender.drop(handling);
    handling.state = 'closed';
    handling.failed = true;
    handling.onFail(code, by, rule);
    this.sender.fail(handling.error);
    this.#leave();
  }

  #lost(by: Party, rule: string): void {
    this.reset(this.handling, ERROR_CODE.CANCEL, by, rule);
  }

  release(): void {
    this.#over();
  }

  #closed(): void {
    const { handling } = this;
    if (handling.complete && this.#whole) handling.state = 'closed';
    handling.onClosed();
  }

  // The host --------------------------------------------------------------------------------------------------------

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.handling.tell({ type: 'drain' });
  }

  tick(now: number): void {
    checkWaits(this.#host, this.handling, now, !this.sender.writable, true);
  }
}
