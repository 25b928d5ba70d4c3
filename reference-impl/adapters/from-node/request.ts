/** An exchange's request as an http.IncomingMessage. */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange, Fields, RequestHead } from '../../../spec/msgi.ts';
import { AdaptedSocket } from './socket.ts';
import { STATE, type State, stateOf } from './state.ts';

/** What node:http fills in of its own messages, beside what it declares. */
interface Internals {
  _addHeaderLines(lines: readonly string[], count: number): void;
  _readableState: { readingMore: boolean };
}

/** Own accessors: frameworks put prototypes of their own behind the object. */
export const SOCKET: PropertyDescriptor & ThisType<object> = {
  configurable: true,
  enumerable: true,
  get() {
    const state = stateOf(this);
    if (state.inside) return null;
    state.socket ??= new AdaptedSocket(state.x);
    return state.socket;
  },
  set() {},
};

/**
 * Everything is the object's own: Express and others put a prototype of their own behind it. What is here in fields keeps
 * its shape, which is what makes the objects cheap; the accessor of the prototype takes the `socket` of node's constructor,
 * for it would have to be redefined.
 */
class AdaptedRequest extends IncomingMessage {
  readonly [STATE]: State;
  override readonly _read = read;
  override readonly _destroy = destroy;

  constructor(state: State) {
    super(undefined as unknown as Socket);
    this[STATE] = state;
    Object.defineProperty(this, 'socket', SOCKET);
  }
}

Object.defineProperty(AdaptedRequest.prototype, 'socket', SOCKET);

export function adaptRequest(state: State): IncomingMessage {
  const { request: head } = state.x;
  const request = new AdaptedRequest(state);
  // Below 1.1 the response would look at the fields when it is made, and they are not read before somebody asks.
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request.method = head.method;
  request.url = head.base + head.target;
  const lines = linesOf(state.x);
  (request as unknown as Internals)._addHeaderLines(lines, lines.length);
  return request;
}

/** After the response is made. */
export function setVersion(request: IncomingMessage, { version }: RequestHead): void {
  const [major = '', minor = '0'] = version.split('.');
  request.httpVersion = `${major}.${minor}`;
  request.httpVersionMajor = Number(major);
  request.httpVersionMinor = Number(minor);
}

/**
 * As HTTP/1.1 would have had them: frameworks look for content by its framing (RFC 9112 §6.3), and would take a request
 * without a length for one without content.
 */
function linesOf({ request: { authority, fields }, body }: Exchange): string[] {
  const lines = authority === '' ? [...fields] : ['host', authority, ...fields];
  if (!body.ended && !hasLength(fields)) lines.push('transfer-encoding', 'chunked');
  return lines;
}

function hasLength(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === 'content-length') return true;
  return false;
}

/** One read of the body for each that the stream asks for: what the handler has not taken is not granted. */
function read(this: IncomingMessage): void {
  (this as unknown as Internals)._readableState.readingMore = false;
  const { x } = stateOf(this);
  if (x.body.ended) {
    end(this);
    return;
  }
  const chunk = x.body.read();
  if (chunk === null || chunk instanceof Uint8Array) give(this, chunk);
  else {
    chunk.then(
      octets => give(this, octets),
      () => abort(this),
    );
  }
}

function give(request: IncomingMessage, chunk: Uint8Array | null): void {
  if (chunk === null) end(request);
  else request.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}

function end(request: IncomingMessage): void {
  const { trailers } = stateOf(request).x.body;
  request.complete = true;
  if (trailers !== null && trailers.length > 0) {
    (request as unknown as Internals)._addHeaderLines([...trailers], trailers.length);
  }
  request.push(null);
}

/** The request was cut: "aborted", an error, and never "end" (MSGI-ADAPT-5). */
export function abort(request: IncomingMessage): void {
  if (request.destroyed || request.complete) return;
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}

/** Behind a whole response: as node does, "end" for what nobody read, where it is there, and "close" in any case. */
export function closeRequest(request: IncomingMessage): void {
  if (request.destroyed) return;
  if (!stateOf(request).x.body.ended) request.destroy();
  else if (request.readableFlowing === null) request.resume();
}

function destroy(this: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  const { x, over } = stateOf(this);
  if (!over && (!this.readableEnded || !this.complete)) {
    (this as { aborted: boolean }).aborted = true;
    this.emit('aborted');
    if (x.state === 'idle' || x.state === 'open') x.reset();
  }
  // Node's own messages give an error only to who listens for it.
  process.nextTick(() => callback(this.listenerCount('error') === 0 ? null : error));
}
