/**
 * One stream of node:http2, and the exchange on it. The window of the connection is returned on receipt by node itself.
 * That of the stream is withheld as long as its reading is stopped, and returned as a whole when it is started: so what the
 * peer may really send is up to one initial window more than the allowance (MSGI-FLOW-31).
 */
import type { ServerHttp2Stream } from 'node:http2';
import type { Fields } from '../../../spec/msgi.ts';
import { ERROR_CODE } from '../../../wire/index.ts';
import { checkTrailers } from '../../engine/request-head.ts';
import { ignore } from '../../gateway/exchange-error.ts';
import { Handling, type Incoming } from '../../gateway/handling.ts';
import { causeOf } from './cause.ts';
import type { NodeSession } from './session.ts';

export class NodeStream extends Handling {
  readonly session: NodeSession;
  readonly stream: ServerHttp2Stream;
  /** The peer has ended the request. */
  whole: boolean;
  /** A piece of content is with node. */
  writing = false;
  /** Node asks for trailers before it ends the stream. */
  trailing = false;
  /** Node has been asked to tell when there is a window. */
  probing = false;
  /** Octets of the stream's window, beyond what the peer began it with, that it is known to have had. */
  proved = 0;
  /** The end of the response is with node. */
  endGiven = false;
  readonly #initial: number;
  /** Octets that node has not given back to the window of the stream. */
  #withheld = 0;
  #startReading: () => void = ignore;
  /** The application has been told of the end of the request. */
  #ended = false;
  #cause: unknown = null;

  constructor(session: NodeSession, stream: ServerHttp2Stream, endStream: boolean) {
    super(session, stream.id as number, endStream ? 0 : session.initialWindow, 0);
    this.session = session;
    this.stream = stream;
    this.whole = endStream;
    this.#initial = session.initialWindow;
    if (endStream) this.state = 'halfClosedRemote';
    stream.on('error', cause => {
      this.#cause = cause;
    });
    stream.once('close', () => this.#closed());
  }

  override begin(request: Incoming): void {
    super.begin(request);
    this.#attach();
  }

  /** Nothing more can be sent on it. */
  get gone(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  /** RST_STREAM; what waits is dropped. */
  kill(code: number): void {
    if (this.stream.destroyed) return;
    // `close(0)` would wait for what is queued.
    if (code === ERROR_CODE.NO_ERROR) this.stream.destroy();
    else this.stream.close(code);
  }

  // Receiving -----------------------------------------------------------------------------------------------------

  /** Takes what node hands to the readable side of the stream before it is buffered there. */
  #attach(): void {
    const { stream } = this;
    const { push, _read: read } = stream;
    stream.push = (chunk: Buffer | null) => {
      if (chunk !== null) return this.#arrive(chunk);
      this.#pushEnd();
      return push.call(stream, null);
    };
    if (this.whole) return;
    stream._read = ignore;
    this.#startReading = () => {
      if (!stream.destroyed) read.call(stream, 0);
    };
    stream.on('trailers', (_headers: unknown, _flags: unknown, section: readonly string[] = []) =>
      this.#trailers(section),
    );
    const waiting = stream.read() as Buffer | null;
    if (waiting !== null) this.#arrive(waiting);
    if (stream.state.remoteClose === 1) this.#end();
    stream.resume();
  }

  /** Gives whether node is to return the octets to the window now. */
  #arrive(chunk: Buffer): boolean {
    const { length } = chunk;
    this.received += length;
    this.receiveWindow -= length;
    this.#withheld += length;
    // Not as a Buffer: its `slice` copies nothing, and an application would not expect one.
    this.onData(new Uint8Array(chunk.buffer, chunk.byteOffset, length));
    this.giveBack();
    return this.#withheld === 0;
  }

  /** What the peer may really send is the initial window less what is withheld: brought up to the allowance. */
  giveBack(): void {
    if (this.#withheld === 0 || this.receiveWindow <= this.#initial - this.#withheld) return;
    this.#withheld = 0;
    this.#startReading();
  }

  /** Comes for every end: the one that the peer gives to its request, and the one that node gives to a closed stream. */
  #pushEnd(): void {
    const { stream } = this;
    if (!stream.closed) this.#end();
    // RST_STREAM with NO_ERROR: node would wait for what can never be sent. A response that is whole is closed as well.
    else if (!this.complete && !stream.destroyed && stream.state.localClose !== 1) this.#left();
  }

  #left(): void {
    const { stream, session } = this;
    session.lose(this, { code: stream.rstCode, by: 'peer', rule: 'the peer has ended the stream' });
    // Node is still at work on it.
    process.nextTick(() => stream.destroy());
  }

  #end(): void {
    if (this.whole) return;
    this.whole = true;
    // The trailers, where there are some, come in a turn that is due before this one.
    process.nextTick(() => this.#finish([]));
  }

  #trailers(section: readonly string[]): void {
    if (this.tunnel) {
      this.fail(ERROR_CODE.PROTOCOL_ERROR, 'peer', 'fields in a tunnel (RFC 9113 section 8.5)');
      return;
    }
    try {
      checkTrailers(section);
    } catch (error) {
      this.fail(ERROR_CODE.PROTOCOL_ERROR, 'peer', (error as Error).message);
      return;
    }
    this.#finish(joinCookies(section));
  }

  #finish(trailers: Fields): void {
    if (this.failed || this.#ended) return;
    this.#ended = true;
    this.onEnd(trailers);
    this.onClosed();
  }

  // The end -------------------------------------------------------------------------------------------------------

  /** Node has done with the stream, perhaps before it has told that the last octets have gone. */
  #closed(): void {
    if (this.complete && this.whole) return;
    if (this.stream.rstCode === 0 && this.endGiven && !this.session.lost) setImmediate(() => this.#judge());
    else this.#judge();
  }

  #judge(): void {
    const received = this.whole || this.inbound?.state !== 'flowing';
    if (this.failed || (this.complete && received)) return;
    this.session.lose(this, causeOf(this.#cause, this.stream, this.session));
  }
}

/** Crumbs of a trailer section are one field as well (RFC 9113 §8.2.3). */
function joinCookies(section: readonly string[]): Fields {
  const fields: string[] = [];
  let cookie = -1;
  for (let i = 0; i < section.length; i += 2) {
    const [name, value] = [section[i] as string, section[i + 1] as string];
    if (name !== 'cookie') fields.push(name, value);
    else if (cookie >= 0) fields[cookie] += `; ${value}`;
    else cookie = fields.push(name, value) - 1;
  }
  return fields;
}
