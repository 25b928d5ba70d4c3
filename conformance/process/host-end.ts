/** One pipe, seen from its host, which is the kit: it can write anything, and reads everything. */
import type { Socket } from 'node:net';
import { encode } from '../../binding/codec.ts';
import { encodeFrame, type Frame, FrameReader } from '../../binding/frame.ts';
import {
  type Hello,
  type HostMessage,
  type HostPayloads,
  type ServerMessage,
  type ServerPayloads,
  TYPES,
} from '../../binding/messages.ts';
import { SPACE } from '../application/messages.ts';
import { DeadlinePassed, Failed } from '../outcome.ts';
import { turn } from '../peer/peer.ts';
import type { Transcript } from '../peer/transcript.ts';
import type { Deviation, PipeFilters } from './filters.ts';
import { PipeGrammar } from './pipe-grammar.ts';

/** What the kit says of itself where a case says nothing else. */
export const HELLO: Hello = { versions: ['1.0'], payload: 1_048_576, name: 'msgi-kit' };

/** Content of the small resource, octets. */
export const SMALL_OCTETS = 16;

type MessageWith<T extends keyof ServerPayloads> = Extract<ServerMessage, { readonly type: T }>;

export interface HostEndOptions {
  readonly count: number;
  /** What is answered to the server's HELLO at once; null: the case greets itself. */
  readonly hello: Hello | null;
  readonly transcript: Transcript;
  readonly signal: AbortSignal;
  readonly deviation: Deviation | null;
}

export class HostEnd {
  readonly grammar = new PipeGrammar();
  /** Messages of the server in order, as far as they are any. */
  readonly received: ServerMessage[] = [];
  /** The server has ended the pipe, or it was ended from here. */
  over = false;
  /** The kit has ended it. */
  left = false;
  readonly count: number;
  readonly #socket: Socket;
  #transcript: Transcript;
  #signal: AbortSignal;
  readonly #settled = new Set<number>();
  readonly #room = new Map<number, number>();
  #highestPromise = 0;
  readonly #hello: Hello | null;
  readonly #filters: PipeFilters;
  readonly #reader = new FrameReader(0xffff_ffff);
  readonly #waiters = new Set<() => void>();

  constructor(socket: Socket, { count, hello, transcript, signal, deviation }: HostEndOptions) {
    this.#socket = socket;
    this.count = count;
    this.#hello = hello;
    this.#transcript = transcript;
    this.#signal = signal;
    const link = {
      toHost: (...frames: readonly Frame[]) => frames.forEach(frame => void this.#take(frame)),
      toServer: (...frames: readonly Frame[]) => frames.forEach(frame => void socket.write(encodeFrame(frame))),
      close: () => {
        socket.end();
        this.#end();
      },
    };
    this.#filters = deviation?.(link, count) ?? {};
    transcript.event('=', 0, 'PIPE', `the server starts process ${count} of the application`);
    socket.on('data', octets => this.#read(octets));
    socket.on('end', () => this.#end()).on('close', () => this.#end());
  }

  // --- one case after the other --------------------------------------------------------------------------------------

  /** It is another case's from now on, which sees HELLO and nothing of what came between. */
  lend(transcript: Transcript, signal: AbortSignal): void {
    this.#transcript = transcript;
    this.#signal = signal;
    const [hello] = this.received;
    this.received.length = 0;
    if (hello !== undefined) this.received.push(hello);
    transcript.event('=', 0, 'PIPE', `the pipe of process ${this.count}, which cases use one after the other`);
  }

  /** Settles what is live, and waits until the server has closed it: whether it has, within so many milliseconds. */
  async emptied(ms: number): Promise<boolean> {
    if (this.over) return false;
    for (const number of this.grammar.open) if (!this.#settled.has(number)) this.send('SETTLED', number, {});
    this.#signal = AbortSignal.timeout(ms);
    const done = (): boolean => this.grammar.open.length === 0 || this.over;
    await this.until(done, 'the exchanges to close').catch(() => {});
    return done() && !this.over && this.grammar.findings.length === 0;
  }

  /** Octets that may be written for the exchange by now: its room, and the CREDIT since, less what was written. */
  room(number: number): number {
    return this.#room.get(number) ?? 0;
  }

  /** The number of the next promise. */
  promise(): number {
    return this.#highestPromise + 2;
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** A message that a host may write; whether it may do so now is the case's matter. */
  send<T extends keyof HostPayloads>(type: T, number: number, payload: HostPayloads[T]): void {
    const message = { type, number, payload } as HostMessage;
    if (type === 'PUSH') {
      const { promise } = payload as HostPayloads['PUSH'];
      this.#highestPromise = promise;
      this.grammar.promised(promise);
    }
    if (type === 'SETTLED') this.#settled.add(number);
    if (payload instanceof Uint8Array) this.#room.set(number, this.room(number) - payload.length);
    this.#write(frameOf(encode(message)), words(message));
  }

  /** Content, as there is room for it (MSGI-PROC-23): a server may give none before START, and little at a time. */
  async pour(number: number, octets: number): Promise<void> {
    for (let left = octets; left > 0 && !this.over; ) {
      await this.until(() => this.room(number) > 0 || this.over, `room for content of number ${number}`);
      const size = Math.min(left, this.room(number));
      if (size > 0) this.send('DATA', number, new Uint8Array(size));
      left -= size;
    }
  }

  /** A frame of any kind. */
  violate(frame: Frame): void {
    this.#write(frame, `type ${frame.type}, number ${frame.number}, ${frame.payload.length} octets, on purpose`);
  }

  /** Octets that need be no frames. */
  octets(octets: Uint8Array, what: string): void {
    this.#transcript.event('=', 0, 'HOST', what, octets);
    this.#socket.write(octets);
  }

  hello(hello: Hello = HELLO): void {
    this.grammar.greeted(hello.payload);
    this.send('HELLO', 0, hello);
  }

  /** The process of the application ends. */
  close(): void {
    this.#transcript.event('=', 0, 'HOST', 'the process of the application ends');
    this.left = true;
    this.#socket.end();
  }

  #write(frame: Frame, what: string): void {
    this.#transcript.event('=', 0, 'HOST', what, encodeFrame(frame));
    for (const each of this.#filters.toServer?.(frame) ?? [frame]) this.#socket.write(encodeFrame(each));
  }

  // --- what must come ------------------------------------------------------------------------------------------------

  /** Messages of that type for the number, so far. */
  of<T extends keyof ServerPayloads>(number: number, type: T): readonly ServerPayloads[T][] {
    return this.received.flatMap(message =>
      message.number === number && message.type === type ? [message.payload as ServerPayloads[T]] : [],
    );
  }

  /** Waits for a message of that type for the number; for the `nth`, from 1, where several come. */
  async message<T extends keyof ServerPayloads>(number: number, type: T, nth = 1): Promise<ServerPayloads[T]> {
    await this.until(() => this.of(number, type).length >= nth || this.over, `${type} for number ${number}`);
    const payload = this.of(number, type)[nth - 1];
    if (payload === undefined) throw new Failed(`the server ends the pipe before it writes ${type} for ${number}`);
    return payload;
  }

  /** HEAD of the exchange with that target; null before. */
  head(target: string): MessageWith<'HEAD'> | null {
    const heads = this.received.filter((message): message is MessageWith<'HEAD'> => message.type === 'HEAD');
    return heads.find(({ payload }) => payload.request.target === target) ?? null;
  }

  /** Octets of content for the exchange, so far. */
  content(number: number): number {
    return this.of(number, 'DATA').reduce((sum, octets) => sum + octets.length, 0);
  }

  /** Waits until the server has ended the pipe. */
  ended(): Promise<void> {
    return this.until(() => this.over, 'the end of the pipe');
  }

  /** Throws DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const start = performance.now();
    try {
      while (!condition()) {
        await this.#change(what);
        await turn();
      }
    } finally {
      this.#transcript.waits.over(what, start);
    }
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiters.delete(changed);
        this.#signal.removeEventListener('abort', passed);
        end();
      };
      const changed = (): void => settle(resolve);
      const passed = (): void => settle(() => reject(new DeadlinePassed(what)));
      this.#waiters.add(changed);
      this.#signal.addEventListener('abort', passed);
      if (this.#signal.aborted) passed();
    });
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  #read(octets: Uint8Array): void {
    for (const frame of this.#reader.read(octets))
      for (const each of this.#filters.toHost?.(frame) ?? [frame]) this.#take(each);
  }

  #take(frame: Frame): void {
    const kept = { ...frame, payload: frame.payload.slice() };
    const message = this.grammar.frame(kept);
    const what = message === null ? `type ${frame.type}, number ${frame.number}` : words(message);
    this.#transcript.event('=', 0, 'SERVER', what, encodeFrame(kept));
    if (message !== null) {
      this.received.push(message);
      this.#grant(message);
      this.#answer(message);
    }
    this.#wake();
  }

  #grant({ type, number, payload }: ServerMessage): void {
    if (type === 'HEAD') this.#room.set(number, payload.room);
    if (type === 'CREDIT') this.#room.set(number, this.room(number) + payload);
  }

  /** HELLO, and what is no exchange of a case: the positive controls. */
  #answer(message: ServerMessage): void {
    const first = this.received.length === 1;
    if (message.type === 'HELLO' && first && this.#hello !== null) this.hello(this.#hello);
    if (message.type !== 'HEAD' || message.payload.request.target.startsWith(`/${SPACE}/`)) return;
    // A control without room is one that is not served: the case that waits for it tells that.
    this.#serve(message).catch(() => {});
  }

  async #serve({ number, payload }: MessageWith<'HEAD'>): Promise<void> {
    this.send('START', number, { status: 200, fields: ['content-length', `${SMALL_OCTETS}`] });
    if (payload.request.method !== 'HEAD') await this.pour(number, SMALL_OCTETS);
    this.send('END', number, {});
    this.send('SETTLED', number, {});
  }

  #end(): void {
    if (this.over) return;
    this.over = true;
    this.#transcript.event('=', 0, 'PIPE', `the pipe of process ${this.count} has ended`);
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** The frame of a whole encoded one. */
function frameOf(octets: Uint8Array): Frame {
  const [frame] = new FrameReader(0xffff_ffff).read(octets);
  return frame as Frame;
}

/** "START 3 {"status":200}", "DATA 3, 5 octets". */
function words({ type, number, payload }: ServerMessage | HostMessage): string {
  if (payload instanceof Uint8Array) return `${type} ${number}, ${payload.length} octets`;
  return `${type} ${number}${payload === null ? '' : ` ${JSON.stringify(payload).slice(0, 400)}`}`;
}

/** The octet of a type. */
export function octetOf(type: (typeof TYPES)[number]): number {
  return TYPES.indexOf(type) + 1;
}
