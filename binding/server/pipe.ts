/** One pipe at the server: numbers, connections, exchanges, and the order of HELLO. Octets in, octets out. */
import type { Awaitable, Connection, Exchange } from '../../spec/msgi.ts';
import { encode, hostReader } from '../codec.ts';
import { LEAST_PAYLOAD } from '../frame.ts';
import type { Carrier } from '../host/pipe.ts';
import type { HostMessage, Open, ServerMessage } from '../messages.ts';
import { PipeError } from '../pipe-error.ts';
import { agreed, VERSIONS } from '../versions.ts';
import { Forwarding, type ServerWire } from './forwarding.ts';
import { Outgoing } from './outgoing.ts';

/** The longest payload that is taken here, octets. */
const PAYLOAD = 1_048_576;

export interface PipeListener {
  /** HELLO of the host has come. */
  ready(): void;
  /** The pipe has ended, from whichever side; `error` where the host has broken it. */
  ended(error: PipeError | null): void;
}

interface OpenConnection {
  readonly face: WeakRef<Connection>;
  drained: boolean;
}

export class ServerPipe implements ServerWire {
  payload = LEAST_PAYLOAD;
  state: 'waiting' | 'ready' | 'ended' = 'waiting';
  readonly #carrier: Carrier;
  readonly #listener: PipeListener;
  readonly #reader = hostReader(PAYLOAD, true);
  readonly #live = new Map<number, Forwarding>();
  readonly #numbers = new WeakMap<Connection, number>();
  readonly #connections = new Map<number, OpenConnection>();
  /** No event says that a connection has ended (section A.1); that nobody holds it any more does. */
  readonly #gone = new FinalizationRegistry<number>(number => {
    this.#connections.delete(number);
    this.#write({ type: 'CLOSE', number, payload: null });
  });
  #nextOdd = 1;
  #highestEven = 0;
  readonly #out = new Outgoing();

  /** Sends HELLO at once. */
  constructor(carrier: Carrier, listener: PipeListener) {
    this.#carrier = carrier;
    this.#listener = listener;
    this.#write({ type: 'HELLO', number: 0, payload: { versions: VERSIONS, payload: PAYLOAD, name: 'msgi' } });
  }

  /** Exchanges that are live here. */
  get load(): number {
    return this.#live.size;
  }

  /** What has come from the host. The memory of the octets is the caller's again when it returns. */
  receive(octets: Uint8Array): void {
    if (this.state === 'ended') return;
    try {
      for (const message of this.#reader.read(octets)) this.#take(message);
    } catch (error) {
      if (!(error instanceof PipeError)) throw error;
      this.#finish(error);
    }
  }

  end(): void {
    this.#finish(null);
  }

  #finish(error: PipeError | null): void {
    if (this.state === 'ended') return;
    this.#flush();
    this.state = 'ended';
    this.#carrier.close();
    for (const forwarding of [...this.#live.values()]) forwarding.lost();
    this.#live.clear();
    this.#listener.ended(error);
  }

  /** The server drains as a whole. */
  drain(): void {
    this.#write({ type: 'DRAIN', number: 0, payload: null });
  }

  /** Runs an exchange on the host; settles as its application does. Only while the state is "ready". */
  forward(x: Exchange): Awaitable<void> {
    const connection = this.#open(x);
    return this.#begin(new Forwarding(this, this.#odd(), x), connection);
  }

  promised(x: Exchange, number: number): Awaitable<void> {
    if (this.state === 'ended') return x.respond(502);
    return this.#begin(new Forwarding(this, number, x), this.#open(x));
  }

  #begin(forwarding: Forwarding, connection: number): Awaitable<void> {
    this.#live.set(forwarding.number, forwarding);
    if (forwarding.begin(connection)) return forwarding.promise;
    this.#live.delete(forwarding.number);
    return undefined;
  }

  /** Numbers rise; one that was prepared for a HEAD that was too long is passed over. */
  #odd(): number {
    const number = this.#nextOdd;
    this.#nextOdd += 2;
    return number;
  }

  #open(x: Exchange): number {
    const face = x.connection;
    let number = this.#numbers.get(face);
    if (number === undefined) {
      number = this.#odd();
      this.#numbers.set(face, number);
      this.#connections.set(number, { face: new WeakRef(face), drained: false });
      this.#gone.register(face, number);
      this.#write({ type: 'OPEN', number, payload: factsOf(face) });
    }
    if (face.draining) this.connectionDrains(x);
    return number;
  }

  connectionDrains({ connection }: Exchange): void {
    const number = this.#numbers.get(connection);
    const open = number === undefined ? undefined : this.#connections.get(number);
    if (number === undefined || open === undefined || open.drained) return;
    open.drained = true;
    this.#write({ type: 'DRAIN', number, payload: null });
  }

  finished(number: number): void {
    this.#live.delete(number);
  }

  #write(message: ServerMessage): void {
    this.send(message.number, encode(message));
  }

  send(number: number, octets: Uint8Array): void {
    if (!this.#sends()) return;
    this.#out.frame(number, octets);
  }

  sendContent(number: number, octets: Uint8Array): void {
    if (!this.#sends()) return;
    this.#out.content(number, octets, this.payload);
  }

  /** One write for all that is said in a turn. False when nothing can be said any more. */
  #sends(): boolean {
    if (this.state === 'ended') return false;
    if (this.#out.empty) setImmediate(() => this.#flush());
    return true;
  }

  #flush(): void {
    if (this.state !== 'ended' && !this.#out.empty) this.#carrier.write(this.#out.take());
  }

  // Messages of the host ------------------------------------------------------------------------------------------

  #take(message: HostMessage) {
    const { type, number } = message;
    if (type === 'HELLO') return this.#hello(message);
    if (this.state !== 'ready') throw new PipeError('MSGI-PROC-14', `${type} before HELLO`);
    if (type === 'DRAIN') return this.#drainConnection(number);
    const forwarding = this.#live.get(number);
    if (forwarding === undefined) this.#checkGiven(type, number);
    if (type === 'PUSH') this.#checkPromise(message.payload.promise);
    forwarding?.take(message);
  }

  #hello({ number, payload: { versions, payload } }: Extract<HostMessage, { type: 'HELLO' }>): void {
    if (this.state !== 'waiting') throw new PipeError('MSGI-PROC-14', 'HELLO twice');
    if (number !== 0) throw wrongKind('HELLO');
    if (agreed(versions) === null)
      throw new PipeError('MSGI-PROC-17', `the host speaks none of ${VERSIONS.join(', ')}`);
    this.payload = payload;
    this.state = 'ready';
    this.#listener.ready();
  }

  #drainConnection(number: number): void {
    const open = this.#connections.get(number);
    if (open !== undefined) open.face.deref()?.drain();
    else if (this.#live.has(number)) throw wrongKind('DRAIN');
    else this.#checkGiven('DRAIN', number);
  }

  #checkGiven(type: string, number: number): void {
    if (this.#connections.has(number)) throw wrongKind(type);
    const given = number % 2 === 1 ? number < this.#nextOdd : number > 0 && number <= this.#highestEven;
    if (!given) throw new PipeError('MSGI-PROC-9', `${type} for a number that was never given`);
  }

  #checkPromise(promise: number): void {
    if (promise <= this.#highestEven) throw new PipeError('MSGI-PROC-13', 'PUSH gives a number a second time');
    this.#highestEven = promise;
  }
}

function wrongKind(type: string): PipeError {
  return new PipeError('MSGI-PROC-9', `${type} for a number of the wrong kind`);
}

function factsOf({ peer, local, tls }: Connection): Open {
  const chain = tls?.chain.map(der => btoa(String.fromCharCode(...der))) ?? [];
  return {
    peer: peer === null ? null : { host: peer.host, port: peer.port },
    local: local === null ? null : { host: local.host, port: local.port },
    tls: tls === null ? null : { ...tls, chain },
  };
}
