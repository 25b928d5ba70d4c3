/** Who ended a stream of node:http2, and with what code: node has the facts in three places. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Party } from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import type { NodeSession } from './session.ts';

export interface Cause {
  readonly code: number;
  readonly by: Party;
  readonly rule: string;
}

/** Errors of the nghttp2 library for what a peer did, as the codes of RFC 9113 §7 with which it ended the connection. */
const CONNECTION_ERRORS: ReadonlyMap<number, number> = new Map([
  [-505, ERROR_CODE.PROTOCOL_ERROR],
  [-510, ERROR_CODE.STREAM_CLOSED],
  [-522, ERROR_CODE.FRAME_SIZE_ERROR],
  [-523, ERROR_CODE.COMPRESSION_ERROR],
  [-524, ERROR_CODE.FLOW_CONTROL_ERROR],
  [-530, ERROR_CODE.ENHANCE_YOUR_CALM],
  [-537, ERROR_CODE.ENHANCE_YOUR_CALM],
]);

export function causeOf(error: unknown, stream: ServerHttp2Stream, session: NodeSession): Cause {
  const { errno, code } = (error ?? {}) as { readonly errno?: number; readonly code?: string };
  if (code === 'ERR_HTTP2_ERROR') {
    const known = CONNECTION_ERRORS.get(errno ?? 0) ?? ERROR_CODE.PROTOCOL_ERROR;
    return { code: known, by: 'peer', rule: 'the peer has broken the protocol of the connection' };
  }
  if (code === 'ERR_HTTP2_SESSION_ERROR') {
    return { code: session.peerGoaway, by: 'peer', rule: 'the peer has ended the connection' };
  }
  if (session.lost) return { code: ERROR_CODE.CANCEL, by: 'transport', rule: 'the connection was lost' };
  return { code: stream.rstCode ?? constants.NGHTTP2_CANCEL, by: 'peer', rule: 'the peer has ended the stream' };
}
