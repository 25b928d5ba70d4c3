/** `fromNode`: an MSGI application of a handler `(request, response)` of node:http: a plain one, or that of a framework. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App, Exchange } from '../../spec/msgi.ts';
import { NO_FIELDS } from '../gateway/handling.ts';
import { abort, adaptRequest, closeRequest, setVersion } from './from-node/request.ts';
import { adaptResponse, closeResponse } from './from-node/response.ts';
import type { State } from './from-node/state.ts';

/** The result may be a promise: one that rejects is a failure of the application. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * The application that runs the handler. Its promise settles when the handler has ended the response, and what the handler
 * is reading of the request has come to its end; so a handler that never ends its response is ended by a deadline or the
 * peer. CONNECT is answered 501.
 */
export function fromNode(handler: NodeHandler): App {
  return x => {
    if (x.request.method === 'CONNECT') return x.respond(501);
    return new Promise<void>((resolve, reject) => run(handler, x, resolve, reject));
  };
}

function run(handler: NodeHandler, x: Exchange, fulfil: () => void, reject: (error: unknown) => void): void {
  // A handler that gives a promise may fail after the response, and is heard.
  const resolve = (): void => void Promise.resolve(state.pending).then(fulfil, reject);
  const state = newState(x, () => settle(state, resolve), reject);
  const request = adaptRequest(state);
  state.request = request;
  const response = adaptResponse(state, request);
  state.response = response;
  setVersion(request, x.request);
  x.watch(notice => {
    if (notice.type === 'close') closed(state, notice.complete, resolve);
  });
  try {
    const result = handler(request, response);
    if (!isPromise(result)) return;
    state.pending = result;
    result.then(undefined, reject);
  } catch (error) {
    reject(error);
  }
}

function newState(x: Exchange, ended: () => void, failed: (error: unknown) => void): State {
  return {
    x,
    adapt: fromNode,
    request: null,
    response: null,
    socket: null,
    inside: false,
    status: 200,
    fields: NO_FIELDS,
    sink: null,
    ending: false,
    last: null,
    needsDrain: false,
    pending: null,
    over: false,
    ended,
    failed,
  };
}

/** The response is ended. A handler that reads on is let read: the request would be stopped otherwise. */
function settle({ x, request }: State, resolve: () => void): void {
  if (request === null || x.body.ended || request.readableFlowing === null || request.destroyed) resolve();
  else request.once('close', resolve);
}

/** Both halves are over. */
function closed(state: State, complete: boolean, resolve: () => void): void {
  const { request, response, socket } = state;
  state.over = complete;
  if (!complete) {
    if (request !== null) abort(request);
    socket?.destroy();
  }
  if (response !== null) closeResponse(response);
  if (complete && request !== null) closeRequest(request);
  resolve();
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
}
