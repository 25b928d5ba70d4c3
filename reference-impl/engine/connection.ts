/**
 * A server's side of one HTTP/2 connection (RFC 9113): octets in, calls on streams and on a listener out. No socket, no
 * timer, no promise; time is an argument.
 *
 * This is the hot path, longer than other files on purpose: frames are read in place by index, a field block equal to the
 * last one gives the same head again, and a stream that is answered at once never enters the table. With `bench/serve.js`,
 * 10 connections of 100 streams, the whole server takes 0.08 s of CPU for 100,000 small requests, node:http2 2.0 s.
 */
import {
  concat,
  DEFAULT_WINDOW,
  Decoder,
  ERROR_CODE,
  type ErrorCode,
  encodeFrame,
  FLAG,
  FRAME_TYPE,
  goaway,
  HpackError,
  MAX_WINDOW,
  MIN_MAX_FRAME_SIZE,
  readU32,
  settings,
} from '../../wire/index.ts';
import { ClosedStreams } from './closed-streams.ts';
import { connectionError, Http2Error, streamError } from './errors.ts';
import { EXPECTED_CLIENT_OCTETS, FrameInput } from './frame-input.ts';
import { Budget, type Limits } from './limits.ts';
import { checkTrailers, type Request } from './request-head.ts';
import type { FieldList } from './response-blocks.ts';
import {
  asStreamError,
  checkLength,
  lengthError,
  onConnection,
  onStream,
  padding,
  parse,
  selfDependence,
  sizeError,
} from './rules.ts';
import { Sender } from './sender.ts';
import { applySettings, initialPeerSettings, localSettings } from './settings.ts';
import type { Party, Stream } from './stream.ts';
import { type Input, next, type State } from './stream-state.ts';
import { grown, ReceiptWindow, room } from './windows.ts';

/** What happens on the connection. */
export interface ConnectionListener {
  /** A stream object for the request that is about to be told. */
  open(id: number, receiveWindow: number, sendWindow: number): Stream;
  /** The request has been checked and may be served; `stream.state` tells whether content is to come. */
  request(stream: Stream, request: Request): void;
  /** There is output, and no `receive` under way that somebody will flush after. */
  output(): void;
  /** The last words are in the output: flush them, then close. `error` is null for an end in good order. */
  close(error: Http2Error | null): void;
  /** An error that is nobody's but ours; the connection is closed for it. */
  fault(error: unknown): void;
}

/** A field block that spans frames (RFC 9113 §4.3). */
interface OpenBlock {
  readonly stream: number;
  readonly endStream: boolean;
  readonly selfDependent: boolean;
  readonly parts: Uint8Array[];
  octets: number;
  continuations: number;
}

/** The last whole field block that left the table as it was, and the request it says. */
interface LastBlock {
  readonly octets: Uint8Array;
  readonly inserted: number;
  readonly entries: number;
  readonly request: Request;
}

const EMPTY: readonly string[] = Object.freeze([]);
const NO_OCTETS = new Uint8Array(0);
const DRAIN_PING: Uint8Array = Uint8Array.from('msgidrai', c => c.charCodeAt(0));

export class Http2Connection {
  readonly sender: Sender;
  readonly #limits: Limits;
  readonly #listener: ConnectionListener;
  readonly #input = new FrameInput((octets, header, start, end) => {
    this.#frame(octets, header, start, end);
    return !this.#closed;
  });
  readonly #decoder: Decoder;
  readonly #peer = initialPeerSettings();
  readonly #receipt: ReceiptWindow;
  readonly #streams = new Map<number, Stream>();
  readonly #closedStreams: ClosedStreams;
  readonly #peerResets: Budget;
  readonly #provokedResets: Budget;
  readonly #idleFrames: Budget;

  #now = 0;
  #receiving = false;
  #announced = false;
  #closed = false;
  #settingsSeen = false;
  #settingsAcknowledged = false;
  #block: OpenBlock | null = null;
  #last: LastBlock | null = null;

  /** The highest stream of the peer that was taken up. */
  #highest = 0;
  #active = 0;
  #drain: 'no' | 'announced' | 'final' = 'no';
  #peerGone = false;

  constructor(listener: ConnectionListener, limits: Limits) {
    this.#listener = listener;
    this.#limits = limits;
    this.sender = new Sender(limits, stream => this.#responseEnded(stream));
    this.#decoder = new Decoder(limits.headerTable);
    this.#receipt = new ReceiptWindow(limits.connectionWindow, DEFAULT_WINDOW);
    this.#closedStreams = new ClosedStreams(limits.rememberedResets);
    this.#peerResets = new Budget(limits.peerResets);
    this.#provokedResets = new Budget(limits.provokedResets);
    this.#idleFrames = new Budget(limits.idleFrames);
    const { output } = this.sender;
    output.octets(encodeFrame(settings(localSettings(limits))));
    const increment = this.#receipt.due();
    if (increment > 0) output.word(FRAME_TYPE.WINDOW_UPDATE, 0, increment);
  }

  /** Exchanges that count against the limit. */
  get active(): number {
    return this.#active;
  }

  /** Nothing more is received or sent but what is in the output. */
  get closed(): boolean {
    return this.#closed;
  }

  get draining(): boolean {
    return this.#drain !== 'no';
  }

  /** SETTINGS of this side has been acknowledged. */
  get acknowledged(): boolean {
    return this.#settingsAcknowledged;
  }

  // Receiving -----------------------------------------------------------------------------------------------------

  /** Octets of the transport, at `now` milliseconds. They are kept by reference: never written again. */
  receive(octets: Uint8Array, now: number): void {
    if (this.#closed) return;
    this.#now = now;
    this.#receiving = true;
    this.#input.feed(octets);
    while (!this.#closed) {
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
      this.#fail(connectionError('INTERNAL_ERROR', 'the server met an error of its own'), 'server');
    } else if (error.scope === 'connection') {
      this.#fail(error, 'peer');
    } else if (this.#mayReset(error)) {
      this.#resetFor(error);
    } else {
      this.#fail(connectionError('ENHANCE_YOUR_CALM', 'too many streams in error (RFC 9113 section 10.5)'), 'peer');
    }
  }

  /** Refusals over the limit of streams are counted as replies only: a polite client's first flight may hold many. */
  #mayReset(error: Http2Error): boolean {
    if (this.sender.output.replies >= this.#limits.replies) return false;
    return error.code === 'REFUSED_STREAM' || this.#provokedResets.take(this.#now);
  }

  #resetFor(error: Http2Error): void {
    const stream = this.#streams.get(error.stream);
    if (stream === undefined) {
      this.#writeReset(error.stream, ERROR_CODE[error.code]);
      this.#closedStreams.addReset(error.stream);
    } else {
      this.#abandon(stream, ERROR_CODE[error.code], error.code === 'INTERNAL_ERROR' ? 'server' : 'peer', error.message);
    }
  }

  #fail(error: Http2Error, by: Party): void {
    if (this.#closed) return;
    this.#closed = true;
    this.sender.output.octets(encodeFrame(goaway(this.#highest, error.code, error.message)));
    this.#end(ERROR_CODE[error.code], by, error.message);
    this.#listener.close(error);
  }

  #end(code: number, by: Party, rule: string): void {
    for (const stream of [...this.#streams.values()]) {
      stream.state = 'closed';
      this.#lose(stream, code, by, rule);
    }
  }

  #frame(octets: Uint8Array, header: number, start: number, end: number): void {
    const type = octets[header + 3] as number;
    const flags = octets[header + 4] as number;
    const id = readU32(octets, header + 5) & 0x7fffffff;
    if (!this.#settingsSeen && (type !== FRAME_TYPE.SETTINGS || flags & FLAG.ACK)) {
      throw connectionError('PROTOCOL_ERROR', EXPECTED_CLIENT_OCTETS);
    }
    if (this.#block !== null && (type !== FRAME_TYPE.CONTINUATION || id !== this.#block.stream)) {
      throw connectionError(
        'PROTOCOL_ERROR',
        'only CONTINUATION may follow an open field block (RFC 9113 section 6.2)',
      );
    }
    switch (type) {
      case FRAME_TYPE.HEADERS:
        this.#headers(flags, id, octets, start, end);
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
        this.#goaway(id, start, end);
        break;
      case FRAME_TYPE.CONTINUATION:
        this.#continuation(flags, octets, start, end);
        break;
      case FRAME_TYPE.PUSH_PROMISE:
        throw connectionError('PROTOCOL_ERROR', 'a client promises nothing (RFC 9113 section 8.4)');
    }
  }

  #headers(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('HEADERS', id);
    let from = start;
    let to = end;
    if (flags & (FLAG.PADDED | FLAG.PRIORITY)) {
      if (flags & FLAG.PADDED) {
        to = end - padding(octets, start, end, flags & FLAG.PRIORITY ? 5 : 0);
        from += 1;
      } else if (end - start < 5) {
        throw connectionError('FRAME_SIZE_ERROR', 'HEADERS is too short for its priority (RFC 9113 section 6.2)');
      }
    }
    let selfDependent = false;
    if (flags & FLAG.PRIORITY) {
      selfDependent = (readU32(octets, from) & 0x7fffffff) === id;
      from += 5;
    }
    if (id % 2 === 0) {
      throw connectionError('PROTOCOL_ERROR', 'a client opens streams of odd numbers (RFC 9113 section 5.1.1)');
    }
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    if (flags & FLAG.END_HEADERS) {
      this.#section(id, endStream, selfDependent, octets, from, to);
      return;
    }
    const parts = [octets.subarray(from, to)];
    this.#block = { stream: id, endStream, selfDependent, parts, octets: to - from, continuations: 0 };
    if (from === to) this.#countIdle('empty HEADERS');
  }

  #continuation(flags: number, octets: Uint8Array, start: number, end: number): void {
    const block = this.#block;
    if (block === null) {
      throw connectionError('PROTOCOL_ERROR', 'CONTINUATION continues no field block (RFC 9113 section 6.10)');
    }
    block.parts.push(octets.subarray(start, end));
    block.octets += end - start;
    block.continuations += 1;
    if (block.octets > this.#limits.fieldBlock || block.continuations > this.#limits.continuations) {
      throw connectionError('ENHANCE_YOUR_CALM', 'a field block without end (RFC 9113 section 10.5.1)');
    }
    if ((flags & FLAG.END_HEADERS) === 0) return;
    this.#block = null;
    const whole = concat(block.parts);
    this.#section(block.stream, block.endStream, block.selfDependent, whole, 0, whole.length);
  }

  /** A whole field section: a request, trailers, or neither; in any case it goes through HPACK (RFC 9113 §4.3). */
  #section(
    id: number,
    endStream: boolean,
    selfDependent: boolean,
    octets: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (id > this.#highest) {
      const last = this.#last;
      const request = last !== null && this.#isLast(last, octets, start, end) ? last.request : null;
      this.#open(id, endStream, selfDependent, octets, start, end, request);
      return;
    }
    const section = this.#decode(octets, start, end);
    const stream = this.#streams.get(id);
    const state = this.#step(stream, id, endStream ? 'receiveHeadersEnd' : 'receiveHeaders');
    if (stream === undefined || state === 'drop') return;
    if (selfDependent) throw selfDependence(id);
    this.#checkTrailers(stream, section);
    stream.state = state;
    stream.onEnd(section);
    if (state === 'closed') this.#finish(stream);
  }

  #checkTrailers(stream: Stream, section: readonly string[]): void {
    if (this.#tooLarge(section)) {
      throw streamError('PROTOCOL_ERROR', stream.id, 'a trailer section above SETTINGS_MAX_HEADER_LIST_SIZE');
    }
    try {
      checkTrailers(section);
    } catch (error) {
      throw asStreamError(error, stream.id);
    }
    checkLength(stream);
  }

  #isLast(last: LastBlock, octets: Uint8Array, start: number, end: number): boolean {
    const { table } = this.#decoder;
    const { length } = last.octets;
    if (end - start !== length || last.inserted !== table.inserted || last.entries !== table.length) return false;
    for (let i = 0; i < length; i += 1) if (octets[start + i] !== last.octets[i]) return false;
    return true;
  }

  #decode(octets: Uint8Array, start: number, end: number): string[] {
    try {
      return this.#decoder.decode(octets, start, end, this.#limits.headerListSize);
    } catch (error) {
      if (error instanceof HpackError) throw connectionError('COMPRESSION_ERROR', error.message);
      throw error;
    }
  }

  #tooLarge(section: readonly string[]): boolean {
    return this.#decoder.listSize > this.#limits.headerListSize || section.length > 2 * this.#limits.fieldLines;
  }

  /** A new stream of the peer (RFC 9113 §5.1.1). */
  #open(
    id: number,
    endStream: boolean,
    selfDependent: boolean,
    octets: Uint8Array,
    start: number,
    end: number,
    known: Request | null,
  ): void {
    const { table } = this.#decoder;
    const { inserted, capacity } = table;
    const section = known === null ? this.#decode(octets, start, end) : EMPTY;
    if (this.#drain === 'final') return;
    if (id > this.#highest + 2) this.#closedStreams.addSkipped(this.#highest + 1, id - 1);
    this.#highest = id;
    if (selfDependent) throw selfDependence(id);
    if (this.#active >= this.#limits.concurrentStreams) {
      throw streamError(
        'REFUSED_STREAM',
        id,
        'more streams than SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 section 5.1.2)',
      );
    }
    if (known === null && this.#tooLarge(section)) {
      this.#answer(id, 431, endStream);
      return;
    }
    const request = known ?? parse(section, id);
    if (known === null && table.inserted === inserted && table.capacity === capacity && end - start <= 1024) {
      this.#last = { octets: octets.slice(start, end), inserted, entries: table.length, request };
    }
    this.#serve(id, endStream, request);
  }

  #serve(id: number, endStream: boolean, request: Request): void {
    const initial = this.#limits.initialWindow;
    if (endStream && request.contentLength > 0) throw lengthError(id);
    const window = this.#settingsAcknowledged ? initial : Math.max(initial, DEFAULT_WINDOW);
    const stream = this.#listener.open(id, window, this.#peer.initialWindowSize);
    stream.state = next('idle', endStream ? 'receiveHeadersEnd' : 'receiveHeaders', id) as State;
    stream.contentLength = request.contentLength;
    this.#active += 1;
    this.#listener.request(stream, request);
    if (stream.state !== 'closed' && stream.state !== 'reset') {
      this.#streams.set(id, stream);
      stream.stored = true;
    }
  }

  /** A response that no application gives: a status and nothing else. */
  #answer(id: number, status: number, endStream: boolean): void {
    const block = this.sender.blocks.make(status, EMPTY as FieldList, -1, '');
    this.sender.output.fieldBlock(id, block, true, MIN_MAX_FRAME_SIZE);
    if (endStream) return;
    // The response is whole and the rest of the request is not wanted: NO_ERROR says both (RFC 9113 §8.1).
    this.#writeReset(id, ERROR_CODE.NO_ERROR);
    this.#closedStreams.addReset(id);
  }

  #data(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('DATA', id);
    const length = end - start;
    const padded = flags & FLAG.PADDED ? padding(octets, start, end, 0) + 1 : 0;
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    const stream = this.#streams.get(id);
    this.#receiveOnConnection(length);
    const state = this.#step(stream, id, endStream ? 'receiveDataEnd' : 'receiveData');
    if (stream === undefined || state === 'drop') return;
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0 && length > 0) {
      throw streamError('FLOW_CONTROL_ERROR', id, 'DATA beyond the window of its stream (RFC 9113 section 6.9.1)');
    }
    stream.received += length - padded;
    if (stream.contentLength >= 0 && stream.received > stream.contentLength) throw lengthError(id);
    if (endStream) checkLength(stream);
    else if (length === padded) this.#countIdle('empty DATA');
    stream.state = state;
    if (padded > 0 && !endStream) this.grant(stream, padded);
    if (length > padded) {
      const from = padded > 0 ? start + 1 : start;
      stream.onData(octets.subarray(from, from + length - padded));
    }
    if (!endStream || stream.failed) return;
    stream.onEnd(EMPTY);
    if (stream.state === 'closed') this.#finish(stream);
  }

  #receiveOnConnection(length: number): void {
    if (!this.#receipt.take(length)) {
      throw connectionError('FLOW_CONTROL_ERROR', 'DATA beyond the window of the connection (RFC 9113 section 6.9.1)');
    }
    const increment = this.#receipt.due();
    if (increment > 0) this.sender.output.word(FRAME_TYPE.WINDOW_UPDATE, 0, increment);
  }

  #windowUpdate(id: number, octets: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('WINDOW_UPDATE has 4 octets (RFC 9113 section 6.9)');
    const increment = readU32(octets, start) & 0x7fffffff;
    if (id === 0) {
      if (increment === 0) throw connectionError('PROTOCOL_ERROR', 'WINDOW_UPDATE of 0 (RFC 9113 section 6.9)');
      const window = grown(this.sender.window, increment);
      if (window === null) {
        throw connectionError('FLOW_CONTROL_ERROR', 'a window above 2^31-1 (RFC 9113 section 6.9.1)');
      }
      this.sender.window = window;
      this.#windowsOpened();
      return;
    }
    const stream = this.#streams.get(id);
    if (this.#step(stream, id, 'receiveWindowUpdate') === 'drop' || stream === undefined) return;
    if (increment === 0) throw streamError('PROTOCOL_ERROR', id, 'WINDOW_UPDATE of 0 (RFC 9113 section 6.9)');
    const window = grown(stream.sendWindow, increment);
    if (window === null) {
      throw streamError('FLOW_CONTROL_ERROR', id, 'a window above 2^31-1 (RFC 9113 section 6.9.1)');
    }
    stream.sendWindow = window;
    this.sender.schedule(stream);
    stream.onProgress();
  }

  #windowsOpened(): void {
    this.sender.pump();
    for (const stream of this.#streams.values()) if (stream.sending) stream.onProgress();
  }

  #priority(id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('PRIORITY', id);
    const isIdle = id > this.#highest;
    if (end - start !== 5) {
      const rule = 'PRIORITY has 5 octets (RFC 9113 section 6.3)';
      throw isIdle ? sizeError(rule) : streamError('FRAME_SIZE_ERROR', id, rule);
    }
    this.#countIdle('PRIORITY');
    if ((readU32(octets, start) & 0x7fffffff) !== id) return;
    const error = selfDependence(id);
    throw isIdle ? connectionError(error.code, error.message) : error;
  }

  #rstStream(id: number, octets: Uint8Array, start: number, end: number): void {
    onStream('RST_STREAM', id);
    if (end - start !== 4) throw sizeError('RST_STREAM has 4 octets (RFC 9113 section 6.4)');
    const stream = this.#streams.get(id);
    const state = this.#step(stream, id, 'receiveReset');
    if (!this.#peerResets.take(this.#now)) {
      throw connectionError('ENHANCE_YOUR_CALM', 'too many requests taken back (RFC 9113 section 10.5)');
    }
    if (stream === undefined || state === 'drop') return;
    stream.state = state;
    this.#lose(stream, readU32(octets, start), 'peer', 'the peer has reset the stream (RFC 9113 section 6.4)');
  }

  #settings(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('SETTINGS', id);
    if (flags & FLAG.ACK) {
      if (end > start) throw sizeError('an acknowledgement of SETTINGS is empty (RFC 9113 section 6.5)');
      if (!this.#settingsAcknowledged) this.#acknowledged();
      return;
    }
    if ((end - start) % 6 !== 0) throw sizeError('SETTINGS has a multiple of 6 octets (RFC 9113 section 6.5)');
    this.#countIdle('SETTINGS');
    this.#settingsSeen = true;
    applySettings(this.#peer, octets, start, end, {
      headerTableSize: size => this.sender.blocks.encoder.setLimit(size),
      initialWindowSize: by => this.#shiftSendWindows(by),
    });
    this.#countReply();
    this.sender.output.header(0, FRAME_TYPE.SETTINGS, FLAG.ACK, 0);
  }

  /** From here on the peer keeps to our initial window (RFC 9113 §6.9.2, §6.5.3). */
  #acknowledged(): void {
    this.#settingsAcknowledged = true;
    const by = Math.min(0, this.#limits.initialWindow - DEFAULT_WINDOW);
    for (const stream of this.#streams.values()) stream.receiveWindow += by;
  }

  #shiftSendWindows(by: number): void {
    for (const stream of this.#streams.values()) {
      const window = grown(stream.sendWindow, by);
      if (window === null) {
        throw connectionError(
          'FLOW_CONTROL_ERROR',
          'SETTINGS_INITIAL_WINDOW_SIZE takes a window above 2^31-1 (RFC 9113 section 6.9.2)',
        );
      }
      stream.sendWindow = window;
      this.sender.schedule(stream);
      if (by > 0) stream.onProgress();
    }
  }

  #ping(flags: number, id: number, octets: Uint8Array, start: number, end: number): void {
    onConnection('PING', id);
    if (end - start !== 8) throw sizeError('PING has 8 octets (RFC 9113 section 6.7)');
    if (flags & FLAG.ACK) {
      if (this.#drain === 'announced' && DRAIN_PING.every((octet, i) => octets[start + i] === octet)) {
        this.finishDrain();
      }
      return;
    }
    this.#countReply();
    this.sender.output.frame(FRAME_TYPE.PING, FLAG.ACK, 0, octets.subarray(start, end));
  }

  #goaway(id: number, start: number, end: number): void {
    onConnection('GOAWAY', id);
    if (end - start < 8) throw sizeError('GOAWAY has 8 octets and more (RFC 9113 section 6.8)');
    this.peerGone();
  }

  /** The state after an input, for a stream that may have left the table long ago or never been in it. */
  #step(stream: Stream | undefined, id: number, input: Input): State | 'drop' {
    return next(stream === undefined ? this.#stateOf(id) : stream.state, input, id);
  }

  #stateOf(id: number): State {
    if (id % 2 === 0) return 'idle';
    if (id > this.#highest) return this.#drain === 'final' ? 'reset' : 'idle';
    return this.#closedStreams.how(id);
  }

  #countIdle(what: string): void {
    if (this.#idleFrames.take(this.#now)) return;
    throw connectionError('ENHANCE_YOUR_CALM', `too many frames without effect: ${what} (RFC 9113 section 10.5)`);
  }

  #countReply(): void {
    const { output } = this.sender;
    output.replies += 1;
    if (output.replies <= this.#limits.replies) return;
    throw connectionError('ENHANCE_YOUR_CALM', 'replies are asked for and not read (RFC 9113 section 10.5)');
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
    if (!this.sender.starved) return;
    this.sender.starved = false;
    for (const stream of this.#streams.values()) if (stream.sending) stream.onProgress();
  }

  /** Lets the peer send `octets` more on a stream; the sum stops at 2^31−1. */
  grant(stream: Stream, octets: number): void {
    const increment = Math.min(octets, room(stream.receiveWindow), MAX_WINDOW);
    if (increment <= 0) return;
    stream.receiveWindow += increment;
    if (!stream.receiving) return;
    this.sender.output.word(FRAME_TYPE.WINDOW_UPDATE, stream.id, increment);
    this.announce();
  }

  /** Content or an end has been queued: send what may be sent. */
  push(): void {
    if (!this.#receiving) this.sender.pump();
    this.announce();
  }

  /** Ends a stream with RST_STREAM, by the application or by a limit. */
  reset(stream: Stream, code: number, by: Party, rule: string): void {
    if (stream.state === 'closed' || stream.state === 'reset') return;
    this.#abandon(stream, code, by, rule);
    this.announce();
  }

  /** Nobody will read the rest of the request: once the response is out, the peer may stop sending. */
  stop(stream: Stream): void {
    stream.stopped = true;
    if (stream.state === 'halfClosedLocal') this.#stopNow(stream);
  }

  /** A stream that is over on the wire, but was held, is done with. */
  release(stream: Stream): void {
    if (!stream.held) return;
    stream.held = false;
    this.#leave();
  }

  /** GOAWAY with the highest possible id, and a PING: what is under way is still served (RFC 9113 §6.8). */
  drain(): void {
    if (this.#closed || this.#drain !== 'no') return;
    this.#drain = 'announced';
    this.sender.output.octets(encodeFrame(goaway(MAX_WINDOW, 'NO_ERROR')));
    this.sender.output.frame(FRAME_TYPE.PING, 0, 0, DRAIN_PING);
    this.announce();
  }

  /** The final GOAWAY; closes once no exchange is left. */
  finishDrain(): void {
    if (this.#closed || this.#drain !== 'announced') return;
    this.#drain = 'final';
    this.sender.output.octets(encodeFrame(goaway(this.#highest, 'NO_ERROR')));
    this.announce();
    this.#closeIfDone();
  }

  /** The peer opens no more streams: it sent GOAWAY, or its half of the transport has ended. */
  peerGone(): void {
    this.#peerGone = true;
    this.#closeIfDone();
  }

  /** No more octets come: requests that are not whole never will be. */
  receiveEnd(): void {
    for (const stream of [...this.#streams.values()]) {
      if (!stream.receiving) continue;
      stream.state = 'closed';
      this.#lose(stream, ERROR_CODE.CANCEL, 'transport', 'the transport has ended inside the request');
    }
    this.peerGone();
  }

  /** The transport is gone. */
  lost(): void {
    this.#closed = true;
    this.#end(ERROR_CODE.CANCEL, 'transport', 'the transport is lost');
  }

  /** A limit of the server's that is not a peer's mistake of format, such as a time that has run out. */
  abort(code: ErrorCode, rule: string): void {
    this.#fail(connectionError(code, rule), 'server');
    this.announce();
  }

  /** Streams in the table: for sweeps of the coarse timer. */
  streams(): Iterable<Stream> {
    return this.#streams.values();
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  #responseEnded(stream: Stream): void {
    stream.onComplete();
    if (stream.state === 'halfClosedLocal' && stream.stopped) this.#stopNow(stream);
    else if (stream.state === 'closed') this.#finish(stream);
  }

  #stopNow(stream: Stream): void {
    this.#writeReset(stream.id, ERROR_CODE.NO_ERROR);
    this.#closedStreams.addReset(stream.id);
    stream.state = 'reset';
    this.#finish(stream);
    this.announce();
  }

  /** Both halves are over, in good order. */
  #finish(stream: Stream): void {
    if (stream.stored) this.#streams.delete(stream.id);
    stream.onClosed();
    if (!stream.held) this.#leave();
  }

  #abandon(stream: Stream, code: number, by: Party, rule: string): void {
    this.#writeReset(stream.id, code);
    this.#closedStreams.addReset(stream.id);
    stream.state = 'reset';
    this.#lose(stream, code, by, rule);
  }

  /** The exchange has failed; it counts until its application has settled. */
  #lose(stream: Stream, code: number, by: Party, rule: string): void {
    if (stream.stored) this.#streams.delete(stream.id);
    stream.failed = true;
    this.sender.drop(stream);
    stream.onFail(code, by, rule);
    stream.onClosed();
    if (!stream.held) this.#leave();
  }

  #leave(): void {
    this.#active -= 1;
    if (this.#active === 0 && (this.#peerGone || this.#drain === 'final')) this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#closed || this.#active > 0 || !(this.#peerGone || this.#drain === 'final')) return;
    this.#closed = true;
    if (this.#drain !== 'final') this.sender.output.octets(encodeFrame(goaway(this.#highest, 'NO_ERROR')));
    this.#listener.close(null);
    this.announce();
  }

  #writeReset(id: number, code: number): void {
    this.sender.output.replies += 1;
    this.sender.output.word(FRAME_TYPE.RST_STREAM, id, code);
  }
}
