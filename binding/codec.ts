/** Messages to octets and back, by who writes them. What is no message is a PipeError that names the sentence. */
import { encodeFrame, encodeHead, type Frame, FrameReader } from './frame.ts';
import { decodeJson, encodeJson } from './json.ts';
import {
  type HostMessage,
  type HostPayloads,
  type MessageOf,
  type ServerMessage,
  type ServerPayloads,
  TYPES,
  type TypeName,
} from './messages.ts';
import { HOST_PAYLOADS, type Payload, SERVER_PAYLOADS } from './payloads.ts';
import { PipeError } from './pipe-error.ts';
import type { Shape } from './shapes.ts';

const NO_OCTETS = new Uint8Array(0);
const MAX_CREDIT = 0x7fff_ffff;
const DATA = TYPES.indexOf('DATA') + 1;
const OCTET: ReadonlyMap<string, number> = new Map(TYPES.map((name, index) => [name, index + 1]));

/** One message as a frame. What is written is not checked: the types do it. */
export function encode({ type, number, payload }: ServerMessage | HostMessage): Uint8Array {
  return encodeFrame({ type: OCTET.get(type) as number, number, payload: octetsOf(payload) });
}

/** What stands before `length` octets of content that are written behind it. */
export function encodeDataHead(number: number, length: number): Uint8Array {
  return encodeHead(DATA, number, length);
}

function octetsOf(payload: Uint8Array | number | object | null): Uint8Array {
  if (payload === null) return NO_OCTETS;
  if (payload instanceof Uint8Array) return payload;
  if (typeof payload !== 'number') return encodeJson(payload);
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, payload);
  return octets;
}

/** Reads what one end writes. */
export class MessageReader<P> {
  readonly #frames: FrameReader;
  readonly #payloads: Readonly<Partial<Record<TypeName, Payload>>>;

  /** `inParts`: DATA comes out in the parts in which it arrives, each with how many octets of it are `left`. */
  constructor(payloads: Readonly<Record<keyof P & TypeName, Payload>>, limit: number, inParts = false) {
    this.#payloads = payloads;
    this.#frames = new FrameReader(limit, inParts ? DATA : null);
  }

  /**
   * The next octets of the stream. Messages come out as they are whole; frames of unknown types do not (MSGI-PROC-7).
   * Throws PipeError; the pipe is of no use then. Whose number it is, is for the caller to know.
   */
  *read(octets: Uint8Array): Generator<MessageOf<P>, void, void> {
    for (const frame of this.#frames.read(octets)) {
      const message = this.#message(frame);
      if (message !== null) yield message;
    }
  }

  /** Nothing of a frame has been read: a stream that ends elsewhere was cut. */
  get atBoundary(): boolean {
    return this.#frames.atBoundary;
  }

  #message({ type, number, payload, left }: Frame): MessageOf<P> | null {
    const name = TYPES[type - 1];
    if (name === undefined) return null;
    const wanted = this.#payloads[name];
    if (wanted === undefined) throw new PipeError('MSGI-PROC-9', `${name} is not for this end to write`);
    const message = { type: name, number, payload: decodePayload(name, payload, wanted) };
    return (left === undefined ? message : { ...message, left }) as MessageOf<P>;
  }
}

/** For what a server writes. `limit`: the longest payload that is taken, octets. */
export function serverReader(limit: number): MessageReader<ServerPayloads> {
  return new MessageReader<ServerPayloads>(SERVER_PAYLOADS, limit);
}

/** For what a host writes. `inParts`: DATA comes out in the parts in which it arrives. */
export function hostReader(limit: number, inParts = false): MessageReader<HostPayloads> {
  return new MessageReader<HostPayloads>(HOST_PAYLOADS, limit, inParts);
}

function decodePayload(name: TypeName, octets: Uint8Array, wanted: Payload): unknown {
  if (wanted === 'octets') return contentOf(octets);
  if (wanted === 'credit') return creditOf(octets);
  if (wanted !== 'none' && typeof wanted !== 'object') return objectOf(name, octets, wanted);
  if (octets.length === 0) return null;
  if (wanted === 'none') throw new PipeError('MSGI-PROC-9', `${name} has no payload`);
  return objectOf(name, octets, wanted.orNone);
}

function contentOf(octets: Uint8Array): Uint8Array {
  if (octets.length === 0) throw new PipeError('MSGI-PROC-9', 'DATA has at least one octet');
  return octets;
}

function creditOf(octets: Uint8Array): number {
  if (octets.length !== 4) throw new PipeError('MSGI-PROC-9', 'CREDIT has four octets');
  const credit = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
  if (credit > MAX_CREDIT) throw new PipeError('MSGI-PROC-9', 'CREDIT is 2^31 − 1 at most');
  return credit;
}

/** Quotes nothing of the payload but keys: it may be of a peer. */
function objectOf(name: TypeName, octets: Uint8Array, shape: Shape): unknown {
  let value: unknown;
  try {
    value = decodeJson(octets);
  } catch {
    throw new PipeError('MSGI-PROC-9', `the payload of ${name} is no JSON in UTF-8, or has a key twice`);
  }
  const wrong = shape(value);
  if (wrong !== null) throw new PipeError('MSGI-PROC-9', `the payload of ${name} ${wrong}`);
  return value;
}
