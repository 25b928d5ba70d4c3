/** One pipe, seen from its server, which is the kit: it can write anything, and reads everything. */
import type { Readable, Writable } from 'node:stream';
import { encode } from '../../binding/codec.ts';
import { encodeFrame, type Frame, FrameReader } from '../../binding/frame.ts';
import type { Hello, HostMessage, HostPayloads, ServerMessage, ServerPayloads } from '../../binding/messages.ts';
import { Failed } from '../outcome.ts';
import type { Transcript } from '../peer/transcript.ts';
import type { Deviation, PipeFilters } from '../process/filters.ts';
import { HostGrammar } from './host-grammar.ts';
import type { Waits } from './waits.ts';

/** What the kit says of itself where a case says nothing else: it takes the shortest payloads that a host has to keep to. */
export const HELLO: Hello = { versions: ['1.0'], payload: 65_536, name: 'msgi-kit' };

/** Octets of text that is no frame, as they are shown. */
const SHOWN = 60;

/** No sound host writes frames of such a length: what it wrote is text. */
const LONGEST = 2 ** 24;

export class ServerEnd {
  readonly grammar = new HostGrammar();
  /** Messages of the host in order, as far as they are any. */
  readonly received: HostMessage[] = [];
  /** What came is no sequence of frames; null while it is. */
  garbled: string | null = null;
  /** The host has ended the pipe, or it was ended from here. */
  over = false;
  transcript: Transcript;
  readonly #output: Writable;
  readonly #waits: Waits;
  readonly #filters: PipeFilters;
  readonly #reader = new FrameReader(LONGEST);
  #numbers = -1;

  constructor(input: Readable, output: Writable, waits: Waits, transcript: Transcript, deviation: Deviation | null) {
    this.#output = output;
    this.#waits = waits;
    this.transcript = transcript;
    const link = {
      toHost: (...frames: readonly Frame[]) => frames.forEach(frame => void output.write(encodeFrame(frame))),
      toServer: (...frames: readonly Frame[]) => frames.forEach(frame => void this.#take(frame)),
      close: () => {
        output.end();
        this.#end();
      },
    };
    this.#filters = deviation?.(link, 1) ?? {};
    input.on('data', (octets: Buffer) => this.#read(octets));
    input.on('end', () => this.#end()).on('close', () => this.#end());
    input.on('error', () => this.#end());
    // A host that is gone is told by the end of what it writes.
    output.on('error', () => {});
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** A number for a connection, or an exchange that a peer has begun. */
  number(): number {
    this.#numbers += 2;
    return this.#numbers;
  }

  /** A message that a server may write; whether it may do so now is the case's matter. */
  send<T extends keyof ServerPayloads>(type: T, number: number, payload: ServerPayloads[T]): void {
    const message = { type, number, payload } as ServerMessage;
    this.grammar.sends(message);
    this.#write(frameOf(encode(message)), words(message));
  }

  /** A frame of any kind. */
  violate(frame: Frame): void {
    this.#write(frame, `type ${frame.type}, number ${frame.number}, ${frame.payload.length} octets, on purpose`);
  }

  /** The server ends. */
  close(): void {
    this.transcript.event('=', 0, 'PIPE', 'the server ends the pipe');
    this.#output.end();
  }

  #write(frame: Frame, what: string): void {
    this.transcript.event('=', 0, 'SERVER', what, encodeFrame(frame));
    for (const each of this.#filters.toHost?.(frame) ?? [frame]) this.#output.write(encodeFrame(each));
  }

  // --- what must come ------------------------------------------------------------------------------------------------

  /** Messages of that type for the number, so far. */
  of<T extends keyof HostPayloads>(number: number, type: T): readonly HostPayloads[T][] {
    return this.received.flatMap(message =>
      message.number === number && message.type === type ? [message.payload as HostPayloads[T]] : [],
    );
  }

  /** Waits for a message of that type for the number; for the `nth`, from 1, where several come. */
  async message<T extends keyof HostPayloads>(number: number, type: T, nth = 1): Promise<HostPayloads[T]> {
    await this.until(() => this.of(number, type).length >= nth, `${type} for number ${number}`);
    return this.of(number, type)[nth - 1] as HostPayloads[T];
  }

  /** Waits while the pipe lives. Throws Failed where it ends first, DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await this.#waits.until(() => condition() || this.over || this.garbled !== null, what);
    if (condition()) return;
    throw new Failed(this.garbled ?? `the host ends the pipe where the kit waits for ${what}`);
  }

  /** Waits until the host has ended the pipe. */
  ended(): Promise<void> {
    return this.#waits.until(() => this.over, 'the end of the pipe');
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  #read(octets: Buffer): void {
    if (this.garbled !== null) return;
    try {
      for (const frame of this.#reader.read(octets))
        for (const each of this.#filters.toServer?.(frame) ?? [frame]) this.#take(each);
    } catch {
      this.garbled = `there are no frames on the pipe, but ${JSON.stringify(octets.toString('latin1').slice(0, SHOWN))}`;
      this.transcript.event('=', 0, 'HOST', this.garbled, octets);
    }
    this.#waits.wake();
  }

  #take(frame: Frame): void {
    const kept = { ...frame, payload: frame.payload.slice() };
    const message = this.grammar.frame(kept);
    const what = message === null ? `type ${frame.type}, number ${frame.number}` : words(message);
    this.transcript.event('=', 0, 'HOST', what, encodeFrame(kept));
    if (message !== null) this.received.push(message);
    this.#waits.wake();
  }

  #end(): void {
    if (this.over) return;
    this.over = true;
    this.transcript.event('=', 0, 'PIPE', 'the host has ended the pipe');
    this.#waits.wake();
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
