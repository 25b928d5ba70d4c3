/**
 * An exchange's response as an http.ServerResponse. Node's own code checks states and fields and makes the head; what it
 * would write to a socket goes to the exchange. Everything stands on the object itself: Express and others put a prototype
 * of their own behind it.
 */
import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Awaitable, Fields } from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import { fieldsOf, type Given, trailersOf } from './fields.ts';
import { SOCKET } from './request.ts';
import { STATE, type State, stateOf } from './state.ts';

/** Members of node:http's OutgoingMessage that its declarations leave out. */
interface Internals {
  _header: string | null;
  _hasBody: boolean;
  outputSize: number;
  _closed: boolean;
}

const { write: nodeWrite, end: nodeEnd } = ServerResponse.prototype;

const NEEDS_DRAIN: PropertyDescriptor & ThisType<ServerResponse> = {
  configurable: true,
  get() {
    return !this.destroyed && !this.writableEnded && stateOf(this).needsDrain;
  },
};

/** As the request, and for the same reasons. */
class AdaptedResponse extends ServerResponse {
  readonly [STATE]: State;
  readonly _storeHeader = storeHeader;
  readonly _send = send;
  override readonly write = write as ServerResponse['write'];
  override readonly end = end as unknown as (...args: unknown[]) => this;
  override readonly destroy = destroy as (error?: Error) => this;
  override readonly writeContinue = writeContinue;
  override readonly writeProcessing = writeProcessing;
  override readonly writeEarlyHints = writeEarlyHints;
  readonly createPushResponse = createPushResponse;

  constructor(state: State, request: IncomingMessage) {
    super(request);
    this[STATE] = state;
    Object.defineProperty(this, 'socket', SOCKET);
    Object.defineProperty(this, 'writableNeedDrain', NEEDS_DRAIN);
  }
}

Object.defineProperty(AdaptedResponse.prototype, 'socket', SOCKET);

export function adaptResponse(state: State, request: IncomingMessage): ServerResponse {
  return new AdaptedResponse(state, request);
}

function storeHeader(this: ServerResponse, firstLine: string, given: Given): void {
  const state = stateOf(this);
  state.status = this.statusCode;
  state.fields = fieldsOf(this, given);
  (this as unknown as Internals)._header = firstLine;
}

function writeContinue(this: ServerResponse, callback?: () => void): void {
  stateOf(this).x.inform(100);
  callback?.();
}

function writeProcessing(this: ServerResponse): void {
  stateOf(this).x.inform(102);
}

function writeEarlyHints(this: ServerResponse, hints: Record<string, string | string[]>, callback?: () => void): void {
  const fields = Object.entries(hints).flatMap(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
  if (fields.length > 0) stateOf(this).x.inform(103, fields);
  callback?.();
}

function write(this: ServerResponse, ...args: unknown[]): boolean {
  const state = stateOf(this);
  const { inside } = state;
  state.inside = true;
  try {
    return (nodeWrite as (...args: unknown[]) => boolean).apply(this, args);
  } finally {
    state.inside = inside;
  }
}

function end(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const state = stateOf(this);
  const first = !this.writableEnded;
  state.inside = true;
  state.ending = true;
  try {
    (nodeEnd as (...args: unknown[]) => unknown).apply(this, args);
  } finally {
    state.inside = false;
    state.ending = false;
  }
  if (first && this.writableEnded) {
    this.emit('prefinish');
    finish(this, state);
  }
  return this;
}

/** Where node would hand octets to the socket. */
function send(
  this: ServerResponse,
  data: Uint8Array | string,
  encoding: BufferEncoding | null,
  callback?: (() => void) | null,
): boolean {
  const state = stateOf(this);
  const content = toContent(data, encoding);
  if (state.ending) {
    // Node's callback of the end asks for the socket, which costs more than all the rest: `finish` tells of it here.
    if (content.length > 0) state.last = content;
    return true;
  }
  return stream(this, state, content, callback ?? null);
}

/** Text of the usual encoding is left to the server. */
function toContent(data: Uint8Array | string, encoding: BufferEncoding | null): Uint8Array | string {
  if (typeof data !== 'string' || !encoding || encoding === 'utf8' || encoding === 'utf-8') return data;
  return data === '' ? data : Buffer.from(data, encoding);
}

function stream(
  response: ServerResponse,
  state: State,
  content: Uint8Array | string,
  callback: (() => void) | null,
): boolean {
  let written: Awaitable<void>;
  try {
    state.sink ??= state.x.start(state.status, state.fields);
    written = content.length === 0 ? undefined : state.sink.write(content);
  } catch (error) {
    state.failed(error);
    return false;
  }
  if (written === undefined) {
    if (callback !== null) process.nextTick(callback);
    return true;
  }
  waitFor(response, state, written, content.length, callback);
  return false;
}

/** More is taken when the write has settled (MSGI-ADAPT-3). */
function waitFor(
  response: ServerResponse,
  state: State,
  written: PromiseLike<void>,
  length: number,
  callback: (() => void) | null,
): void {
  const message = response as unknown as Internals;
  message.outputSize += length;
  state.needsDrain = true;
  written.then(() => {
    message.outputSize -= length;
    callback?.();
    if (message.outputSize > 0 || !state.needsDrain) return;
    state.needsDrain = false;
    if (!response.writableEnded) response.emit('drain');
  }, ignore);
}

function finish(response: ServerResponse, state: State): void {
  const { x, last } = state;
  const trailers = trailersOf(response);
  try {
    if (state.sink === null && trailers === undefined) {
      const body = (response as unknown as Internals)._hasBody ? (last ?? undefined) : undefined;
      x.respond(state.status, state.fields, body);
      process.nextTick(tellFinish, response);
      state.ended();
      return;
    }
    finishStream(response, state, trailers);
  } catch (error) {
    state.failed(error);
  }
}

function finishStream(response: ServerResponse, state: State, trailers: Fields | undefined): void {
  const { last } = state;
  const sink = state.sink ?? state.x.start(state.status, state.fields);
  state.sink = sink;
  // The end waits for it, and a failure comes with the end.
  if (last !== null) void sink.write(last);
  const ended = sink.end(trailers);
  const done = (): void => {
    tellFinish(response);
    state.ended();
  };
  if (ended === undefined) process.nextTick(done);
  else ended.then(done, ignore);
}

function tellFinish(response: ServerResponse): void {
  response.emit('finish');
}

/** As node:http does, which destroys the socket: the exchange is given up. */
function destroy(this: ServerResponse, error?: Error): ServerResponse {
  if (this.destroyed) return this;
  this.destroyed = true;
  const { x } = stateOf(this);
  if (x.state !== 'dead') x.reset(error === undefined ? ERROR_CODE.CANCEL : ERROR_CODE.INTERNAL_ERROR);
  return this;
}

/** The exchange is closed: "close", and for one that has failed the events of a lost socket (MSGI-ADAPT-4). */
export function closeResponse(response: ServerResponse): void {
  const message = response as unknown as Internals;
  if (message._closed) return;
  message._closed = true;
  response.destroyed = true;
  response.emit('close');
}

/** As the compatibility API of node:http2 has it. */
function createPushResponse(
  this: ServerResponse,
  headers: OutgoingHttpHeaders,
  callback: (error: Error | null, response?: ServerResponse) => void,
): void {
  const { x, adapt } = stateOf(this);
  const { ':path': path = '/', ':method': method = 'GET', ':authority': authority, ':scheme': _, ...rest } = headers;
  const fields = Object.entries(rest).flatMap(([name, value]) =>
    [value].flat().flatMap(line => (line === undefined ? [] : [name.toLowerCase(), String(line)])),
  );
  const request = {
    target: String(path),
    method: method as 'GET',
    fields,
    ...(authority !== undefined && { authority: String(authority) }),
  };
  const queued = x.push(
    request,
    adapt((_request, response) => callback(null, response)),
  );
  if (!queued) process.nextTick(callback, new Error('the promise cannot be made'));
}

function ignore(): void {}
