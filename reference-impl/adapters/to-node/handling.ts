/** One exchange on a stream of node:http2, behind its faces: the lifecycle tables of the specification's section 3. */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Close, Fields, Notice, Party, RequestHead } from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import { checkFields, checkInteger, checkStatus, toOctets, withoutField } from '../../gateway/arguments.ts';
import { Failure } from '../../gateway/exchange-error.ts';
import { Notices } from '../../gateway/notices.ts';
import type { Patience } from '../../gateway/patience.ts';
import { causeOf } from './cause.ts';
import { toHeaders } from './headers.ts';
import { NodeInbound } from './inbound.ts';
import { NodeOutbound } from './outbound.ts';
import type { NodeSession } from './session.ts';

export const NO_FIELDS: Fields = Object.freeze([]);

export class NodeHandling {
  readonly session: NodeSession;
  readonly stream: ServerHttp2Stream;
  readonly id: number;
  readonly head: RequestHead;
  readonly pushed: boolean;
  phase: 'idle' | 'open' | 'done' | 'dead' = 'idle';
  status = 0;
  /** The whole response has been handed to the transport. */
  complete = false;
  /** Node asks for trailers before it ends the stream. */
  trailing = false;
  settled = false;
  /** Of the response half, and the first of either half. */
  error: Failure | null = null;
  failure: Failure | null = null;
  inbound: NodeInbound | null = null;
  outbound: NodeOutbound | null = null;
  /** The peer waits for 100 before it sends content. */
  expectsContinue = false;
  over = false;
  sending: Patience | null = null;
  receiving: Patience | null = null;
  #cause: unknown = null;
  #notices: Notices | null = null;
  #controller: AbortController | null = null;
  #locals: Record<string, unknown> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(session: NodeSession, stream: ServerHttp2Stream, head: RequestHead, pushed: boolean) {
    this.session = session;
    this.stream = stream;
    this.id = stream.id as number;
    this.head = head;
    this.pushed = pushed;
    stream.on('error', cause => {
      this.#cause = cause;
    });
    stream.once('close', () => this.#closed());
  }

  get tunnel(): boolean {
    return this.head.method === 'CONNECT';
  }

  /** The request has content, or may have. */
  expectBody(expectsContinue: boolean): void {
    this.expectsContinue = expectsContinue;
    this.inbound = new NodeInbound(this, false, this.session.initialWindow);
    this.inbound.attach(this.stream);
  }

  body(): NodeInbound {
    this.inbound ??= new NodeInbound(this, true, 0);
    return this.inbound;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.error !== null) this.#controller.abort(this.error);
    return this.#controller.signal;
  }

  get locals(): Record<string, unknown> {
    this.#locals ??= Object.create(null) as Record<string, unknown>;
    return this.#locals;
  }

  // Response half -------------------------------------------------------------------------------------------------

  inform(status: number, fields: Fields): boolean {
    checkStatus(status, 100, 199);
    if (status === 101) throw new TypeError('101 does not exist in HTTP/2 (RFC 9113 section 8.6)');
    const declared = checkFields(fields);
    if (this.phase === 'dead') return false;
    this.#wantIdle('inform');
    if (this.#gone || this.session.congested) return false;
    if (status === 100) this.expectsContinue = false;
    const list = declared >= 0 ? withoutField(fields, 'content-length') : fields;
    this.stream.additionalHeaders(headersOf(status, list));
    return true;
  }

  /** 100, once, if the peer waits for it and no response has begun. */
  sendContinue(): void {
    if (!this.expectsContinue || this.phase !== 'idle') return;
    this.expectsContinue = false;
    if (!this.#gone) this.stream.additionalHeaders({ ':status': 100 });
  }

  respond(status: number, fields: Fields, body: Uint8Array | string | undefined): void {
    checkStatus(status, 200, 599);
    const declared = checkFields(fields);
    const octets = body === undefined ? null : toOctets(body);
    const length = octets?.length ?? 0;
    const isHead = this.head.method === 'HEAD';
    const bodiless = isBodiless(status);
    if (declared >= 0 && !bodiless && declared !== length && !(isHead && octets === null)) {
      throw new TypeError(`content-length says ${declared}, the body has ${length} octets`);
    }
    if (this.tunnel && status < 300) throw new TypeError('a tunnel is opened by start, not by respond');
    if (this.phase === 'dead') return;
    this.#wantIdle('respond');
    const loses = declared >= 0 && (status === 204 || status === 205);
    const headers = headersOf(status, loses ? withoutField(fields, 'content-length') : fields);
    if (declared < 0 && !bodiless && !(isHead && octets === null)) headers['content-length'] = length;
    this.#answer(status, headers, isHead || bodiless || length === 0 ? null : octets);
  }

  #answer(status: number, headers: OutgoingHttpHeaders, octets: Uint8Array | null): void {
    this.#submit(headers, { endStream: octets === null });
    this.phase = 'done';
    this.status = status;
    if (octets === null) {
      this.#completeWithHead();
    } else {
      this.outbound = new NodeOutbound(this, false, -1);
      this.outbound.respond(octets);
    }
    this.responseDone();
  }

  start(status: number, fields: Fields): NodeOutbound {
    checkStatus(status, 200, 599);
    const declared = checkFields(fields);
    if (this.phase === 'dead') return this.outbound ?? new NodeOutbound(this, true, -1);
    this.#wantIdle('start');
    const opensTunnel = this.tunnel && status < 300;
    if (status < 300) this.sendContinue();
    const drops = !opensTunnel && (this.head.method === 'HEAD' || isBodiless(status));
    const loses = declared >= 0 && (status === 204 || status === 205 || opensTunnel);
    const headers = headersOf(status, loses ? withoutField(fields, 'content-length') : fields);
    this.trailing = !drops && !opensTunnel;
    this.#submit(headers, { endStream: drops, waitForTrailers: this.trailing });
    this.phase = 'open';
    this.status = status;
    const outbound = new NodeOutbound(this, drops, drops || loses ? -1 : declared);
    this.outbound = outbound;
    if (this.trailing) this.stream.once('wantTrailers', () => outbound.sendTrailers());
    if (drops) this.#completeWithHead();
    return outbound;
  }

  /** Throws what node refuses to send; on a stream that has just been lost nothing is sent, and "close" will say so. */
  #submit(headers: OutgoingHttpHeaders, options: { endStream?: boolean; waitForTrailers?: boolean }): void {
    if (!this.#gone) this.stream.respond(headers, options);
  }

  get #gone(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  #completeWithHead(): void {
    const { stream } = this;
    if (stream.writableFinished) queueMicrotask(() => this.completed());
    else stream.once('finish', () => this.completed());
  }

  /** The last octet has been handed to the transport. */
  completed(): void {
    if (this.complete || this.error !== null || this.stream.destroyed) return;
    this.complete = true;
    this.outbound?.complete();
    this.closeIfOver();
    this.#stopPeer();
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

  /** The application has ended the response; the last octets may still be on their way. */
  responseDone(): void {
    if (this.expectsContinue) this.inbound?.stop();
    this.closeIfOver();
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  /** Fails the exchange from this side. */
  fail(code: number, by: Party, rule: string): void {
    if (this.phase === 'dead' || this.over || this.failure !== null) return;
    this.#broken(new Failure(code, by, rule));
    if (this.stream.destroyed) return;
    // `close(0)` would wait for what is queued, which is dropped.
    if (code === ERROR_CODE.NO_ERROR) this.stream.destroy();
    else this.stream.close(code);
  }

  /** A limit of the server's: `status` while that is possible. */
  limit(rule: string, status = 503): void {
    if (this.phase !== 'idle') {
      this.fail(ERROR_CODE.CANCEL, 'server', rule);
      return;
    }
    this.status = status;
    this.#submit({ ':status': status, 'content-length': 0 }, { endStream: true });
    this.#broken(new Failure(ERROR_CODE.CANCEL, 'server', rule));
    this.stream.once('finish', () => this.#stopPeer());
    if (this.stream.writableFinished) this.#stopPeer();
  }

  #broken(failure: Failure): void {
    if (this.over || this.failure !== null) return;
    this.failure = failure;
    const answered = this.complete && this.phase !== 'open';
    if (!answered) {
      this.error = failure;
      if (this.phase !== 'done') this.phase = 'dead';
      // Listeners of the signal are the application's: they never run inside a call of its own.
      const controller = this.#controller;
      if (controller !== null) queueMicrotask(() => controller.abort(failure));
      this.outbound?.fail(failure);
    }
    this.inbound?.cease('failed', failure);
    this.closeIfOver();
  }

  /** Node has done with the stream. */
  #closed(): void {
    if (!this.complete || this.inbound?.state === 'flowing') {
      const { code, by, rule } = causeOf(this.#cause, this.stream, this.session);
      this.#broken(new Failure(code, by, rule));
    }
    this.session.progress();
  }

  /** The response is complete, and nobody wants the rest of the request (RFC 9113 §8.1). */
  #stopPeer(): void {
    const { inbound, stream } = this;
    if (inbound === null || inbound.state === 'flowing' || !inbound.unfinished || stream.destroyed) return;
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** An error that was handed out for this exchange: no failure of the application that lets it through. */
  owns(error: unknown): boolean {
    return error instanceof Failure && (error === this.failure || error === this.inbound?.error);
  }

  /** The application's promise has settled. */
  settle(): void {
    this.settled = true;
    if (this.inbound !== null && this.inbound.state === 'flowing') this.inbound.stop();
    this.closeIfOver();
    if (this.over) this.session.release(this);
  }

  closeIfOver(): void {
    if (this.complete) this.#stopPeer();
    if (this.over || this.phase === 'idle' || this.phase === 'open') return;
    if (this.error === null && !this.complete) return;
    if (this.inbound !== null && this.inbound.state === 'flowing') return;
    this.over = true;
    this.#setTimer(Number.POSITIVE_INFINITY);
    this.#notices?.tell(this.#closeNotice());
    if (this.failure === null || this.settled) this.session.release(this);
  }

  #closeNotice(): Close {
    const { failure, status, complete } = this;
    const received = this.inbound?.received ?? 0;
    const sent = this.outbound?.sent ?? 0;
    const { code, by } = failure ?? ({ code: 0, by: 'app' } as const);
    return { type: 'close', complete: complete && this.error === null, code, by, status, sent, received };
  }

  // Notices and deadline ------------------------------------------------------------------------------------------

  watch(listener: (notice: Notice) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('watch takes a function');
    if (this.#notices === null) {
      this.#notices = new Notices(error => this.session.report(error, this));
      if (this.session.draining) this.#notices.tell({ type: 'drain' });
      if (this.over) this.#notices.tell(this.#closeNotice());
    }
    return this.#notices.watch(listener);
  }

  tell(notice: Notice): void {
    this.#notices?.tell(notice);
  }

  deadline(ms: number): void {
    if (ms !== Number.POSITIVE_INFINITY) checkInteger('a deadline in milliseconds', ms, 1, 2_147_483_647);
    if (this.phase !== 'dead' && !this.over) this.#setTimer(ms);
  }

  #setTimer(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (ms === Number.POSITIVE_INFINITY) return;
    const due = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const left = due - performance.now();
      // Timers of node may be a millisecond early; a deadline never is.
      if (left > 0) this.#setTimer(Math.ceil(left));
      else this.limit('the deadline of the exchange has passed');
    }, ms);
  }
}

function headersOf(status: number, fields: Fields): OutgoingHttpHeaders {
  const headers = toHeaders(fields);
  headers[':status'] = status;
  return headers;
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
