/** Requests of gateway cases that `trial.ask` does not make, and what came of a request as octets. */
import { concat, continuation, data, FRAME_TYPE, type Frame, headers, plainBlock } from '../../wire/index.ts';
import type { Peer, RequestOptions } from '../peer/peer.ts';
import type { Asked, GatewayTrial } from './trial.ts';

/** What a CONTINUATION may hold, whatever the server allows (RFC 9113 §4.2). */
const FRAGMENT = 16_384;

/** HEADERS, and CONTINUATIONs where the block needs them. */
export function blockFrames(stream: number, block: Uint8Array, endStream: boolean): readonly Frame[] {
  const frames = [headers(stream, block.subarray(0, FRAGMENT), { endStream, endHeaders: block.length <= FRAGMENT })];
  for (let at = FRAGMENT; at < block.length; at += FRAGMENT)
    frames.push(continuation(stream, block.subarray(at, at + FRAGMENT), at + FRAGMENT >= block.length));
  return frames;
}

export interface SectionOptions extends Omit<RequestOptions, 'path' | 'fields'> {
  /** The field section in place of a sound one. */
  readonly change?: (fields: readonly string[]) => readonly string[];
}

/** Asks with any field section, sound or not. */
export function askAs(
  trial: GatewayTrial,
  peer: Peer,
  name: string,
  { method = 'GET', endStream = true, change = fields => fields }: SectionOptions,
): Asked {
  const exchange = trial.exchange(name);
  return askBlock(trial, peer, name, plainBlock(change(peer.fieldsOf({ method, path: exchange.path }))), {
    method,
    endStream,
  });
}

/** Asks with any field block. */
export function askBlock(
  trial: GatewayTrial,
  peer: Peer,
  name: string,
  block: Uint8Array,
  { method = 'GET', endStream = true }: Omit<RequestOptions, 'path' | 'fields'> = {},
): Asked {
  const stream = peer.nextStream();
  peer.expectMethod(stream, method);
  peer.violate(...blockFrames(stream, block, endStream));
  return { ...trial.exchange(name), peer, stream };
}

/** The section with the value of one field made another one. */
export function withValue(
  name: string,
  change: (value: string) => string,
): (fields: readonly string[]) => readonly string[] {
  return fields => fields.map((text, at) => (at % 2 === 1 && fields[at - 1] === name ? change(text) : text));
}

/** The section without a field. */
export function without(...names: readonly string[]): (fields: readonly string[]) => readonly string[] {
  return fields => fields.filter((_, at) => !names.includes(fields[at - (at % 2)] as string));
}

/** The section with further lines behind it. */
export function withLines(...lines: readonly string[]): (fields: readonly string[]) => readonly string[] {
  return fields => [...fields, ...lines];
}

/** Content of a request in one frame, which may end it. */
export function send({ peer, stream }: Asked, content: Uint8Array | string, endStream = false): void {
  peer.send(data(stream, content, { endStream }));
}

/** The trailer section of a request. */
export function sendTrailers({ peer, stream }: Asked, fields: readonly string[]): void {
  peer.send(headers(stream, plainBlock(fields), { endStream: true }));
}

/** What has come on the stream, frame by frame. */
export function framesOf({ peer, stream }: Asked): Peer['received'] {
  return peer.received.filter(({ frame }) => frame.stream === stream);
}

/** Content that has come, of at most 256 KiB on the connection. */
export function contentOf(asked: Asked): Uint8Array {
  return concat(framesOf(asked).flatMap(({ payload }) => (payload.type === 'DATA' ? [payload.content] : [])));
}

/** Types of the frames that have come, WINDOW_UPDATE and RST_STREAM left out. */
export function messageFrames(asked: Asked): readonly string[] {
  return framesOf(asked).flatMap(({ frame: { type } }) => {
    if (type === FRAME_TYPE.DATA) return ['DATA'];
    return type === FRAME_TYPE.HEADERS ? ['HEADERS'] : [];
  });
}
