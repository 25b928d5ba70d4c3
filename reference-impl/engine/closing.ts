/** How a connection ends: GOAWAY in good order or for an error (RFC 9113 §6.8, §5.4.1), or the loss of the transport. */
import { ERROR_CODE, type ErrorCode, encodeFrame, FRAME_TYPE, goaway, MAX_WINDOW } from '../../wire/index.ts';
import type { Http2Error } from './errors.ts';
import type { Output } from './output.ts';
import type { Party } from './stream.ts';
import type { Streams } from './streams.ts';

/** Opaque octets of the PING behind the first GOAWAY: its acknowledgement says that the peer has seen both. */
const DRAIN_PING: Uint8Array = Uint8Array.from('msgidrai', c => c.charCodeAt(0));

export class Closing {
  /** Nothing more is received or sent but what is in the output. */
  closed = false;
  #drain: 'no' | 'announced' | 'final' = 'no';
  #peerGone = false;
  readonly #streams: Streams;
  readonly #output: Output;
  readonly #announce: () => void;
  readonly #close: (error: Http2Error | null) => void;

  /** `close` is called once the last words are in the output. */
  constructor(streams: Streams, output: Output, announce: () => void, close: (error: Http2Error | null) => void) {
    this.#streams = streams;
    this.#output = output;
    this.#announce = announce;
    this.#close = close;
  }

  get draining(): boolean {
    return this.#drain !== 'no';
  }

  /** Nothing new may begin: one of the two sides has announced the end. */
  get ending(): boolean {
    return this.closed || this.#peerGone || this.#drain !== 'no';
  }

  /** GOAWAY for an error, the last word: what runs is lost. */
  fail(error: Http2Error, by: Party): void {
    if (this.closed) return;
    this.closed = true;
    this.#goaway(this.#streams.highest, error.code, error.message);
    this.#streams.loseAll(ERROR_CODE[error.code], by, error.message);
    this.#close(error);
  }

  /** The transport is gone. */
  lost(): void {
    this.closed = true;
    this.#streams.loseAll(ERROR_CODE.CANCEL, 'transport', 'the transport is lost');
  }

  /** GOAWAY with the highest possible id, and a PING: what is under way is still served. */
  drain(): void {
    if (this.closed || this.#drain !== 'no') return;
    this.#drain = 'announced';
    this.#goaway(MAX_WINDOW, 'NO_ERROR');
    this.#output.frame(FRAME_TYPE.PING, 0, 0, DRAIN_PING);
    this.#announce();
  }

  /** PING has been acknowledged. */
  acknowledged(octets: Uint8Array): void {
    if (DRAIN_PING.every((octet, i) => octets[i] === octet)) this.finishDrain();
  }

  /** The final GOAWAY; closes once no exchange is left. */
  finishDrain(): void {
    if (this.closed || this.#drain !== 'announced') return;
    this.#drain = 'final';
    this.#streams.final = true;
    this.#goaway(this.#streams.highest, 'NO_ERROR');
    this.#announce();
    this.closeIfDone();
  }

  /** The peer opens no more streams: it sent GOAWAY, or its half of the transport has ended. */
  peerGone(): void {
    this.#peerGone = true;
    this.closeIfDone();
  }

  closeIfDone(): void {
    if (this.closed || this.#streams.exchanges > 0 || !(this.#peerGone || this.#drain === 'final')) return;
    this.closed = true;
    if (this.#drain !== 'final') this.#goaway(this.#streams.highest, 'NO_ERROR');
    this.#close(null);
    this.#announce();
  }

  #goaway(last: number, code: ErrorCode, rule = ''): void {
    this.#output.octets(encodeFrame(goaway(last, code, rule)));
  }
}
