/**
 * One exchange at the host, behind its faces: the tables of chapter 3 as far as they are the application's. What it does
 * goes to the server as messages; what comes from there are events.
 */
import type { App, Caps, Close, Fields, Notice, Party, Priority, PushRequest, RequestHead } from '../../spec/msgi.ts';
import { asFieldList, asFields, NO_FIELDS } from '../fields.ts';
import type { Head, HostMessage, HostPayloads, Sum, Wish } from '../messages.ts';
import {
  checkCode,
  checkFields,
  checkInteger,
  checkPush,
  INTERNAL_ERROR,
  MAX_OCTETS,
  NO_ERROR,
  REFUSED_STREAM,
  toOctets,
  withLength,
  withoutLength,
} from './arguments.ts';
import type { HostConnection } from './connection.ts';
import { Failure } from './failure.ts';
import { Notices } from './notices.ts';
import { Outbound, type ResponseKind, type SinkOwner } from './sink.ts';
import { Inbound, type SourceOwner } from './source.ts';

/** What an exchange needs of its pipe. */
export interface Wire {
  send(message: HostMessage): void;
  /** The longest payload that the server takes, octets. */
  readonly payload: number;
  /** Gives the number of a promise that `app`, or the hosted application, will answer. */
  promise(app: App | undefined): number;
  /** A failure of the application that no message carries. Does not throw. */
  report(error: unknown, what: string): void;
  /** Nothing more is to come from either side. */
  finished(handling: Handling): void;
}

export class Handling implements SourceOwner, SinkOwner {
  readonly number: number;
  readonly id: number;
  readonly request: RequestHead;
  readonly caps: Caps;
  readonly pushed: boolean;
  readonly connection: HostConnection;
  readonly locals = Object.create(null) as Record<string, unknown>;
  readonly inbound: Inbound;
  phase: 'idle' | 'open' | 'done' | 'dead' = 'idle';
  priority: Priority;
  /** SENT has come. */
  complete = false;
  error: Failure | null = null;
  readonly #wire: Wire;
  readonly #room: number;
  #outbound: Outbound | null = null;
  #granted = 0;
  /** Of either half. */
  #failure: Failure | null = null;
  #expectsContinue: boolean;
  #controller: AbortController | null = null;
  #notices: Notices | null = null;
  #sum: Sum | null = null;
  #close: Close | null = null;
  /** SETTLED as it will be sent, once the application has settled and nothing of the response waits here. */
  #owed: HostPayloads['SETTLED'] | null = null;
  /** SETTLED is sent. */
  #settled = false;

  constructor(wire: Wire, connection: HostConnection, number: number, head: Head) {
    const { fields, sensitive, ...request } = head.request;
    this.#wire = wire;
    this.connection = connection;
    this.number = number;
    this.id = head.id;
    this.request = { ...request, fields: asFields(sensitive === undefined ? { fields } : { fields, sensitive }) };
    this.caps = head.caps;
    this.pushed = head.pushed;
    this.priority = { ...head.priority, node: null };
    this.#room = head.room;
    this.inbound = new Inbound(this, head.window, head.ended);
    this.#expectsContinue = !head.ended && head.request.version !== '1.0' && expects(fields);
    connection.exchanges.add(this);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.error !== null) this.#controller.abort(this.error);
    return this.#controller.signal;
  }

  get bare(): boolean {
    return this.request.method === 'HEAD';
  }

  // Calls of the application --------------------------------------------------------------------------------------

  inform(status: number, fields: Fields): boolean {
    checkInteger('an informational status', status, 100, 199);
    if (status === 101) throw new TypeError('101 changes the protocol of a connection and is not for applications');
    const length = checkFields(fields);
    if (this.phase === 'dead') return false;
    this.#wantIdle('inform');
    if (!this.caps.inform) return false;
    if (status === 100) this.#expectsContinue = false;
    this.#send('INFORM', { status, ...asFieldList(length >= 0 ? withoutLength(fields) : fields) });
    return true;
  }

  respond(status: number, fields: Fields, body: Uint8Array | string | undefined): void {
    checkInteger('a status', status, 200, 599);
    const length = checkFields(fields);
    const octets = body === undefined ? null : toOctets(body);
    const kind = this.#kindOf(status, length);
    if (kind.tunnel) throw new TypeError('respond with 2xx on a CONNECT exchange: start opens the tunnel');
    const list = respondFields(this.bare, status, fields, length, octets);
    if (this.phase === 'dead') return;
    this.#wantIdle('respond');
    const hasContent = !kind.drops && octets !== null && octets.length > 0;
    this.#send('START', hasContent ? { status, ...asFieldList(list) } : { status, ...asFieldList(list), end: true });
    if (!hasContent) {
      this.sinkDone();
      return;
    }
    const outbound = this.#begin({ ...kind, declared: -1 });
    outbound.queue(octets);
    outbound.finish();
  }

  start(status: number, fields: Fields): Outbound {
    checkInteger('a status', status, 200, 599);
    const length = checkFields(fields);
    const kind = this.#kindOf(status, length);
    if (this.phase === 'dead') return this.#outbound ?? new Outbound(this, kind, 0);
    this.#wantIdle('start');
    const loses = length >= 0 && (status === 204 || status === 205 || kind.tunnel);
    this.#send('START', { status, ...asFieldList(loses ? withoutLength(fields) : fields) });
    // The server sends 100 first (MSGI-INFO-6).
    if (status < 300) this.#expectsContinue = false;
    return this.#begin(kind);
  }

  #begin(kind: ResponseKind): Outbound {
    this.phase = 'open';
    this.#outbound = new Outbound(this, kind, Math.min(MAX_OCTETS, this.#room + this.#granted));
    return this.#outbound;
  }

  #kindOf(status: number, length: number): ResponseKind {
    // Any 2xx opens a tunnel, those without content too (MSGI-TUN-5).
    const tunnel = this.request.method === 'CONNECT' && status < 300;
    const drops = !tunnel && (this.bare || status === 204 || status === 205 || status === 304);
    return { drops, tunnel, trailers: this.caps.trailers, declared: drops || tunnel ? -1 : length };
  }

  push(request: PushRequest, app: App | undefined): boolean {
    checkPush(request, app);
    if (!this.#mayPush()) return false;
    const { target, method = 'GET', authority, fields = NO_FIELDS } = request;
    if (authority === '') return false;
    const promise = this.#wire.promise(app);
    const more = authority === undefined ? {} : { authority };
    this.#send('PUSH', { promise, method, target, ...asFieldList(fields), ...more });
    return true;
  }

  /** What can be seen from here of section 6.1; the rest is the server's. */
  #mayPush(): boolean {
    if (!this.caps.push || this.pushed || this.request.method === 'CONNECT' || this.connection.draining) return false;
    return this.phase === 'idle' || (this.phase === 'open' && !(this.#outbound?.drops ?? false));
  }

  prioritize(urgency: number, incremental: boolean): void {
    checkInteger('urgency', urgency, 0, 7);
    if (typeof incremental !== 'boolean') throw new TypeError('incremental is true or false');
    if (this.#live) this.#send('PRIORITY', { urgency, incremental });
  }

  deadline(ms: number): void {
    const none = ms === Number.POSITIVE_INFINITY;
    if (!none) checkInteger('a deadline in milliseconds', ms, 1, MAX_OCTETS);
    if (this.#live) this.#send('DEADLINE', { ms: none ? null : ms });
  }

  reset(code: number): void {
    checkCode(code);
    if (code === REFUSED_STREAM) {
      throw new TypeError('REFUSED_STREAM says that no application has seen the request (RFC 9113 section 8.7)');
    }
    this.#reset(code, 'the application has reset the exchange');
  }

  #reset(code: number, what: string): void {
    if (!this.#live || (this.complete && this.inbound.state !== 'flowing')) return;
    if (this.#sum === null) this.#send('RESET', { code });
    this.#fail(new Failure(code, 'app', what));
  }

  watch(listener: (notice: Notice) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('watch takes a function');
    if (this.#notices === null) {
      const { method } = this.request;
      this.#notices = new Notices(error => this.#wire.report(error, `a listener of ${method} ${this.number}`));
      if (this.connection.draining) this.#notices.tell({ type: 'drain' });
      if (this.#close !== null) this.#notices.tell(this.#close);
    }
    return this.#notices.watch(listener);
  }

  get #live(): boolean {
    return this.phase !== 'dead' && this.#close === null;
  }

  #wantIdle(call: string): void {
    if (this.phase !== 'idle') throw new TypeError(`${call} after the response has begun`);
  }

  #send<T extends keyof HostPayloads>(type: T, payload: HostPayloads[T]): void {
    this.#wire.send({ type, number: this.number, payload } as HostMessage);
  }

  // What the two halves ask for -----------------------------------------------------------------------------------

  sendCredit(octets: number): void {
    if (this.phase === 'idle') this.#expectsContinue = false;
    this.#send('CREDIT', octets);
  }

  sendStop(code: number): void {
    this.#send('STOP', { code });
  }

  sourceOver(): void {
    this.#closeIfOver();
  }

  sendData(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; at += this.#wire.payload) {
      this.#send('DATA', octets.subarray(at, at + this.#wire.payload));
    }
  }

  sendEnd(trailers: Fields | null): void {
    this.#send('END', trailers === null ? {} : asFieldList(trailers));
    this.#sendSettled();
  }

  /** The response is done; with a peer that waits for 100 in vain the request is over too (MSGI-LIFE-26). */
  sinkDone(): void {
    this.phase = 'done';
    if (this.#expectsContinue) this.inbound.stop();
  }

  short(): void {
    this.#reset(INTERNAL_ERROR, 'the content is shorter than its content-length');
  }

  // Events --------------------------------------------------------------------------------------------------------

  onCredit(octets: number): void {
    if (this.#outbound === null) this.#granted = Math.min(MAX_OCTETS, this.#granted + octets);
    else if (this.error === null) this.#outbound.grant(octets);
  }

  onPriority(wish: Wish): void {
    this.priority = { ...wish, node: null };
    this.tell({ type: 'priority', priority: this.priority });
  }

  onReset(code: number, by: Party): void {
    this.#fail(new Failure(code, by, 'the exchange has failed'));
  }

  onSent(): void {
    if (this.error !== null) return;
    this.complete = true;
    this.#outbound?.complete();
  }

  onClose(sum: Sum): void {
    if (sum.complete) this.onSent();
    else if (this.error === null) this.onReset(sum.code, sum.by);
    this.inbound.cut(new Failure(sum.code, sum.by, 'the request has ended early'));
    this.#sum = sum;
    this.#closeIfOver();
    if (this.#settled) this.#wire.finished(this);
  }

  /** The pipe has ended (MSGI-PROC-45). */
  onLost(failure: Failure): void {
    const { complete } = this;
    this.#fail(failure);
    this.#sum ??= { complete, code: failure.code, by: failure.by, status: 0, sent: 0, received: 0 };
    this.#closeIfOver();
  }

  tell(notice: Notice): void {
    this.#notices?.tell(notice);
  }

  /** The promise of the application has settled. Gives whether the reason is the exchange's own error. */
  settle(reason: { readonly error: unknown } | null): void {
    const failed = reason !== null && !this.#owns(reason.error);
    this.#owed = failed ? { failure: textOf(reason.error) } : {};
    // What waits here for room is the application's, who has ended the response (MSGI-PROC-53).
    if (this.#outbound?.ending ?? false) this.inbound.stop();
    else this.#sendSettled();
    if (this.phase === 'idle') this.phase = 'done';
    else if (this.phase === 'open') this.#fail(new Failure(INTERNAL_ERROR, 'app', 'the application has not ended it'));
    this.inbound.cease('stopped', new Failure(NO_ERROR, 'app', 'the application has settled'));
    this.#closeIfOver();
  }

  #sendSettled(): void {
    const owed = this.#owed;
    if (owed === null) return;
    this.#owed = null;
    this.#settled = true;
    this.#send('SETTLED', owed);
    if (this.#sum !== null) this.#wire.finished(this);
  }

  #owns(error: unknown): boolean {
    return error instanceof Failure && (error === this.error || error === this.inbound.error);
  }

  /** Of the exchange; after SENT of the request half alone. The first one counts. */
  #fail(failure: Failure): void {
    if (!this.complete && this.error === null) {
      this.error = failure;
      if (this.phase !== 'done') this.phase = 'dead';
      this.#abort(failure);
      this.#outbound?.fail(failure);
    }
    if (!this.complete || this.inbound.state === 'flowing') this.#failure ??= failure;
    this.inbound.cease('failed', this.error ?? failure);
    if (this.error !== null) this.#sendSettled();
    this.#closeIfOver();
  }

  /** Listeners of the signal are the application's: not inside a call of its own. */
  #abort(failure: Failure): void {
    const controller = this.#controller;
    if (controller !== null) queueMicrotask(() => controller.abort(failure));
  }

  /** CLOSE has come, and what waited here has been read or dropped (MSGI-PROC-52). */
  #closeIfOver(): void {
    if (this.#sum === null || this.#close !== null || this.inbound.state === 'flowing') return;
    if (this.phase === 'idle' || this.phase === 'open') return;
    this.connection.exchanges.delete(this);
    this.#close = { type: 'close', ...this.#sum, ...this.#own() };
    this.tell(this.#close);
  }

  /** What has failed here first stays failed, also where SENT has crossed it (MSGI-PROC-51). */
  #own(): Partial<Sum> {
    const { error } = this;
    const failure = this.#failure;
    return failure === null ? {} : { complete: error === null && this.complete, code: failure.code, by: failure.by };
  }
}

/** The list that goes out, or a TypeError: the table of section 2.4. */
function respondFields(
  bare: boolean,
  status: number,
  fields: Fields,
  length: number,
  octets: Uint8Array | null,
): Fields {
  if (status === 204 || status === 205) return length >= 0 ? withoutLength(fields) : fields;
  if (status === 304 || (bare && octets === null)) return fields;
  const size = octets?.length ?? 0;
  if (length >= 0 && length !== size) throw new TypeError(`content-length says ${length}, the body has ${size} octets`);
  return length >= 0 ? fields : withLength(fields, size);
}

function expects(fields: readonly string[]): boolean {
  return fields.some((name, i) => i % 2 === 0 && name === 'expect' && fields[i + 1]?.toLowerCase() === '100-continue');
}

/** Characters of a failure that go to the server's report. */
const LONGEST_FAILURE = 4000;

function textOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  return text.slice(0, LONGEST_FAILURE);
}
