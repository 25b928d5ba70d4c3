/** What a server writes on a pipe, in every case: frames, payloads, numbers and their order (sections 11.2 to 11.4). */
import { serverReader } from '../../binding/codec.ts';
import { encodeFrame, type Frame, LEAST_PAYLOAD } from '../../binding/frame.ts';
import { type Head, type ServerMessage, TYPES } from '../../binding/messages.ts';
import { PipeError } from '../../binding/pipe-error.ts';
import type { RequirementId } from '../../spec/registry/index.ts';
import type { Finding } from '../peer/grammar.ts';

/** Types whose payload is no JSON: what is wrong with it is wrong with the frame. */
const PLAIN: readonly string[] = ['DATA', 'CREDIT', 'SENT', 'DRAIN'];

interface OpenConnection {
  closed: boolean;
}

interface BegunExchange {
  readonly connection: number;
  closed: boolean;
}

export class PipeGrammar {
  readonly findings: Finding[] = [];
  readonly #connections = new Map<number, OpenConnection>();
  readonly #exchanges = new Map<number, BegunExchange>();
  readonly #promised = new Set<number>();
  /** The longest payload that the kit has announced; null before its HELLO. */
  #taken: number | null = null;
  #highest = 0;
  #frames = 0;

  /** Exchanges that are not closed; promises that are not answered among them. */
  get open(): readonly number[] {
    const open = [...this.#exchanges].flatMap(([number, { closed }]) => (closed ? [] : [number]));
    return [...open, ...this.#promised];
  }

  /** The kit's HELLO goes out. */
  greeted(payload: number): void {
    this.#taken = payload;
  }

  promised(number: number): void {
    this.#promised.add(number);
  }

  /** Holds a frame against the rules; gives the message, or null where it is none. */
  frame(frame: Frame): ServerMessage | null {
    this.#frames += 1;
    const name = TYPES[frame.type - 1];
    const limit = this.#taken ?? LEAST_PAYLOAD;
    if (frame.payload.length > limit)
      this.#find('MSGI-PROC-8', `${name} has ${frame.payload.length} octets of payload, where ${limit} are taken`);
    if (name === undefined) {
      this.#find('MSGI-PROC-4', `the server writes a frame of type ${frame.type}`);
      return null;
    }
    const message = this.#decode(frame, name);
    this.#hello(name, frame.number);
    if (message !== null) this.#number(message);
    return message;
  }

  #find(requirement: RequirementId, seen: string): void {
    this.findings.push({ requirement, verdict: 'fail', seen });
  }

  #decode(frame: Frame, name: string): ServerMessage | null {
    try {
      const [message = null] = serverReader(0xffff_ffff).read(encodeFrame(frame));
      return message;
    } catch (error) {
      if (!(error instanceof PipeError)) throw error;
      const layout = PLAIN.includes(name) || error.message.includes('not for this end') || frame.payload.length === 0;
      this.#find(layout ? 'MSGI-PROC-4' : 'MSGI-PROC-5', `${name}: ${error.message}`);
      return PLAIN.includes(name) ? null : asMeant(frame, name);
    }
  }

  #hello(name: string, number: number): void {
    if (this.#frames === 1 && name !== 'HELLO') this.#find('MSGI-PROC-14', `the first frame is ${name}`);
    if (this.#frames > 1 && name === 'HELLO') this.#find('MSGI-PROC-14', 'HELLO comes a second time');
    if (name === 'HELLO' && number !== 0) this.#find('MSGI-PROC-4', `HELLO has number ${number}`);
    if (name !== 'HELLO' && this.#taken === null)
      this.#find('MSGI-PROC-15', `${name} comes before the HELLO of the host`);
  }

  #number(message: ServerMessage): void {
    const { type, number } = message;
    if (type === 'HELLO') return;
    if (type === 'OPEN') this.#give(type, number) && this.#connections.set(number, { closed: false });
    else if (type === 'HEAD') this.#head(number, message.payload);
    else if (type === 'CLOSE' && message.payload === null) this.#closeConnection(number);
    else if (type === 'DRAIN') {
      if (number !== 0) this.#ofConnection(type, number);
    } else if (type === 'RESET' && this.#promised.delete(number)) return;
    else this.#ofExchange(type, number);
  }

  /** A new number of the server's own. */
  #give(type: string, number: number): boolean {
    if (this.#connections.has(number) || this.#exchanges.has(number))
      this.#find('MSGI-PROC-13', `${type} gives the number ${number} a second time`);
    else if (number % 2 === 0) this.#find('MSGI-PROC-11', `${type} gives the even number ${number}`);
    else if (number < this.#highest) this.#find('MSGI-PROC-11', `${type} gives ${number} behind ${this.#highest}`);
    this.#highest = Math.max(this.#highest, number);
    return true;
  }

  #head(number: number, { connection }: Head): void {
    if (!this.#promised.delete(number)) this.#give('HEAD', number);
    this.#ofConnection('HEAD', connection);
    this.#exchanges.set(number, { connection, closed: false });
  }

  #ofConnection(type: string, number: number): void {
    const connection = this.#connections.get(number);
    if (connection === undefined) this.#find('MSGI-PROC-18', `${type} names connection ${number} before its OPEN`);
    else if (connection.closed) this.#find('MSGI-PROC-18', `${type} names connection ${number} behind its CLOSE`);
  }

  #closeConnection(number: number): void {
    this.#ofConnection('CLOSE', number);
    const live = [...this.#exchanges].find(([, one]) => one.connection === number && !one.closed);
    if (live !== undefined)
      this.#find('MSGI-PROC-18', `CLOSE of connection ${number} comes while exchange ${live[0]} is open`);
    const connection = this.#connections.get(number);
    if (connection !== undefined) connection.closed = true;
  }

  #ofExchange(type: string, number: number): void {
    const exchange = this.#exchanges.get(number);
    if (exchange === undefined) this.#find('MSGI-PROC-19', `${type} for ${number} comes before its HEAD`);
    else if (exchange.closed) this.#find('MSGI-PROC-39', `${type} for ${number} comes behind its CLOSE`);
    else if (type === 'CLOSE') exchange.closed = true;
  }
}

/** The message of a payload that is wrong, where it can be told what it says: the case goes on, and the finding stays. */
function asMeant({ number, payload }: Frame, type: string): ServerMessage | null {
  try {
    const value = payload.length === 0 ? null : JSON.parse(new TextDecoder().decode(payload));
    const usable = type === 'HEAD' ? typeof value?.request?.target === 'string' : typeof value === 'object';
    return usable ? ({ type, number, payload: value } as ServerMessage) : null;
  } catch {
    return null;
  }
}
