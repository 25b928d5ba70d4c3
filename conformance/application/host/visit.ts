/**
 * One exchange as the script has it: it plays the peer and the server, and the application sees it through the face. The
 * tables of sections 3.1 and 3.5 decide what each event and each call does; a server decides the same again, on purpose.
 */
import type { Caps, Exchange, ExchangeError, Fields, Party, Priority, RequestHead } from '../../../spec/msgi.ts';
import type { Trace } from '../trace.ts';
import { checkContent, checkHead, isBare, lengthOf } from './arguments.ts';
import type { HostConnection } from './connection.ts';
import { Notices } from './notices.ts';
import { HostSink } from './sink.ts';
import { HostSource } from './source.ts';
import { exchangeError } from './waiting.ts';

/** The final response and what went before it, as the peer has it. */
export interface Message {
  readonly informed: readonly number[];
  /** 0 without a head. */
  readonly status: number;
  readonly fields: Fields;
  readonly content: Buffer;
  readonly trailers: Fields;
  /** Its last octet is there. */
  readonly complete: boolean;
}

export interface VisitOptions {
  readonly request: RequestHead;
  readonly connection: HostConnection;
  readonly caps: Caps;
  readonly pushed: boolean;
  /** Octets of the response that the peer takes without a further grant. */
  readonly window: number;
  /** Octets of the request that the peer may send without a further grant. */
  readonly allowance: number;
  /** The peer sends no content before 100, or a final response. */
  readonly expects: boolean;
}

export interface VisitEvents {
  later(action: () => void): void;
  /** A rule that the application has broken. */
  broken(id: 'MSGI-APP-5', what: string): void;
  /** True where a promise is taken. */
  push(visit: Visit, request: RequestHead, app: unknown): boolean;
}

const INTERNAL_ERROR = 2;
const CANCEL = 8;
const NEVER_ASKED: Priority = { scheme: 'none', urgency: 3, incremental: false, node: null };

export class Visit {
  readonly options: VisitOptions;
  readonly id: number;
  readonly source: HostSource;
  readonly notices: Notices;
  readonly control = new AbortController();
  readonly locals: Record<string, unknown> = Object.create(null);
  state: Exchange['state'] = 'idle';
  priority: Priority = NEVER_ASKED;
  /** How the application's promise has settled; null before. */
  settled: 'fulfilled' | 'rejected' | null = null;
  /** What the promise was rejected with. */
  reason: unknown = null;
  closed = false;
  /** The peer still waits for 100. */
  expecting: boolean;
  /** Code of the application's `reset`; null without one. */
  resetBy: number | null = null;
  sink: HostSink | null = null;
  readonly #trace: Trace;
  readonly #events: VisitEvents;
  #error: ExchangeError | null = null;
  /** First failure of either half. */
  #failure: ExchangeError | null = null;
  #window: number;
  #informed: number[] = [];
  #status = 0;
  #fields: Fields = [];
  #content: Uint8Array[] = [];
  #sent = 0;
  #trailers: Fields = [];
  #complete = false;
  #stubborn = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #undrain: () => void;

  constructor(options: VisitOptions, trace: Trace, events: VisitEvents) {
    const { connection, pushed, request } = options;
    this.options = options;
    this.#trace = trace;
    this.#events = events;
    this.#window = options.window;
    this.expecting = options.expects;
    this.id = pushed ? connection.promise() : connection.stream();
    this.notices = new Notices(
      action => events.later(action),
      error => this.#trace.fact(connection.number, this.id, 'listener', `threw: ${String(error)}`),
    );
    this.source = new HostSource(
      {
        call: (member, words) => this.call(`body.${member}`, words),
        wanted: () => this.#continue(),
        over: () => this.#closeIfOver(),
      },
      options.allowance,
    );
    this.#undrain = connection.onDrain(() => this.#drained());
    const { method, base, target, version, fields } = request;
    this.event('request', `HTTP/${version} ${method} ${base}${target} ${fields.join(' ')}`.trim());
  }

  // --- what became of it ---------------------------------------------------------------------------------------------

  get message(): Message {
    return {
      informed: this.#informed,
      status: this.#status,
      fields: this.#fields,
      content: Buffer.concat(this.#content),
      trailers: this.#trailers,
      complete: this.#complete,
    };
  }

  /** The exchange has failed before its response was complete. */
  get failed(): boolean {
    return this.#error !== null;
  }

  get error(): ExchangeError | null {
    return this.#error;
  }

  // --- events of the peer and of the server --------------------------------------------------------------------------

  content(chunk: Uint8Array): void {
    this.event('content', `${chunk.length} octets`, chunk);
    this.source.arrive(chunk);
  }

  end(trailers: Fields = []): void {
    this.event('end', trailers.join(' '));
    this.source.end(trailers);
  }

  /** The peer resets the stream. */
  cancel(code = CANCEL): void {
    this.event('reset', `code ${code}, by peer`);
    this.#fail(exchangeError(code, 'peer'));
  }

  lose(): void {
    this.event('lost', 'the transport');
    this.#fail(exchangeError(CANCEL, 'transport'));
  }

  /** A limit of the server ends it (MSGI-LIFE-17, MSGI-LIFE-18, MSGI-LIFE-19). */
  limit(): void {
    this.event('limit', 'of the server');
    if (this.state === 'idle') this.#status = 503;
    this.#fail(exchangeError(CANCEL, 'server'));
  }

  /** The peer takes so many octets more. */
  grant(octets: number): void {
    this.event('room', `${octets} octets`);
    this.#window += octets;
    this.sink?.flush();
    this.#completeIfSent();
  }

  reprioritise(urgency: number, incremental: boolean): void {
    this.priority = { scheme: 'urgency', urgency, incremental, node: null };
    this.event('priority', `urgency ${urgency}${incremental ? ', incremental' : ''}`);
    this.notices.tell({ type: 'priority', priority: this.priority });
  }

  /** The application's promise has settled. */
  settle(how: 'fulfilled' | 'rejected', reason: unknown = null): void {
    this.settled = how;
    this.reason = reason;
    const words =
      how === 'rejected'
        ? `rejected: ${reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)}`
        : how;
    this.#trace.fact(this.options.connection.number, this.id, 'settled', words);
    if (this.state === 'idle') this.#answer(500);
    else if (this.state === 'open') this.#fail(exchangeError(INTERNAL_ERROR, 'app'));
    this.source.halt(0);
  }

  // --- calls of the application --------------------------------------------------------------------------------------

  begin(status: number, fields: Fields | undefined, state: 'open' | 'done', body?: Uint8Array | string): void {
    const { method } = this.options.request;
    const list = checkHead(status, fields);
    const octets = body === undefined ? null : checkContent(body);
    if (state === 'done') checkRespond(method, status, lengthOf(list), octets);
    if (this.state === 'open' || this.state === 'done') throw new TypeError(`the response is ${this.state}`);
    this.call(state === 'open' ? 'start' : 'respond', `${status} ${list.join(' ')}`.trim(), octets ?? undefined);
    if (this.state === 'dead') return;
    if (state === 'open' && status < 300) this.#continue();
    this.#status = status;
    this.#fields = list;
    const bare = isBare(method, status);
    const tunnel = method === 'CONNECT' && status < 300;
    this.sink = this.#makeSink(bare, bare || tunnel || state === 'done' ? null : lengthOf(list), tunnel);
    this.state = 'open';
    if (state === 'open') return;
    this.sink.whole(octets);
  }

  /** A sink of an exchange that has failed gives its error at every call. */
  makeDeadSink(): HostSink {
    return this.#makeSink(false, null, false);
  }

  inform(status: number): boolean {
    if (this.state === 'open' || this.state === 'done') throw new TypeError(`the response is ${this.state}`);
    const queued = this.state === 'idle' && this.options.caps.inform;
    this.call('inform', `${status}${queued ? '' : ', which is not sent'}`);
    if (queued) this.#informed.push(status);
    return queued;
  }

  reset(code: number): void {
    this.call('reset', `${code}`);
    this.resetBy ??= code;
    this.#fail(exchangeError(code, 'app'));
  }

  deadline(ms: number): void {
    this.call('deadline', `${ms}`);
    clearTimeout(this.#timer);
    if (!this.closed && Number.isFinite(ms)) this.#timer = setTimeout(() => this.limit(), ms).unref();
  }

  push(request: RequestHead, app: unknown): boolean {
    const { caps, pushed, connection } = this.options;
    const may = caps.push && !pushed && !connection.draining && (this.state === 'idle' || this.state === 'open');
    const taken = may && this.#events.push(this, request, app);
    this.call('push', `${request.method} ${request.target}${taken ? '' : ', which is not taken'}`);
    return taken;
  }

  call(member: string, words?: string, octets?: Uint8Array): void {
    this.#trace.call(this.options.connection.number, this.id, member, words, octets);
  }

  event(type: string, words?: string, octets?: Uint8Array): void {
    this.#trace.event(this.options.connection.number, this.id, type, words, octets);
  }

  // --- ends ----------------------------------------------------------------------------------------------------------

  #makeSink(bare: boolean, declared: number | null, tunnel: boolean): HostSink {
    const visit = this;
    return new HostSink(
      {
        call: (member, words, octets) => visit.call(member, words, octets),
        get error() {
          return visit.#error;
        },
        get isDone() {
          return visit.state === 'done';
        },
        room: () => (visit.#error === null ? visit.#window : 0),
        sent: octets => visit.#hand(octets),
        ended: trailers => visit.#ended(trailers),
        short: () => visit.#fail(exchangeError(INTERNAL_ERROR, 'app')),
        stubborn: calls => visit.#isStubborn(calls),
        later: action => visit.#events.later(action),
      },
      bare,
      declared,
      tunnel,
    );
  }

  /** What is kept is a copy: a chunk that the application changes later is found out by comparison. */
  #hand(octets: Uint8Array): void {
    this.#window -= octets.length;
    this.#sent += octets.length;
    this.#content.push(Uint8Array.from(octets));
  }

  #ended(trailers: Fields): void {
    this.state = 'done';
    const bare = isBare(this.options.request.method, this.#status);
    if (!bare && this.options.caps.trailers) this.#trailers = trailers;
    // A peer that waits for 100 gets none any more (MSGI-LIFE-26).
    if (this.expecting) this.source.halt(0);
    this.#events.later(() => this.#completeIfSent());
  }

  #completeIfSent(): void {
    if (this.state !== 'done' || this.#complete || this.#error !== null) return;
    this.sink?.flush();
    if ((this.sink?.buffered ?? 0) > 0) return;
    this.#complete = true;
    this.#trace.fact(this.options.connection.number, this.id, 'complete', `${this.#status}, ${this.#sent} octets`);
    this.sink?.complete();
    this.#closeIfOver();
  }

  #answer(status: number): void {
    this.#status = status;
    this.state = 'done';
    this.#complete = true;
    this.#closeIfOver();
  }

  #fail(error: ExchangeError): void {
    if (this.closed || this.#error !== null) return;
    this.#failure ??= error;
    if (this.#complete) {
      this.source.fail(error);
      return;
    }
    this.#error = error;
    if (this.state !== 'done') this.state = 'dead';
    this.control.abort(error);
    this.sink?.fail(error);
    this.source.fail(error);
    this.#closeIfOver();
  }

  #isStubborn(calls: number): void {
    if (this.#stubborn) return;
    this.#stubborn = true;
    this.#events.broken(
      'MSGI-APP-5',
      `the application goes on producing: ${calls} calls after it was told that nothing is taken`,
    );
  }

  #continue(): void {
    if (!this.expecting || this.state !== 'idle') return;
    this.expecting = false;
    this.#trace.fact(this.options.connection.number, this.id, '100', 'to a peer that waits for it');
  }

  #drained(): void {
    this.event('drain');
    this.notices.tell({ type: 'drain' });
  }

  #closeIfOver(): void {
    if (this.closed || !this.source.over || !(this.#complete || this.#error !== null)) return;
    this.closed = true;
    this.#undrain();
    clearTimeout(this.#timer);
    const { code, by }: { code: number; by: Party } = this.#failure ?? { code: 0, by: 'app' };
    this.notices.tell({
      type: 'close',
      complete: this.#complete,
      code,
      by,
      status: this.#status,
      sent: this.#sent,
      received: this.source.received,
    });
  }
}

/** MSGI-LEN-2 and MSGI-TUN-6. */
function checkRespond(method: string, status: number, declared: number | null, octets: Uint8Array | null): void {
  if (method === 'CONNECT' && status < 300) throw new TypeError('a tunnel is opened by start');
  const compared = !isBare('', status) && (method !== 'HEAD' || octets !== null);
  if (compared && declared !== null && declared !== (octets?.length ?? 0))
    throw new TypeError(`a content-length of ${declared}, and ${octets?.length ?? 0} octets`);
}
