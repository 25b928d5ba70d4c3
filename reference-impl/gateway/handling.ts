/**
 * One exchange behind its faces: the lifecycle tables of the specification's section 3. It is the engine's stream at the
 * same time, so that a request costs one object here and one face for the application; everything else is made when asked
 * for.
 */
import type { Close, Fields, Notice, RequestHead } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';
import { type Party, Stream } from '../engine/stream.ts';
import { checkFields, checkInteger, checkStatus, hasField, toOctets, withoutField } from './arguments.ts';
import type { Block, Carrier } from './carrier.ts';
import { Failure } from './exchange-error.ts';
import { Inbound } from './inbound.ts';
import { Notices } from './notices.ts';
import { Outbound } from './outbound.ts';
import { Patience } from './patience.ts';

export const NO_FIELDS: Fields = Object.freeze([]);
/** Marks a request whose head is not there yet. */
const NO_HEAD = Object.freeze({}) as RequestHead;

/** A request whose head has arrived. */
export interface Incoming {
  readonly head: RequestHead;
  /** The client waits for 100 (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
}

/** What few exchanges ask for: kept apart so that the others stay small (a third of the cost of a request is its objects). */
interface Extras {
  notices: Notices | null;
  controller: AbortController | null;
  locals: Record<string, unknown> | null;
  /** When the exchange is to fail, milliseconds; Infinity for never. */
  deadline: number;
  /** With the peer that takes content, and with the one that sends it. */
  readonly sending: Patience;
  readonly receiving: Patience;
}

function noExtras(): Extras {
  return {
    notices: null,
    controller: null,
    locals: null,
    deadline: Number.POSITIVE_INFINITY,
    sending: new Patience(),
    receiving: new Patience(),
  };
}

export class Handling extends Stream {
  readonly gateway: Carrier;
  head: RequestHead = NO_HEAD;
  phase: 'idle' | 'open' | 'done' | 'dead' = 'idle';
  status = 0;
  sent = 0;
  /** The whole response has been handed to the transport. */
  complete = false;
  settled = false;
  error: Failure | null = null;
  inbound: Inbound | null = null;
  outbound: Outbound | null = null;
  /** The peer waits for 100 before it sends content. */
  expectsContinue = false;
  /** Both halves are over, and the notice is out. */
  over = false;
  extras: Extras | null = null;

  constructor(gateway: Carrier, id: number, receiveWindow: number, sendWindow: number) {
    super(id, receiveWindow, sendWindow);
    this.gateway = gateway;
  }

  /** The request arrives. */
  begin(request: Incoming): void {
    this.head = request.head;
    if (this.state === 'halfClosedRemote' || this.promised) return;
    this.inbound = new Inbound(this, false);
    this.expectsContinue = request.expectsContinue;
  }

  body(): Inbound {
    this.inbound ??= new Inbound(this, true);
    return this.inbound;
  }

  withExtras(): Extras {
    this.extras ??= noExtras();
    return this.extras;
  }

  get signal(): AbortSignal {
    const extras = this.withExtras();
    extras.controller ??= new AbortController();
    if (this.error !== null) extras.controller.abort(this.error);
    return extras.controller.signal;
  }

  get locals(): Record<string, unknown> {
    const extras = this.withExtras();
    extras.locals ??= Object.create(null) as Record<string, unknown>;
    return extras.locals;
  }

  // Response half -------------------------------------------------------------------------------------------------

  inform(status: number, fields: Fields): boolean {
    checkStatus(status, 100, 199);
    if (status === 101) throw new TypeError('101 does not exist in HTTP/2 (RFC 9113 section 8.6)');
    const declared = checkFields(fields);
    if (this.phase === 'dead') return false;
    this.#wantIdle('inform');
    const { sender } = this.gateway.wire;
    if (!this.gateway.informs(this, status)) return false;
    if (sender.output.length > this.gateway.outputMark || !sender.writable) return false;
    if (status === 100) this.expectsContinue = false;
    this.#interim(status, declared >= 0 ? withoutField(fields, 'content-length') : fields);
    return true;
  }

  #interim(status: number, fields: Fields): void {
    const { wire } = this.gateway;
    wire.sender.interim(this, wire.sender.blocks.make(status, fields, -1, ''));
    wire.announce();
  }

  respond(status: number, fields: Fields, body: Uint8Array | string | undefined): void {
    const octets = body === undefined ? null : toOctets(body);
    const length = octets === null ? 0 : octets.length;
    const { blocks } = this.gateway.wire.sender;
    const { method } = this.head;
    const known =
      method !== 'HEAD' && method !== 'CONNECT' ? blocks.find(status, fields, length, this.gateway.date) : null;
    if (known !== null) {
      if (this.phase === 'dead') return;
      this.#wantIdle('respond');
      this.#send(status, known, length > 0 ? octets : null);
      return;
    }
    this.#respondChecked(status, fields, octets);
  }

  #respondChecked(status: number, fields: Fields, octets: Uint8Array | null): void {
    checkStatus(status, 200, 599);
    const declared = checkFields(fields);
    const isHead = this.head.method === 'HEAD';
    const bodiless = status === 204 || status === 205 || status === 304;
    const length = octets === null ? 0 : octets.length;
    if (this.head.method === 'CONNECT' && status < 300) {
      throw new TypeError(`${status} to CONNECT opens a tunnel: it is for start (RFC 9113 section 8.5)`);
    }
    if (declared >= 0 && !bodiless && declared !== length && !(isHead && octets === null)) {
      throw new TypeError(`content-length says ${declared}, the body has ${length} octets`);
    }
    if (this.phase === 'dead') return;
    this.#wantIdle('respond');
    const { blocks } = this.gateway.wire.sender;
    const date = hasField(fields, 'date') ? '' : this.gateway.date;
    if (bodiless) {
      const list = status !== 304 && declared >= 0 ? withoutField(fields, 'content-length') : fields;
      this.#send(status, blocks.make(status, list, -1, date), null);
      return;
    }
    const added = declared >= 0 || (isHead && octets === null) ? -1 : length;
    const remember = !isHead && declared < 0 && date !== '';
    const block = blocks.make(status, fields, added, date, remember);
    this.#send(status, block, isHead || length === 0 ? null : octets);
  }

  #send(status: number, block: Block, octets: Uint8Array | null): void {
    const { wire } = this.gateway;
    this.phase = 'done';
    this.status = status;
    if (octets === null) {
      wire.sender.head(this, block, true);
    } else {
      this.sent = octets.length;
      wire.sender.head(this, block, false);
      wire.sender.content(this, octets);
    }
    wire.announce();
    this.responseDone();
  }

  start(status: number, fields: Fields): Outbound {
    checkStatus(status, 200, 599);
    const declared = checkFields(fields);
    if (this.phase === 'dead') return this.outbound ?? new Outbound(this, true, -1);
    this.#wantIdle('start');
    // Who starts a success before it has read means to read: behind the head no 100 can come.
    if (status < 300) this.sendContinue();
    const { wire } = this.gateway;
    const tunnel = this.head.method === 'CONNECT' && status < 300;
    const loses = declared >= 0 && (tunnel || status === 204 || status === 205);
    const list = loses ? withoutField(fields, 'content-length') : fields;
    const bodiless = this.head.method === 'HEAD' || status === 204 || status === 205 || status === 304;
    const drops = bodiless && !tunnel;
    const date = hasField(fields, 'date') ? '' : this.gateway.date;
    const block = wire.sender.blocks.make(status, list, -1, date);
    this.tunnel = tunnel;
    this.unended = drops;
    this.phase = 'open';
    this.status = status;
    this.outbound = new Outbound(this, drops, drops || tunnel ? -1 : declared);
    wire.sender.head(this, block, drops);
    wire.announce();
    return this.outbound;
  }

  reset(code: number): void {
    checkInteger('a code', code, 0, 0xffff_ffff);
    if (code === ERROR_CODE.REFUSED_STREAM) {
      throw new TypeError('REFUSED_STREAM says that no application has seen the request (RFC 9113 section 8.7)');
    }
    this.fail(code, 'app', 'the application has reset the exchange');
  }

  #wantIdle(call: string): void {
    if (this.phase !== 'idle') throw new TypeError(`${call} after the response has begun`);
  }

  /** 100, once, if the peer waits for it and no response has begun: one a request, so no mark holds it back. */
  sendContinue(): void {
    if (!this.expectsContinue || this.phase !== 'idle') return;
    this.expectsContinue = false;
    this.#interim(100, NO_FIELDS);
  }

  /** The application has ended the response; the last octets may still be on their way. */
  responseDone(): void {
    if (this.expectsContinue) this.inbound?.stop();
    this.#closeIfOver();
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  /** Fails the exchange from this side. */
  fail(code: number, by: Party, rule: string): void {
    if (this.phase === 'dead' || this.over) return;
    this.gateway.wire.reset(this, code, by, rule);
    // Over on the wire, but not here: content waits to be read, or a response without content to be ended.
    if (this.failed) return;
    this.failed = true;
    this.unended = false;
    this.onFail(code, by, rule);
  }

  /** A limit of the server's: `status` while that is possible. */
  limit(rule: string, status = 503): void {
    if (this.phase !== 'idle') {
      this.fail(ERROR_CODE.CANCEL, 'server', rule);
      return;
    }
    const { sender } = this.gateway.wire;
    this.status = status;
    this.phase = 'dead';
    this.stopped = true;
    this.failed = true;
    this.onFail(ERROR_CODE.CANCEL, 'server', rule);
    sender.head(this, sender.blocks.make(status, NO_FIELDS, -1, this.gateway.date), true);
    this.gateway.wire.announce();
  }

  /** An error that was handed out for this exchange: no failure of the application that lets it through. */
  owns(error: unknown): boolean {
    return error instanceof Failure && (error === this.error || error === this.inbound?.error);
  }

  /** The application's promise has settled. */
  settle(): void {
    this.settled = true;
    if (this.inbound !== null && this.inbound.state === 'flowing') this.inbound.stop();
    this.#closeIfOver();
    if (this.failed) this.gateway.wire.release(this);
  }

  requestEnded(): void {
    this.#closeIfOver();
  }

  requestStopped(): void {
    this.gateway.wire.stop(this);
    this.#closeIfOver();
  }

  override onData(octets: Uint8Array): void {
    this.inbound?.push(octets);
  }

  override onEnd(trailers: readonly string[]): void {
    this.inbound?.finish(trailers);
  }

  override onProgress(): void {
    this.outbound?.progress();
  }

  override onComplete(): void {
    this.complete = true;
    this.outbound?.complete();
  }

  override onFail(code: number, by: Party, rule: string): void {
    const error = this.error ?? new Failure(code, by, rule);
    const answered = this.complete && this.phase !== 'open';
    if (!answered) {
      this.error = error;
      if (this.phase !== 'done') this.phase = 'dead';
      this.#abort(error);
      this.outbound?.fail(error);
    }
    this.inbound?.cease('failed', error);
    this.#closeIfOver();
  }

  /**
   * Listeners of the signal are the application's: they never run inside a call of its own or of the engine's, and
   * before anybody who waits for a promise meets the error.
   */
  #abort(error: Failure): void {
    const controller = this.extras?.controller ?? null;
    if (controller !== null) queueMicrotask(() => controller.abort(error));
  }

  override onClosed(): void {
    this.#closeIfOver();
    this.held = this.failed ? !this.settled : !this.over;
  }

  override onPriority(): void {
    if ((this.extras?.notices ?? null) === null) return;
    this.tell({ type: 'priority', priority: this.gateway.priority(this) });
  }

  #closeIfOver(): void {
    if (this.over || this.phase === 'idle' || this.phase === 'open') return;
    if (this.error === null && !this.complete) return;
    if (this.inbound !== null && this.inbound.state === 'flowing') return;
    this.over = true;
    if (this.extras !== null) this.extras.deadline = Number.POSITIVE_INFINITY;
    this.extras?.notices?.tell(this.closeNotice());
    if (!this.failed) this.gateway.wire.release(this);
  }

  closeNotice(): Close {
    const { error, status, sent, received } = this;
    const left = Math.max(0, sent - this.queued - this.dropped);
    // Of a whole response only the request half can have failed.
    if (error === null) {
      const { code = 0, by = 'app' } = this.inbound?.failure ?? {};
      return { type: 'close', complete: true, code, by, status, sent, received };
    }
    return { type: 'close', complete: false, code: error.code, by: error.by, status, sent: left, received };
  }

  // Notices -------------------------------------------------------------------------------------------------------

  watch(listener: (notice: Notice) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('watch takes a function');
    const extras = this.withExtras();
    if (extras.notices === null) {
      extras.notices = new Notices(error => this.gateway.report(error, this));
      if (this.gateway.wire.draining) extras.notices.tell({ type: 'drain' });
      if (this.over) extras.notices.tell(this.closeNotice());
    }
    return extras.notices.watch(listener);
  }

  tell(notice: Notice): void {
    this.extras?.notices?.tell(notice);
  }
}
