/**
 * The one error of the engine: a code of RFC 9113 §7 and how far it reaches (§5.4). Thrown where the rule is, turned into
 * GOAWAY or RST_STREAM in one place (`Http2Connection.receive`). The message is the rule with its section; for the scope
 * "connection" it goes out as the debug data of GOAWAY.
 */
import type { ErrorCode } from '../../wire/index.ts';

export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly code: ErrorCode;
  readonly scope: 'connection' | 'stream';
  /** The stream meant; 0 where the connection is. */
  readonly stream: number;

  constructor(code: ErrorCode, scope: 'connection' | 'stream', stream: number, rule: string) {
    super(rule);
    this.code = code;
    this.scope = scope;
    this.stream = stream;
  }
}

/** Ends the connection (RFC 9113 §5.4.1). */
export function connectionError(code: ErrorCode, rule: string): Http2Error {
  return new Http2Error(code, 'connection', 0, rule);
}

/** Ends one stream (RFC 9113 §5.4.2). */
export function streamError(code: ErrorCode, stream: number, rule: string): Http2Error {
  return new Http2Error(code, 'stream', stream, rule);
}

/** A request or trailer section that breaks RFC 9113 §8: always a stream error PROTOCOL_ERROR (§8.1.1). */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
