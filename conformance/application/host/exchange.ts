/** What the application is given: every member belongs to this object, and says so where it is taken off (MSGI-MID-3). */
import type {
  App,
  Caps,
  Connection,
  Exchange,
  Fields,
  Notice,
  Priority,
  PushRequest,
  RequestHead,
  Sink,
  Source,
} from '../../../spec/msgi.ts';
import { checkFields, checkInteger, checkPush, checkReset, lengthOf } from './arguments.ts';
import type { Visit } from './visit.ts';

const CANCEL = 8;

export class HostExchange implements Exchange {
  readonly #visit: Visit;

  constructor(visit: Visit) {
    this.#visit = visit;
  }

  get id(): number {
    return this.#visit.id;
  }

  get request(): RequestHead {
    return this.#visit.options.request;
  }

  get connection(): Connection {
    return this.#visit.options.connection;
  }

  get caps(): Caps {
    return this.#visit.options.caps;
  }

  get body(): Source {
    return this.#visit.source;
  }

  get state(): Exchange['state'] {
    return this.#visit.state;
  }

  get pushed(): boolean {
    return this.#visit.options.pushed;
  }

  get priority(): Priority {
    return this.#visit.priority;
  }

  get signal(): AbortSignal {
    return this.#visit.control.signal;
  }

  get locals(): Record<string, unknown> {
    return this.#visit.locals;
  }

  inform(status: number, fields?: Fields): boolean {
    checkInteger('the status', status, 100, 199);
    if (status === 101) throw new TypeError("101 is the server's");
    lengthOf(checkFields(fields));
    return this.#visit.inform(status);
  }

  respond(status: number, fields?: Fields, body?: Uint8Array | string): void {
    this.#visit.begin(status, fields, 'done', body);
  }

  start(status: number, fields?: Fields): Sink {
    this.#visit.begin(status, fields, 'open');
    return this.#visit.state === 'dead' ? this.#visit.makeDeadSink() : (this.#visit.sink as Sink);
  }

  push(request: PushRequest, app?: App): boolean {
    checkPush(request, app);
    const { scheme, version, authority, protocol } = this.#visit.options.request;
    const { target, method = 'GET', fields = [] } = request;
    const head = {
      version,
      method,
      scheme,
      authority: request.authority ?? authority,
      target,
      base: '',
      protocol,
      fields,
    };
    return this.#visit.push(head, app);
  }

  prioritize(urgency: number, incremental?: boolean): void {
    checkInteger('the urgency', urgency, 0, 7);
    if (incremental !== undefined && typeof incremental !== 'boolean') throw new TypeError('incremental is a boolean');
    this.#visit.call('prioritize', `urgency ${urgency}${incremental === true ? ', incremental' : ''}`);
  }

  deadline(ms: number): void {
    if (ms !== Number.POSITIVE_INFINITY) checkInteger('the deadline', ms, 1, 2 ** 31 - 1);
    this.#visit.deadline(ms);
  }

  reset(code: number = CANCEL): void {
    checkReset(code);
    this.#visit.reset(code);
  }

  watch(listener: (notice: Notice) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('a listener is a function');
    return this.#visit.notices.watch(listener);
  }
}
