/**
 * The life of a stream, RFC 9113 §5.1, as one total table: every state has a cell for every input, or this file does not
 * compile. It differs from the RFC's picture in two things: "closed" is split in three, because frames that cross our
 * RST_STREAM on the wire are dropped without an answer ("reset"), and because an id that was passed over cannot be used any
 * more ("skipped"); and "reserved (remote)" is missing, because a server's peer cannot promise.
 *
 *                                +--------+
 *                        send PP |        |
 *                       ,--------|  idle  |
 *                      /         |        |
 *                     v          +--------+
 *              +----------+          |
 *              | reserved |          | recv H
 *       ,------| (local)  |          v
 *       |      +----------+      +--------+   recv ES (also at once, with H)
 *       |          | send H    ,-|  open  |-.
 *       |          |          /  +--------+  \
 *       |          |  send ES v      |        v
 *       |          |    +-------------+   +--------------+
 *       |          `--->| half-closed |   | half-closed  |
 *       |  (remote) <---|  (remote)   |   |   (local)    |
 *       |               +-------------+   +--------------+
 *       |  send R / recv R   | send ES        | recv ES
 *       |                    v                v
 *       `----------------> closed <-----------'       send R: "reset" until the peer must know
 *
 *  H: HEADERS (with its CONTINUATION), ES: END_STREAM, PP: PUSH_PROMISE, R: RST_STREAM
 */
import type { ErrorCode } from '../../wire/index.ts';
import { connectionError, type Http2Error, streamError } from './errors.ts';

export type State =
  | 'idle'
  | 'reserved'
  | 'open'
  | 'halfClosedLocal'
  | 'halfClosedRemote'
  | 'closed'
  | 'reset'
  | 'skipped';

export type Input =
  | 'receiveHeaders'
  | 'receiveHeadersEnd'
  | 'receiveData'
  | 'receiveDataEnd'
  | 'receiveReset'
  | 'receiveWindowUpdate'
  | 'receivePriority'
  | 'sendHeaders'
  | 'sendEnd'
  | 'sendReset'
  | 'sendPromise';

export interface Refusal {
  readonly code: ErrorCode;
  readonly scope: 'connection' | 'stream';
  readonly rule: string;
}

/** "drop": the frame is accounted for and has no effect. */
export type Cell = State | 'drop' | Refusal;

const connection = (code: ErrorCode, rule: string): Refusal => ({ code, scope: 'connection', rule });
const stream = (code: ErrorCode, rule: string): Refusal => ({ code, scope: 'stream', rule });

const idle = (frame: string): Refusal =>
  connection('PROTOCOL_ERROR', `${frame} names a stream that nobody has opened (RFC 9113 section 5.1)`);
const ended = (frame: string): Refusal =>
  stream('STREAM_CLOSED', `${frame} follows the END_STREAM of its stream (RFC 9113 section 5.1)`);
const promised = (frame: string): Refusal =>
  connection('PROTOCOL_ERROR', `a client sends no ${frame} on a promised stream (RFC 9113 section 5.1)`);
const trailersEnd = stream(
  'PROTOCOL_ERROR',
  'a second field section ends the stream, but this HEADERS has no END_STREAM (RFC 9113 section 8.1)',
);
const closedHeaders = connection('STREAM_CLOSED', 'HEADERS on a stream that is closed (RFC 9113 section 5.1)');
const skippedHeaders = connection(
  'PROTOCOL_ERROR',
  'a new stream has a higher number than all before it (RFC 9113 section 5.1.1)',
);
const closedData = stream('STREAM_CLOSED', 'DATA on a stream that is closed (RFC 9113 section 5.1)');
/** Not the peer's fault. */
const ours = (what: string): Refusal => stream('INTERNAL_ERROR', `the server may not send ${what} in this state`);

export const STREAM_STATES: { readonly [S in State]: { readonly [I in Input]: Cell } } = {
  idle: {
    receiveHeaders: 'open',
    receiveHeadersEnd: 'halfClosedRemote',
    receiveData: idle('DATA'),
    receiveDataEnd: idle('DATA'),
    receiveReset: idle('RST_STREAM'),
    receiveWindowUpdate: idle('WINDOW_UPDATE'),
    receivePriority: 'idle',
    sendHeaders: ours('HEADERS'),
    sendEnd: ours('END_STREAM'),
    sendReset: ours('RST_STREAM'),
    sendPromise: 'reserved',
  },
  reserved: {
    receiveHeaders: promised('HEADERS'),
    receiveHeadersEnd: promised('HEADERS'),
    receiveData: promised('DATA'),
    receiveDataEnd: promised('DATA'),
    receiveReset: 'closed',
    receiveWindowUpdate: 'reserved',
    receivePriority: 'reserved',
    sendHeaders: 'halfClosedRemote',
    sendEnd: ours('END_STREAM'),
    sendReset: 'reset',
    sendPromise: ours('PUSH_PROMISE'),
  },
  open: {
    receiveHeaders: trailersEnd,
    receiveHeadersEnd: 'halfClosedRemote',
    receiveData: 'open',
    receiveDataEnd: 'halfClosedRemote',
    receiveReset: 'closed',
    receiveWindowUpdate: 'open',
    receivePriority: 'open',
    sendHeaders: 'open',
    sendEnd: 'halfClosedLocal',
    sendReset: 'reset',
    sendPromise: 'open',
  },
  halfClosedLocal: {
    receiveHeaders: trailersEnd,
    receiveHeadersEnd: 'closed',
    receiveData: 'halfClosedLocal',
    receiveDataEnd: 'closed',
    receiveReset: 'closed',
    receiveWindowUpdate: 'halfClosedLocal',
    receivePriority: 'halfClosedLocal',
    sendHeaders: ours('HEADERS'),
    sendEnd: ours('END_STREAM'),
    sendReset: 'reset',
    sendPromise: ours('PUSH_PROMISE'),
  },
  halfClosedRemote: {
    receiveHeaders: ended('HEADERS'),
    receiveHeadersEnd: ended('HEADERS'),
    receiveData: ended('DATA'),
    receiveDataEnd: ended('DATA'),
    receiveReset: 'closed',
    receiveWindowUpdate: 'halfClosedRemote',
    receivePriority: 'halfClosedRemote',
    sendHeaders: 'halfClosedRemote',
    sendEnd: 'closed',
    sendReset: 'reset',
    sendPromise: 'halfClosedRemote',
  },
  closed: {
    receiveHeaders: closedHeaders,
    receiveHeadersEnd: closedHeaders,
    receiveData: closedData,
    receiveDataEnd: closedData,
    receiveReset: 'drop',
    receiveWindowUpdate: 'drop',
    receivePriority: 'drop',
    sendHeaders: ours('HEADERS'),
    sendEnd: ours('END_STREAM'),
    sendReset: 'reset',
    sendPromise: ours('PUSH_PROMISE'),
  },
  reset: {
    receiveHeaders: 'drop',
    receiveHeadersEnd: 'drop',
    receiveData: 'drop',
    receiveDataEnd: 'drop',
    receiveReset: 'drop',
    receiveWindowUpdate: 'drop',
    receivePriority: 'drop',
    sendHeaders: ours('HEADERS'),
    sendEnd: ours('END_STREAM'),
    sendReset: 'drop',
    sendPromise: ours('PUSH_PROMISE'),
  },
  skipped: {
    receiveHeaders: skippedHeaders,
    receiveHeadersEnd: skippedHeaders,
    receiveData: closedData,
    receiveDataEnd: closedData,
    receiveReset: 'drop',
    receiveWindowUpdate: 'drop',
    receivePriority: 'drop',
    sendHeaders: ours('HEADERS'),
    sendEnd: ours('END_STREAM'),
    sendReset: 'drop',
    sendPromise: ours('PUSH_PROMISE'),
  },
};

/** The cell for one input; throws what a refusal says, for the stream of that number. */
export function next(state: State, input: Input, id: number): State | 'drop' {
  const cell = STREAM_STATES[state][input];
  if (typeof cell === 'string') return cell;
  throw refusal(cell, id);
}

function refusal(cell: Refusal, id: number): Http2Error {
  return cell.scope === 'connection' ? connectionError(cell.code, cell.rule) : streamError(cell.code, id, cell.rule);
}
