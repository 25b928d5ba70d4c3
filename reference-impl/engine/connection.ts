/**
 * A server's side of one HTTP/2 connection (RFC 9113): octets in, calls on streams and on a listener out. No socket, no
 * timer, no promise; time is an argument. This file tells the frame types apart and is the face of the engine; what a
 * frame means is beside it, by noun: headers-input, field-blocks, requests, streams, flow-control, sender, closing, floods.
 *
 * It is the hot path, longer than other files on purpose: frames are read in place by index, a field block equal to the
 * last one gives the same head again, and a stream that is answered at once never enters the table. With `bench/serve.js`,
 * 10 connections of 100 streams, the whole server takes 0.08 s of CPU for 100,000 small requests, node:http2 2.0 s.
 */
import { ERROR_CODE, type ErrorCode, encodeFrame, FLAG, FRAME_TYPE, readU32, settings } from '../../wire/index.ts';
import { Closing } from './closing.ts';
import { connectionError, Http2Error, streamError } from './errors.ts';
import { Floods } from './floods.ts';
import { FlowControl } from './flow-control.ts';
import { EXPECTED_CLIENT_OCTETS, FrameInput } from './frame-input.ts';
import { HeadersInput } from './headers-input.ts';
import type { Limits } from './limits.ts';
import type { Allocate } from './output.ts';
import { DEFAULT_POLICY, Priorities, type PriorityPolicy } from './priorities.ts';
import { readDependency } from './priority-tree.ts';
import { Promises } from './promises.ts';
import { type RequestListener, Requests } from './requests.ts';
import type { FieldList } from './response-blocks.ts';
import { checkLength, lengthError, onConnection, onStream, padding, selfDependence, sizeError } from './rules.ts';
import { Sender } from './sender.ts';
import { applySettings, initialPeerSettings, localSettings, type SettingsEffects } from './settings.ts';
import type { Party, Stream } from './stream.ts';
import { Streams } from './streams.ts';

/** What happens on the connection. */
export interface ConnectionListener extends RequestListener {
  /** There is output, and no `receive` under way that somebody will flush after. */
  output(): void;
  /** The last words are in the output: flush them, then close. `error` is null for an end in good order. */
  close(error: Http2Error | null): void;
  /** An error that is nobody's but ours; the connection is closed for it. */
  fault(error: unknown): void;
}

export interface ConnectionOptions {
  /** The peer is told that ":protocol" is taken (RFC 8441 §3). Default false. */
  readonly extendedConnect?: boolean;
  /** Default: all signals. */
  readonly policy?: PriorityPolicy | undefined;
  /** Memory for output; plain arrays by default. */
  readonly allocate?: Allocate | undefined;
}

const NO_OCTETS = new Uint8Array(0);
const NO_TRAILERS: readonly string[] = Object.freeze([]);

/** Opaque octets of the PING that looks whether a transport still leads anywhere. */
const PROBE: Uint8Array = Uint8Array.from('msgilook', c => c.charCodeAt(0));

export class Http2Connection {
  readonly sender: Sender;
  readonly priorities: Priorities;
  readonly #listener: ConnectionListener;
  readonly #input: FrameInput;
  readonly #headers: HeadersInput;
  readonly #peer = initialPeerSettings();
  readonly #effects: SettingsEffects;
  readonly #streams: Streams;
  readonly #flow: FlowControl;
  readonly #closing: Closing;
  readonly #floods: Floods;
  readonly #promises: Promises;
  readonly #requests: Requests;

  #receiving = false;
  #announced = false;
  #settingsSeen = false;

  constructor(listener: ConnectionListener, limits: Limits, options: ConnectionOptions = {}) {
    const { extendedConnect = false, policy = DEFAULT_POLICY, allocate } = options;
    const announce = (): void => this.announce();
    this.#listener = listener;
    this.sender = new Sender(limits, stream => this.#streams.responseEnded(stream), allocate);
    const { output, blocks } = this.sender;
    this.#streams = new Streams(this.sender, limits.rememberedResets, announce, () => this.#closing.closeIfDone());
    this.#closing = new Closing(this.#streams, output, announce, error => listener.close(error));
    this.#flow = new FlowControl(limits, this.sender, this.#streams);
    this.#floods = new Floods(limits, output);
    this.#promises = new Promises(limits, listener, this.#peer, this.sender, this.#streams, this.#closing);
    const known = (): boolean => this.#flow.acknowledged;
    this.priorities = new Priorities(limits, policy, this.sender, this.#streams, known);
    this.#streams.over = stream => this.priorities.close(stream);
    this.#requests = new Requests(
      limits,
      listener,
      this.#peer,
      this.sender,
      this.#streams,
      this.#flow,
      this.priorities,
      extendedConnect,
    );
    this.#headers = new HeadersInput(limits, this.#floods, (id, endStream, dependency, octets, start, end) =>
      this.#requests.block(id, endStream, dependency, octets, start, end),
    );
    this.#effects = {
      headerTableSize: size => blocks.encoder.setLimit(size),
      initialWindowSize: by => this.#flow.shift(by),
    };
    this.#input = new FrameInput((octets, header, start, end) => {
      this.#frame(octets, header, start, end);
      return !this.#closing.closed;
    });
    output.octets(encodeFrame(settings(localSettings(limits, extendedConnect, policy.signals === 'urgency'))));
    this.#flow.returnReceipt();
  }

  /** Exchanges under way, promised ones included. */
  get active(): number {
    return this.#streams.exchanges;
  }

  /** Nothing more is received or sent but what is in the output. */
  get closed(): boolean {
    return this.#closing.closed;
  }

  get draining(): boolean {
    return this.#closing.draining;
  }

  /** SETTINGS of this side has been acknowledged. */
  get acknowledged(): boolean {
    return this.#flow.acknowledged;
  }

  /** The peer owes the rest of something it has begun: of a frame, or of a field block. */
  get unfinished(): boolean {
    return this.#input.unfinished || this.#headers.open !== 0;
  }

  /** Streams in the table: for sweeps of the coarse timer. */
  streams(): IterableIterator<Stream> {
    return this.#streams.values();
  }

  /** Those, and exchanges that are over on the wire but not for their application. */
  running(): readonly Stream[] {
    return this.#streams.running();
  }

  // Receiving -----------------------------------------------------------------------------------------------------

  /** The peer has ended its half of the transport. */
  #inputEnded = false;

  /** Octets of the transport, at `now` milliseconds. They are kept by reference: never written again. */
  receive(octets: Uint8Array, now: number): void {
    if (this.#closing.closed) return;
    this.#floods.now = now;
    this.#receiving = true;
    this.#input.feed(octets);
    while (!this.#closing.closed) {
      try {
        this.#input.run();
        break;
      } catch (error) {
        this.#refuse(error);
      }
    }
    this.#input.feed(NO_OCTETS);
    this.sender.pump();
    this.#receiving = false;
  }

  /** The one place where an error becomes a frame (RFC 9113 §5.4). */
  #refuse(error: unknown): void {
    if (!(error instanceof Http2Error)) {
      this.#listener.fault(error);
      this.#closing.fail(connectionError('INTERNAL_ERROR', 'the server met an error of its own'), 'server');
    } else if (error.scope === 'connection') {
      this.#closing.fail(error, 'peer');
    } else if (this.#floods.bears(error)) {
      this.#resetFor(error);
    } else {
      const calm = 'too many streams in error (RFC 9113 section 10.5)';
      this.#closing.fail(connectionError('ENHANCE_YOUR_CALM', calm), 'peer');
    }
  }

  #resetFor(error: Http2Error): void {
    const stream = this.#streams.get(error.stream);
    const code = ERROR_CODE[error.code];
    if (stream !== undefined) {
      this.#streams.abandon(stream, code, error.code === 'INTERNAL_ERROR' ? 'server' : 'peer', error.message);
    } else if (!this.#streams.wasReset(error.stream)) {
      this.#streams.refuse(error.stream, code);
    }
  }

  #frame(octets: Uint8Array, header: number, start: number, end: number): void {
    const type = octets[header + 3] as number;
    const flags = octets[header + 4] as number;
    const id = readU32(octets, header + 5) & 0x7fffffff;
    if (!this.#settingsSeen && (type !== FRAME_TYPE.SETTINGS || flags & FLAG.ACK)) {
      throw connectionError('PROTOCOL_ERROR', EXPECTED_CLIENT_OCTETS);
    }
    if (this.#headers.open !== 0 && (type !== FRAME_TYPE.CONTINUATION || id !== this.#headers.open)) {
      const rule = 'only CONTINUATION may follow an open field block (RFC 9113 section 6.2)';
      throw connectionError('PROTOCOL_ERROR', rule);
    }
    switch (type) {
      case FRAME_TYPE.HEADERS:
        this.#headers.headers(flags, id, octets, start, end);
        break;
      case FRAME_TYPE.DATA:
        this.#data(flags, id, octets, start, end);
        break;
      case FRAME_TYPE.WINDOW_UPDATE:
        this.#windowUpdate(id, octets, start, end);
        break;
      case FRAME_TYPE.PRIORITY:
        this.#priority(id, octets, start, end);
        break;
      case FRAME_TYPE.RST_STREAM:
        this.#rstStream(id, octets, start, end);
        break;
      case FRAME_TYPE.SETTINGS:
        this.#settings(flags, id, octets, start, end);
        break;
      case FRAME_TYPE.PING:
        this.#ping(flags, id, octets, start, end);
        break;
      case FRAME_TYPE.GOAWAY:
        this.#goaway(id, octets, start, end);
        break;
      case FRAME_TYPE.CONTINUATION:
        this.#headers.continuation(flags, octets, start, end);
        break;
      case FRAME_TYPE.PRIORITY_UPDATE:
        this.#floods.countIdle('PRIORITY_UPDATE');
        this.priorities.update(id, octets, start, end);
        break;
      case FRAME_TYPE.PUSH_PROMISE:
        throw connectionError('PROTOCOL_ERROR', 'a client promises nothing (RFC 9113 section 8.4)');
    }
  }

  #data(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('DATA', id);
    const length = end - start;
    const padded = flags & FLAG.PADDED ? padding(octets, start, end, 0) + 1 : 0;
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    const stream = this.#streams.get(id);
    this.#flow.receiveOnConnection(length);
    const state = this.#streams.step(stream, id, endStream ? 'receiveDataEnd' : 'receiveData');
    if (stream === undefined || state === 'drop') {
      if (length === padded && !endStream) this.#floods.countIdle('empty DATA');
      return;
    }
    this.#flow.receiveOnStream(stream, length);
    stream.received += length - padded;
    if (stream.contentLength >= 0 && stream.received > stream.contentLength) throw lengthError(id);
    if (endStream) checkLength(stream);
    else if (length === padded) this.#floods.countIdle('empty DATA');
    stream.state = state;
    if (padded > 0 && !endStream) this.#flow.grant(stream, padded);
    if (length > padded) {
      const from = padded > 0 ? start + 1 : start;
      stream.onData(octets.subarray(from, from + length - padded));
    }
    if (!endStream) return;
    stream.onEnd(NO_TRAILERS);
    if (state === 'closed') this.#streams.finish(stream);
  }

  #windowUpdate(id: number, octets: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('WINDOW_UPDATE has 4 octets (RFC 9113 section 6.9)');
    const increment = readU32(octets, start) & 0x7fffffff;
    if (id === 0) this.#flow.openConnection(increment);
    else this.#flow.openStream(id, increment);
  }

  #priority(id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('PRIORITY', id);
    const isIdle = this.#streams.isIdle(id);
    if (end - start !== 5) {
      const rule = 'PRIORITY has 5 octets (RFC 9113 section 6.3)';
      throw isIdle ? sizeError(rule) : streamError('FRAME_SIZE_ERROR', id, rule);
    }
    this.#floods.countIdle('PRIORITY');
    const dependency = readDependency(octets, start);
    if (dependency.parent !== id || !this.priorities.treeCounts) {
      this.priorities.depend(id, dependency);
      return;
    }
    const error = selfDependence(id);
    throw isIdle ? connectionError(error.code, error.message) : error;
  }

  #rstStream(id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('RST_STREAM', id);
    if (end - start !== 4) throw sizeError('RST_STREAM has 4 octets (RFC 9113 section 6.4)');
    const stream = this.#streams.get(id);
    const state = this.#streams.step(stream, id, 'receiveReset');
    // A promise is refused so: no work of the peer's asking is thrown away.
    if (id % 2 !== 0) this.#floods.countPeerReset();
    else if (stream === undefined) this.#floods.countIdle('RST_STREAM');
    if (stream === undefined || state === 'drop') return;
    stream.state = state;
    this.#streams.lose(stream, readU32(octets, start), 'peer', 'the peer has reset the stream (RFC 9113 section 6.4)');
  }

  #settings(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('SETTINGS', id);
    if (flags & FLAG.ACK) {
      if (end > start) throw sizeError('an acknowledgement of SETTINGS is empty (RFC 9113 section 6.5)');
      if (!this.#flow.acknowledged) this.#requests.acknowledge();
      this.#flow.acknowledge();
      return;
    }
    if ((end - start) % 6 !== 0) throw sizeError('SETTINGS has a multiple of 6 octets (RFC 9113 section 6.5)');
    this.#floods.countIdle('SETTINGS');
    this.#settingsSeen = true;
    applySettings(this.#peer, octets, start, end, this.#effects);
    this.priorities.settle(this.#peer.noRfc7540Priorities);
    this.#floods.countReply();
    this.sender.output.header(0, FRAME_TYPE.SETTINGS, FLAG.ACK, 0);
  }

  #ping(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('PING', id);
    if (end - start !== 8) throw sizeError('PING has 8 octets (RFC 9113 section 6.7)');
    const opaque = octets.subarray(start, end);
    if (flags & FLAG.ACK) {
      this.#closing.acknowledged(opaque);
      return;
    }
    this.#floods.countReply();
    this.sender.output.frame(FRAME_TYPE.PING, FLAG.ACK, 0, opaque);
  }

  #goaway(id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('GOAWAY', id);
    if (end - start < 8) throw sizeError('GOAWAY has 8 octets and more (RFC 9113 section 6.8)');
    this.#streams.losePromises(readU32(octets, start) & 0x7fffffff);
    this.#closing.peerGone();
  }

  // Sending -------------------------------------------------------------------------------------------------------

  /** Tells the listener of output, once, unless whoever called `receive` will flush anyway. */
  announce(): void {
    if (this.#receiving || this.#announced) return;
    this.#announced = true;
    this.#listener.output();
  }

  /** The transport is about to take the output. */
  flushed(): void {
    this.#announced = false;
  }

  /** The transport has taken the output and takes more. */
  transportReady(): void {
    if (this.#inputEnded) this.#loseStranded();
    if (!this.sender.starved) return;
    this.sender.starved = false;
    this.#flow.progress();
  }

  /** The peer's half of the transport has ended, so no credit comes: what waits for some would wait for ever. */
  #loseStranded(): void {
    for (const stream of [...this.#streams.values()]) {
      const finished = stream.queued === 0 && stream.endDue;
      if (!stream.sending || finished || this.windowOpen(stream)) continue;
      stream.state = 'closed';
      this.#streams.lose(stream, ERROR_CODE.CANCEL, 'transport', 'the transport has ended, and no credit can come');
    }
    this.#closing.closeIfDone();
  }

  /** Whether the peer's windows let content of a stream out; the transport may still hold it back. */
  windowOpen(stream: Stream): boolean {
    return stream.sendWindow > 0 && this.sender.window > 0;
  }

  /** The stream of an exchange that is not over on the wire. */
  stream(id: number): Stream | undefined {
    return this.#streams.get(id);
  }

  /** What the peer may still send on a stream by our initial window and the grants; below zero while it cannot know. */
  allowance(stream: Stream): number {
    return this.#flow.allowance(stream);
  }

  /** Lets the peer send `octets` more on a stream; the sum stops at 2^31−1. */
  grant(stream: Stream, octets: number): void {
    if (this.#flow.grant(stream, octets)) this.announce();
  }

  /** Content or an end has been queued: send what may be sent. */
  push(): void {
    if (!this.#receiving) this.sender.pump();
    this.announce();
  }

  /** The peer takes promises, though perhaps not at this moment. */
  get takesPromises(): boolean {
    return this.#promises.taken;
  }

  /** Promises the response to a request, `section`, with PUSH_PROMISE on `parent`; null where that may not be. */
  promise(parent: Stream, section: FieldList): Stream | null {
    // What may be sent of the content before it goes before it.
    this.sender.pump();
    const stream = this.#promises.make(parent, section);
    if (stream !== null) this.announce();
    return stream;
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  /** Ends a stream with RST_STREAM, by the application or by a limit. */
  reset(stream: Stream, code: number, by: Party, rule: string): void {
    if (stream.state === 'closed' || stream.state === 'reset') return;
    this.#streams.abandon(stream, code, by, rule);
    this.announce();
  }

  /** Nobody will read the rest of the request: once the response is out, the peer may stop sending. */
  stop(stream: Stream): void {
    this.#streams.stop(stream);
  }

  /** A stream that is over on the wire, but was held, is done with. */
  release(stream: Stream): void {
    this.#streams.release(stream);
  }

  /** GOAWAY with the highest possible id: what is under way is still served (RFC 9113 §6.8). */
  drain(): void {
    this.#closing.drain();
  }

  /** The final GOAWAY; closes once no exchange is left. */
  finishDrain(): void {
    this.#closing.finishDrain();
  }

  /** No more octets come: requests that are not whole never will be. */
  receiveEnd(): void {
    this.#inputEnded = true;
    for (const stream of [...this.#streams.values()]) {
      if (!stream.receiving) continue;
      stream.state = 'closed';
      this.#streams.lose(stream, ERROR_CODE.CANCEL, 'transport', 'the transport has ended inside the request');
    }
    this.#closing.peerGone();
  }

  /** A PING to a peer that has ended its direction: that it is gone altogether shows only where something is written. */
  probe(): void {
    if (this.#inputEnded && !this.closed) this.sender.output.frame(FRAME_TYPE.PING, 0, 0, PROBE);
  }

  /** The transport is gone. */
  lost(): void {
    this.#closing.lost();
  }

  /** A limit of the server's that is not a peer's mistake of format, such as a time that has run out. */
  abort(code: ErrorCode, rule: string): void {
    this.#closing.fail(connectionError(code, rule), 'server');
    this.announce();
  }
}
