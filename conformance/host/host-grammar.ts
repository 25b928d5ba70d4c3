/**
 * What a sound host may write on a pipe, in every case: frames, payloads, numbers, and for each exchange the order of a response,
 * its room and its SETTLED (sections 11.2 to 11.4). The counterpart for servers is process/pipe-grammar.ts.
 */
import { hostReader } from '../../binding/codec.ts';
import { encodeFrame, type Frame, LEAST_PAYLOAD } from '../../binding/frame.ts';
import { type Head, type HostMessage, type ServerMessage, TYPES } from '../../binding/messages.ts';
import { PipeError } from '../../binding/pipe-error.ts';
import type { RequirementId } from '../../spec/registry/index.ts';
import type { Finding } from '../peer/grammar.ts';

/** Types whose payload is no JSON: what is wrong with it is wrong with the frame. */
const PLAIN: readonly string[] = ['DATA', 'CREDIT', 'DRAIN'];

const MAX_CREDIT = 2 ** 31 - 1;

/** Of one exchange, as far as it binds what comes next. */
interface Written {
  readonly head: Head;
  room: number;
  started: boolean;
  ended: boolean;
  reset: boolean;
  settled: boolean;
}

export class HostGrammar {
  readonly findings: Finding[] = [];
  readonly #connections = new Set<number>();
  readonly #exchanges = new Map<number, Written>();
  /** Promises, answered or not. */
  readonly #promised = new Set<number>();
  /** The longest payload that the kit has announced; null before its HELLO. */
  #taken: number | null = null;
  #greeted = false;
  #highest = 0;

  /** A message of the kit goes out. */
  sends({ type, number, payload }: ServerMessage): void {
    if (type === 'HELLO') this.#taken = payload.payload;
    else if (type === 'OPEN') this.#connections.add(number);
    else if (type === 'HEAD') {
      const { room } = payload;
      const begun = { started: false, ended: false, reset: false, settled: false };
      this.#exchanges.set(number, { head: payload, room, ...begun });
    } else if (type === 'CREDIT') {
      const exchange = this.#exchanges.get(number);
      if (exchange !== undefined) exchange.room = Math.min(MAX_CREDIT, exchange.room + payload);
    }
  }

  /** Holds a frame of the host against the rules; gives the message, or null where it is none. */
  frame(frame: Frame): HostMessage | null {
    const name = TYPES[frame.type - 1];
    const limit = this.#taken ?? LEAST_PAYLOAD;
    if (frame.payload.length > limit)
      this.#find('MSGI-PROC-8', `${name} has ${frame.payload.length} octets of payload, where ${limit} are taken`);
    if (name === undefined) {
      this.#find('MSGI-PROC-4', `the host writes a frame of type ${frame.type}`);
      return null;
    }
    const message = this.#decode(frame, name);
    this.#hello(name, frame.number);
    if (message !== null && message.type !== 'HELLO') this.#number(message);
    return message;
  }

  #find(requirement: RequirementId, seen: string): void {
    this.findings.push({ requirement, verdict: 'fail', seen });
  }

  #decode(frame: Frame, name: string): HostMessage | null {
    try {
      const [message = null] = hostReader(0xffff_ffff).read(encodeFrame(frame));
      return message;
    } catch (error) {
      if (!(error instanceof PipeError)) throw error;
      if (name === 'PUSH' && error.message.includes('is odd')) {
        this.#find('MSGI-PROC-12', `PUSH promises an odd number: ${error.message}`);
        return null;
      }
      const layout = PLAIN.includes(name) || error.message.includes('not for this end') || frame.payload.length === 0;
      this.#find(layout ? 'MSGI-PROC-4' : 'MSGI-PROC-5', `${name}: ${error.message}`);
      return null;
    }
  }

  #hello(name: string, number: number): void {
    if (name === 'HELLO' && number !== 0) this.#find('MSGI-PROC-4', `HELLO has number ${number}`);
    if (name === 'HELLO' && this.#taken === null)
      this.#find('MSGI-PROC-16', 'HELLO comes before the HELLO of the server');
    if (name === 'HELLO' && this.#greeted) this.#find('MSGI-PROC-14', 'HELLO comes a second time');
    if (name !== 'HELLO' && !this.#greeted) this.#find('MSGI-PROC-14', `${name} comes before HELLO`);
    this.#greeted = true;
  }

  #number(message: HostMessage): void {
    const { type, number } = message;
    if (type === 'DRAIN') {
      if (!this.#connections.has(number)) this.#find('MSGI-PROC-4', `DRAIN has number ${number}: no connection`);
      return;
    }
    const exchange = this.#exchanges.get(number);
    if (exchange !== undefined) this.#ofExchange(exchange, message);
    else if (!(type === 'RESET' && this.#promised.has(number)))
      this.#find('MSGI-PROC-4', `${type} has number ${number}: no exchange`);
  }

  #ofExchange(exchange: Written, message: HostMessage): void {
    const { type, number, payload } = message;
    if (type === 'INFORM') this.#inform(exchange, number);
    else if (type === 'PUSH') this.#push(exchange, number, payload.promise);
    else if (type === 'START') {
      this.#response(exchange, type, number);
      if (exchange.started) this.#find('MSGI-LIFE-6', `START of ${number} comes a second time`);
      exchange.started = true;
      exchange.ended = payload.end === true;
    } else if (type === 'DATA') this.#data(exchange, number, payload.length);
    else if (type === 'END') {
      this.#afterStart(exchange, type, number);
      exchange.ended = true;
    } else if (type === 'RESET') exchange.reset = true;
    else if (type === 'SETTLED') {
      if (exchange.settled) this.#find('MSGI-PROC-40', `SETTLED of ${number} comes a second time`);
      exchange.settled = true;
    }
  }

  #inform(exchange: Written, number: number): void {
    this.#response(exchange, 'INFORM', number);
    if (!exchange.head.caps.inform) this.#find('MSGI-PROC-33', `INFORM of ${number}, where caps.inform is false`);
    if (exchange.started) this.#find('MSGI-LIFE-6', `INFORM of ${number} comes behind START`);
  }

  /** Rules of section 6.1 that a host can see. */
  #push(exchange: Written, number: number, promise: number): void {
    const { head, started, ended, settled } = exchange;
    const wrong =
      (!head.caps.push && 'caps.push is false') ||
      (head.pushed && 'the exchange is a pushed one') ||
      (head.request.method === 'CONNECT' && 'the request is a CONNECT') ||
      (started && ended && 'the response has ended') ||
      (settled && 'the application has settled');
    if (wrong !== false) this.#find('MSGI-PROC-34', `PUSH of ${number}, where ${wrong}`);
    if (this.#promised.has(promise)) this.#find('MSGI-PROC-13', `PUSH gives the number ${promise} a second time`);
    else if (promise < this.#highest) this.#find('MSGI-PROC-12', `PUSH gives ${promise} behind ${this.#highest}`);
    else if (this.#highest === 0 && promise !== 2)
      this.#find('MSGI-PROC-12', `the first PUSH promises ${promise}, not 2`);
    this.#promised.add(promise);
    this.#highest = Math.max(this.#highest, promise);
  }

  #data(exchange: Written, number: number, octets: number): void {
    this.#afterStart(exchange, 'DATA', number);
    exchange.room -= octets;
    if (exchange.room >= 0) return;
    this.#find('MSGI-PROC-23', `DATA of ${number} goes ${-exchange.room} octets beyond the room`);
    // Each octet too many is told once.
    exchange.room = 0;
  }

  #afterStart(exchange: Written, type: string, number: number): void {
    this.#response(exchange, type, number);
    if (!exchange.started) this.#find('MSGI-LIFE-31', `${type} of ${number} comes before START`);
    if (exchange.ended) this.#find('MSGI-LIFE-8', `${type} of ${number} comes behind the end of the response`);
  }

  /** Whatever belongs to the response. */
  #response({ reset, settled }: Written, type: string, number: number): void {
    if (settled) this.#find('MSGI-PROC-53', `${type} of ${number} comes behind SETTLED`);
    else if (reset) this.#find('MSGI-LIFE-12', `${type} of ${number} comes behind RESET of the host`);
  }
}
