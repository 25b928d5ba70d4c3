/** One pipe at the host: numbers, connections, exchanges, and the order of HELLO (sections 11.3, 11.4). Octets in, octets out. */
import type { App, Awaitable } from '../../spec/msgi.ts';
import { encode, serverReader } from '../codec.ts';
import { asFields } from '../fields.ts';
import { LEAST_PAYLOAD } from '../frame.ts';
import type { Head, Hello, HostMessage, Open, ServerMessage } from '../messages.ts';
import { PipeError } from '../pipe-error.ts';
import { agreed, VERSIONS } from '../versions.ts';
import { CANCEL } from './arguments.ts';
import { HostConnection } from './connection.ts';
import { HostExchange } from './exchange.ts';
import { Failure } from './failure.ts';
import { Handling, type Wire } from './handling.ts';
import type { Lifespan } from './lifespan.ts';

/** The longest payload that is taken here, octets. */
const PAYLOAD = 1_048_576;

/** What carries the octets. */
export interface Carrier {
  /** Called at most once in a turn. */
  write(pieces: readonly Uint8Array[]): void;
  /** Nothing more is written. */
  close(): void;
}

export class HostPipe implements Wire {
  draining = false;
  payload = LEAST_PAYLOAD;
  /** Called once, when the pipe has ended from either side. */
  onEnd: () => void = () => {};
  readonly #lifespan: Lifespan;
  readonly #carrier: Carrier;
  readonly #reader = serverReader(PAYLOAD);
  readonly #live = new Map<number, HostConnection | Handling>();
  /** Promises that wait for their HEAD, with the application of the call. */
  readonly #promises = new Map<number, App | undefined>();
  #highestOdd = -1;
  #highestEven = 0;
  #greeted: 'no' | 'starting' | 'yes' = 'no';
  #over = false;
  #out: Uint8Array[] = [];
  #running = 0;
  #idle: (() => void) | null = null;

  constructor(lifespan: Lifespan, carrier: Carrier) {
    this.#lifespan = lifespan;
    this.#carrier = carrier;
    lifespan.add(this);
  }

  /** What has come from the server. What is no message of its kind closes the pipe (MSGI-PROC-9). */
  receive(octets: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const message of this.#reader.read(octets)) {
        this.#take(message);
        if (this.#over) return;
      }
    } catch (error) {
      if (!(error instanceof PipeError)) throw error;
      this.report(error, 'the pipe');
      this.end();
    }
  }

  /** The pipe has ended: what is live on it fails (MSGI-PROC-45). */
  end(): void {
    if (this.#over) return;
    this.#flush();
    this.#over = true;
    this.#carrier.close();
    this.#lifespan.remove(this);
    const failure = new Failure(CANCEL, 'transport', 'the pipe has ended');
    for (const each of this.#live.values()) if (each instanceof Handling) each.onLost(failure);
    this.#lifespan.drain();
    this.onEnd();
  }

  /** Fulfils when no application runs on an exchange of this pipe. */
  async settled(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>(resolve => {
      this.#idle = resolve;
    });
  }

  // What exchanges ask for ----------------------------------------------------------------------------------------

  send(message: HostMessage): void {
    if (this.#over) return;
    if (this.#out.length === 0) setImmediate(() => this.#flush());
    this.#out.push(encode(message));
  }

  #flush(): void {
    if (this.#over || this.#out.length === 0) return;
    const pieces = this.#out;
    this.#out = [];
    this.#carrier.write(pieces);
  }

  promise(app: App | undefined): number {
    this.#highestEven += 2;
    this.#promises.set(this.#highestEven, app);
    return this.#highestEven;
  }

  report(error: unknown, what: string): void {
    this.#lifespan.report(error, what);
  }

  finished(handling: Handling): void {
    this.#live.delete(handling.number);
  }

  // Messages ------------------------------------------------------------------------------------------------------

  #take(message: ServerMessage) {
    const { type, number } = message;
    if (type === 'HELLO') return this.#hello(number, message.payload);
    if (this.#greeted !== 'yes') throw new PipeError('MSGI-PROC-15', `${type} before HELLO of the host`);
    if (type === 'OPEN') return this.#open(number, message.payload);
    if (type === 'HEAD') return this.#head(number, message.payload);
    if (type === 'DRAIN' && number === 0) return this.#drain();
    if (type === 'RESET' && this.#promises.delete(number)) return;
    const live = this.#live.get(number);
    if (live === undefined) return this.#checkGiven(type, number);
    if (live instanceof Handling) return this.#forExchange(live, message);
    if (type === 'DRAIN') return live.drain();
    if (type !== 'CLOSE' || message.payload !== null) throw wrongKind(type);
    this.#live.delete(number);
  }

  #forExchange(handling: Handling, message: ServerMessage) {
    switch (message.type) {
      case 'DATA':
        return handling.inbound.push(message.payload);
      case 'END':
        return handling.inbound.finish(asFields(message.payload));
      case 'CREDIT':
        return handling.onCredit(message.payload);
      case 'PRIORITY':
        return handling.onPriority(message.payload);
      case 'RESET':
        return handling.onReset(message.payload.code, message.payload.by);
      case 'SENT':
        return handling.onSent();
      case 'CLOSE':
        if (message.payload !== null) return handling.onClose(message.payload);
    }
    throw wrongKind(message.type);
  }

  /** A number that is finished was given once: what comes for it could not know yet (MSGI-PROC-10). */
  #checkGiven(type: string, number: number): void {
    const given = number % 2 === 1 ? number <= this.#highestOdd : number > 0 && number <= this.#highestEven;
    if (!given || this.#promises.has(number)) throw new PipeError('MSGI-PROC-9', `${type} for a number without HEAD`);
  }

  #hello(number: number, { versions, payload, name }: Hello): void {
    if (this.#greeted !== 'no') throw new PipeError('MSGI-PROC-14', 'HELLO twice');
    if (number !== 0) throw wrongKind('HELLO');
    const spec = agreed(versions);
    if (spec === null) throw new PipeError('MSGI-PROC-17', `none of the versions here is ${VERSIONS.join(', ')}`);
    this.#greeted = 'starting';
    this.payload = payload;
    this.#lifespan.start({ spec, server: name }).then(
      () => this.#answerHello(),
      error => {
        this.report(error, 'start');
        this.end();
      },
    );
  }

  #answerHello(): void {
    this.#greeted = 'yes';
    this.send({ type: 'HELLO', number: 0, payload: { versions: VERSIONS, payload: PAYLOAD, name: 'msgi' } });
  }

  #open(number: number, facts: Open): void {
    this.#checkNew('OPEN', number);
    const drain = () => this.send({ type: 'DRAIN', number, payload: null });
    this.#live.set(number, new HostConnection(number, facts, drain));
  }

  #head(number: number, head: Head): void {
    const promised = this.#promises.has(number);
    const app = this.#promises.get(number);
    if (promised) this.#promises.delete(number);
    else this.#checkNew('HEAD', number);
    const connection = this.#live.get(head.connection);
    if (!(connection instanceof HostConnection)) throw new PipeError('MSGI-PROC-18', 'HEAD names no connection');
    if (head.pushed !== promised)
      throw new PipeError('MSGI-PROC-9', 'HEAD is of a promise, or not, by its number alone');
    const handling = new Handling(this, connection, number, head);
    this.#live.set(number, handling);
    this.#run(handling, app);
  }

  #checkNew(type: string, number: number): void {
    if (number % 2 === 0) throw wrongKind(type);
    if (number <= this.#highestOdd) throw new PipeError('MSGI-PROC-13', `${type} gives a number a second time`);
    this.#highestOdd = number;
  }

  #drain(): void {
    this.draining = true;
    this.#lifespan.drain();
  }

  // The application -----------------------------------------------------------------------------------------------

  #run(handling: Handling, app: App | undefined) {
    const { application } = this.#lifespan;
    const face = new HostExchange(handling);
    let result: Awaitable<void>;
    try {
      result = app === undefined ? application.app(face) : app(face);
    } catch (error) {
      return handling.settle({ error });
    }
    if (result === undefined) return handling.settle(null);
    this.#running += 1;
    Promise.resolve(result)
      .then(
        () => handling.settle(null),
        error => handling.settle({ error }),
      )
      .then(() => this.#settledOne());
  }

  #settledOne(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.();
  }
}

function wrongKind(type: string): PipeError {
  return new PipeError('MSGI-PROC-9', `${type} for a number of the wrong kind`);
}
