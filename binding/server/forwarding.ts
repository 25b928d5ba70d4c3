/**
 * One exchange of a server, forwarded to a host: what happens to it goes out as messages, what the host says are calls.
 * Whatever server gives the exchange, this end of the pipe is the same (sections 11.4 and 11.6).
 */
import type { Awaitable, Exchange, ExchangeError, Fields, Notice, Sink } from '../../spec/msgi.ts';
import { encode } from '../codec.ts';
import { asFieldList, asFields } from '../fields.ts';
import { FRAME_HEAD } from '../frame.ts';
import type { Head, HostMessage, ServerMessage, ServerPayloads, Start } from '../messages.ts';

/** Key of `connection.locals` under which a server may say what the `window` of a sink would be, before there is one. */
const ROOM = 'msgi.room';
/** Key under which it may say how a sink is written to from memory that is used again. */
const LEND = 'msgi.lend';
/** The most room that is outstanding, octets (MSGI-PROC-29). */
const MOST_ROOM = 262_144;

const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;

/** What a forwarded exchange needs of its pipe. */
export interface ServerWire {
  /** A frame of that number. */
  send(number: number, octets: Uint8Array): void;
  /** Octets of content, at least one; they may become one DATA with those that came before in this turn. */
  sendContent(number: number, octets: Uint8Array): void;
  /** The longest payload that the host takes, octets. */
  readonly payload: number;
  /** Runs a promised exchange on the host's number for it. */
  promised(x: Exchange, number: number): Awaitable<void>;
  /** The connection of this exchange drains. */
  connectionDrains(x: Exchange): void;
  /** Both ends have said all that they have to say. */
  finished(number: number): void;
}

export class Forwarding {
  readonly number: number;
  /** Settles as the host's application does. */
  readonly promise: Promise<void>;
  readonly #wire: ServerWire;
  readonly #x: Exchange;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};
  #sink: Sink | null = null;
  #write: (octets: Uint8Array) => Awaitable<void> = () => {};
  /** Room that the host has left, octets. */
  #room: number;
  #awaitsRoom = false;
  /** The reading of the request; null before it begins. */
  #reading: Promise<void> | null = null;
  #sent = false;
  /** The host knows that the exchange has failed. */
  #failed = false;
  #closed = false;
  #settled = false;

  constructor(wire: ServerWire, number: number, x: Exchange) {
    this.#wire = wire;
    this.number = number;
    this.#x = x;
    this.#room = firstRoom(x);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends HEAD. False, with 431 given, where the host does not take one so long (MSGI-PROC-20). */
  begin(connection: number): boolean {
    const x = this.#x;
    const octets = encode({ type: 'HEAD', number: this.number, payload: headOf(x, connection, this.#room) });
    if (octets.length - FRAME_HEAD > this.#wire.payload) {
      x.respond(431);
      return false;
    }
    this.#wire.send(this.number, octets);
    x.signal.addEventListener('abort', () => this.#fails(x.signal.reason as ExchangeError), { once: true });
    x.watch(notice => this.#notice(notice));
    if (!x.body.ended) {
      x.body.manual();
      // Reading would send 100; the first CREDIT asks for it (MSGI-PROC-27).
      if (!waitsForContinue(x)) this.#read();
    }
    return true;
  }

  #send<T extends keyof ServerPayloads>(type: T, payload: ServerPayloads[T]): void {
    if (!this.#closed) this.#wire.send(this.number, encode({ type, number: this.number, payload } as ServerMessage));
  }

  // Events of the exchange ----------------------------------------------------------------------------------------

  #read(): void {
    this.#reading ??= this.#readOn().catch((error: ExchangeError) => {
      // A stop, of the host or by its settling, is no failure.
      if (error.by !== 'app') this.#fails(error);
    });
  }

  async #readOn(): Promise<void> {
    const { body } = this.#x;
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      // Nobody changes a chunk that was read (MSGI-DATA-6), so it goes on as it is.
      if (!this.#closed) this.#wire.sendContent(this.number, chunk);
    }
    const trailers = body.trailers ?? [];
    this.#send('END', trailers.length === 0 ? {} : asFieldList(trailers));
  }

  #notice(notice: Notice): void {
    if (notice.type === 'priority') {
      const { scheme, urgency, incremental } = notice.priority;
      this.#send('PRIORITY', { scheme, urgency, incremental });
    } else if (notice.type === 'drain') {
      this.#wire.connectionDrains(this.#x);
    } else {
      // What was read goes first.
      (this.#reading ?? Promise.resolve()).then(() => this.#close(notice));
    }
  }

  #close({ complete, code, by, status, sent, received }: Notice & { type: 'close' }): void {
    if (complete) this.#complete();
    else this.#fails({ code, by });
    this.#send('CLOSE', { complete, code, by, status, sent, received });
    this.#closed = true;
    if (this.#settled) this.#wire.finished(this.number);
  }

  #fails({ code, by }: Pick<ExchangeError, 'code' | 'by'>): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#send('RESET', { code, by });
  }

  readonly #complete = (): void => {
    if (this.#sent) return;
    this.#sent = true;
    this.#send('SENT', null);
  };

  // Messages of the host ------------------------------------------------------------------------------------------

  /** What breaks a rule of the interface ends the exchange, as a failure of the application (MSGI-PROC-32). */
  take(message: HostMessage): void {
    try {
      this.#do(message);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#fails({ code: INTERNAL_ERROR, by: 'app' });
      this.#reject(error);
    }
  }

  #do(message: HostMessage) {
    const x = this.#x;
    switch (message.type) {
      case 'CREDIT':
        x.body.credit(message.payload);
        return x.body.ended ? undefined : this.#read();
      case 'INFORM':
        return void x.inform(message.payload.status, asFields(message.payload));
      case 'START':
        return this.#start(message.payload);
      case 'DATA':
        return this.#data(message.payload, message.left ?? 0);
      case 'END':
        return this.#end(message.payload.fields === undefined ? undefined : asFields(message.payload));
      case 'PUSH':
        return this.#push(message.payload);
      case 'STOP':
        return x.body.stop(message.payload.code);
      case 'DEADLINE':
        return x.deadline(message.payload.ms ?? Number.POSITIVE_INFINITY);
      case 'PRIORITY':
        return x.prioritize(message.payload.urgency, message.payload.incremental);
      case 'RESET':
        this.#failed = true;
        return x.reset(message.payload.code);
      case 'SETTLED':
        return this.#settle(message.payload.failure);
    }
  }

  #start(start: Start): void {
    const tunnel = this.#x.caps.tunnel && start.status < 300;
    this.#sink = this.#x.start(start.status, asFields(start));
    this.#write = writing(this.#x, this.#sink);
    // A head of 2xx sends 100 first, so what comes then is wanted.
    if (start.status < 300 && (tunnel || !this.#x.body.ended)) this.#read();
    if (start.end === true) this.#end(undefined);
    else this.#topUp();
  }

  /** `left`: octets of the same frame that are still to come. */
  #data(octets: Uint8Array, left: number): void {
    if (this.#sink === null) throw new TypeError('DATA before START');
    if (octets.length + left > this.#room) throw new TypeError('DATA beyond the room (MSGI-PROC-23)');
    this.#room -= octets.length;
    // The room is the limit here: what waits is bounded by it.
    void this.#write(octets);
    this.#topUp();
  }

  #end(trailers: Fields | undefined): void {
    if (this.#sink === null) throw new TypeError('END before START');
    const result = trailers === undefined ? this.#sink.end() : this.#sink.end(trailers);
    if (result === undefined) this.#complete();
    else result.then(this.#complete, () => {});
  }

  #push({ promise, method, target, authority, fields, sensitive }: ServerPush): void {
    const list = asFields(sensitive === undefined ? { fields } : { fields, sensitive });
    const request = { method, target, fields: list, ...(authority === undefined ? {} : { authority }) };
    let made = false;
    try {
      made = this.#x.push(request, pushed => this.#wire.promised(pushed, promise));
    } finally {
      // No promise is made: its number is finished with this (MSGI-PROC-35).
      if (!made) {
        this.#wire.send(
          promise,
          encode({ type: 'RESET', number: promise, payload: { code: REFUSED_STREAM, by: 'server' } } as ServerMessage),
        );
      }
    }
  }

  #settle(failure: string | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    if (failure === undefined) this.#resolve();
    else this.#reject(Object.assign(new Error('the application has failed'), { stack: failure }));
    if (this.#closed) this.#wire.finished(this.number);
  }

  /** Room for what the windows let through, in steps that are worth a message. */
  #topUp(): void {
    if (this.#awaitsRoom || this.#sink === null || this.#x.state !== 'open') return;
    const result = this.#sink.ready();
    if (typeof result === 'number') {
      this.#grant(result);
      return;
    }
    this.#awaitsRoom = true;
    result.then(
      window => {
        this.#awaitsRoom = false;
        this.#grant(window);
      },
      () => {},
    );
  }

  #grant(window: number): void {
    const more = Math.min(window, MOST_ROOM) - this.#room;
    if (more <= 0 || more < this.#room) return;
    this.#room += more;
    this.#send('CREDIT', more);
  }

  /** The pipe has ended under it (MSGI-PROC-48). What was ended by the host goes out as it is. */
  lost(): void {
    this.#closed = true;
    const { state } = this.#x;
    if (state === 'idle') this.#x.respond(502);
    else if (state === 'open') this.#x.reset(INTERNAL_ERROR);
    this.#resolve();
  }
}

type ServerPush = Extract<HostMessage, { type: 'PUSH' }>['payload'];

/** None where nobody can say yet what the windows let through: the first CREDIT follows on START then (MSGI-PROC-30). */
function firstRoom({ connection, id }: Exchange): number {
  const tell = connection.locals[ROOM];
  return typeof tell === 'function' ? Math.min(tell(id), MOST_ROOM) : 0;
}

/** How to write octets of the pipe to that sink: what the pipe reads next comes to the same place. */
function writing({ connection }: Exchange, sink: Sink): (octets: Uint8Array) => Awaitable<void> {
  const lend = connection.locals[LEND];
  const lent = typeof lend === 'function' ? lend(sink) : null;
  return lent ?? (octets => sink.write(octets.slice()));
}

function headOf(x: Exchange, connection: number, room: number): Head {
  const { fields, ...request } = x.request;
  const { scheme, urgency, incremental } = x.priority;
  return {
    connection,
    id: x.id,
    request: { ...request, ...asFieldList(fields) },
    caps: { ...x.caps },
    priority: { scheme, urgency, incremental },
    window: x.body.window,
    room,
    pushed: x.pushed,
    ended: x.body.ended,
  };
}

function waitsForContinue({ request: { fields, version } }: Exchange): boolean {
  const expects = (name: string, i: number): boolean =>
    i % 2 === 0 && name === 'expect' && fields[i + 1]?.toLowerCase() === '100-continue';
  return version !== '1.0' && fields.some(expects);
}
