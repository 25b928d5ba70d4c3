/** What request, response and socket of one adapted exchange share. Frameworks replace prototypes: it is found by symbol. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App, Exchange, Fields, Sink } from '../../../spec/msgi.ts';
import type { AdaptedSocket } from './socket.ts';

export const STATE = Symbol('msgi.state');

/** Makes an application of a handler: given by the module that has both, since promises need it. */
export type Adapt = (handler: (request: IncomingMessage, response: ServerResponse) => unknown) => App;

export interface State {
  readonly x: Exchange;
  readonly adapt: Adapt;
  request: IncomingMessage | null;
  response: ServerResponse | null;
  socket: AdaptedSocket | null;
  /** Node's own code is asking for the socket: to cork it, which means nothing here. */
  inside: boolean;
  /** The head as the handler has given it, before it is sent. */
  status: number;
  fields: Fields;
  sink: Sink | null;
  /** Set while `end` runs: head, content and end become one. */
  ending: boolean;
  last: Uint8Array | string | null;
  /** A write waits; "drain" is due. */
  needsDrain: boolean;
  /** What the handler has given back, where it is a promise. */
  pending: PromiseLike<unknown> | null;
  /** Both halves are over, and none has failed. */
  over: boolean;
  /** The response is the exchange's: told once. */
  readonly ended: () => void;
  /** The handler has failed, or gives something that cannot be sent. */
  readonly failed: (error: unknown) => void;
}

export interface WithState {
  readonly [STATE]: State;
}

export function stateOf(message: object): State {
  return (message as WithState)[STATE];
}
