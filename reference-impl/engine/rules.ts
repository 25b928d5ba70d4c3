/** Rules of frames and messages that more than one frame type has to keep, each with the error it ends in. */
import { connectionError, type Http2Error, Malformed, streamError } from './errors.ts';
import { type Request, readRequest } from './request-head.ts';
import type { FieldList } from './response-blocks.ts';
import type { Stream } from './stream.ts';

export function onStream(frame: string, id: number): void {
  if (id === 0) throw connectionError('PROTOCOL_ERROR', `${frame} belongs to a stream (RFC 9113 section 6)`);
}

export function onConnection(frame: string, id: number): void {
  if (id !== 0) throw connectionError('PROTOCOL_ERROR', `${frame} belongs to the connection (RFC 9113 section 6)`);
}

export function sizeError(rule: string): Http2Error {
  return connectionError('FRAME_SIZE_ERROR', rule);
}

export function selfDependence(id: number): Http2Error {
  return streamError('PROTOCOL_ERROR', id, 'a stream cannot depend on itself (RFC 7540 section 5.3.1)');
}

export function lengthError(id: number): Http2Error {
  return streamError('PROTOCOL_ERROR', id, 'content-length is not the length of the content (RFC 9113 section 8.1.1)');
}

export function fieldsInTunnel(id: number): Http2Error {
  return streamError('PROTOCOL_ERROR', id, 'a tunnel carries DATA and no field sections (RFC 9113 section 8.5)');
}

export function checkLength(stream: Stream): void {
  if (stream.contentLength >= 0 && stream.received !== stream.contentLength) throw lengthError(stream.id);
}

export function asStreamError(error: unknown, id: number): unknown {
  return error instanceof Malformed ? streamError('PROTOCOL_ERROR', id, error.message) : error;
}

export function parse(section: FieldList, id: number, extendedConnect: boolean): Request {
  try {
    return readRequest(section, extendedConnect);
  } catch (error) {
    throw asStreamError(error, id);
  }
}

/** Octets of padding, by its length octet at `start`; `fixed` octets of fields stand behind that (RFC 9113 §6.1, §6.2). */
export function padding(octets: Uint8Array, start: number, end: number, fixed: number): number {
  if (end - start < 1 + fixed) {
    throw connectionError('FRAME_SIZE_ERROR', 'a frame is too short for its fields (RFC 9113 section 4.2)');
  }
  const length = octets[start] as number;
  if (length > end - start - 1 - fixed) {
    throw connectionError('PROTOCOL_ERROR', 'padding fills more than its frame (RFC 9113 sections 6.1 and 6.2)');
  }
  return length;
}
