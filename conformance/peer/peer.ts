/**
 * The raw client: one connection that can say anything, legal or not, and reads everything.
 *
 * It keeps the rules of hygiene of KIT rule 1: TCP_NODELAY; every write is one segment's worth of frames in one call;
 * after a stimulus nothing is written until something was read; frames are judged when the read has been drained.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  concat,
  DEFAULT_WINDOW,
  Decoder,
  encodeFrame,
  errorName,
  FLAG,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  HpackError,
  headers,
  INITIAL_SETTINGS,
  latin1Text,
  MAX_WINDOW,
  type Payload,
  PREFACE_OCTETS,
  type PriorityFields,
  parsePayload,
  ping,
  plainBlock,
  type SettingEntry,
  settings,
  settingsAck,
  sizeUpdate,
  windowUpdate,
} from '../../wire/index.ts';
import { DeadlinePassed, Failed, KitError } from '../outcome.ts';
import { RAW_CAP } from '../result.ts';
import type { Subject } from '../subject.ts';
import { Grammar } from './grammar.ts';
import { Ledger } from './ledger.ts';
import { OwnTraffic } from './own-traffic.ts';
import { fieldValue, type StreamRecord } from './stream.ts';
import type { Transcript } from './transcript.ts';

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  /** ":protocol" of extended CONNECT (RFC 8441 §4). */
  readonly protocol?: string;
  /** That of the subject, unless said otherwise. */
  readonly authority?: string;
  /** Regular fields behind those of the subject, flat. */
  readonly fields?: readonly string[];
  /** True unless said otherwise. */
  readonly endStream?: boolean;
  /** Of the HEADERS frame (RFC 9113 §6.2). */
  readonly priority?: PriorityFields;
}

export interface ReceivedGoaway {
  readonly code: string;
  readonly lastStream: number;
}

export type End = 'FIN' | 'RESET';

/** Note of a frame that the transport no longer took. */
const UNSENT = 'not sent: the transport has ended';

/** What a fence awaits: reaching the deadline with this is `barrier-unanswered` (KIT rule 1). */
export const BARRIER = 'a PING acknowledgement';

/** What a fence awaits when it was answered, but never twice in a row without another frame between. */
const QUIET = 'two PING round trips without another frame between them';

/** Frames that the kit reads on one connection, and octets of theirs that are not DATA or that no window allows. */
const MOST_FRAMES = 50_000;
const MOST_OCTETS = 2 ** 24 + 2 ** 16;

/** Octets read on one connection whose frames are kept whole; of DATA behind them only the length is counted. */
const KEPT_OCTETS = 2 ** 18;

/** Octets of one field block, and of the list that it decodes to, which are taken up. */
const MOST_BLOCK = 2 ** 20;

/** A window below this holds content back, be it that the server waits for room for a whole frame. */
const LOW_WINDOW = 16_384;

/** In the paths of exchanges that the kit's application answers. */
const KIT_PATH = '/msgi-kit/';

/** Characters kept of an answer that is no HTTP/2. */
const FOREIGN_CAP = 1000;

/** What the fence of two PINGs showed: the connection lives and is quiet, or it is over (GOAWAY, FIN, reset). */
export type Fenced = 'quiet' | 'over';

export class Peer {
  readonly ledger = new Ledger();
  readonly grammar = new Grammar(this.ledger);
  readonly goaways: ReceivedGoaway[] = [];
  /** SETTINGS acknowledgements read, and PING acknowledgements by their octets. */
  settingsAcks = 0;
  readonly pingAcks: string[] = [];
  /** Frames read, in order, beside what the records say; of DATA behind the first 256 KiB without the content. */
  readonly received: { readonly frame: Frame; readonly payload: Payload }[] = [];
  end: End | null = null;
  /** Octets read that are no HTTP/2: an HTTP/1.1 answer to a preface, say. */
  foreign = '';
  /** Slowest answer of this connection so far, in milliseconds: the measure of every time limit on it. */
  slowest: number;
  readonly connection: number;

  readonly #socket: Socket;
  readonly #subject: Subject;
  readonly #transcript: Transcript;
  readonly #signal: AbortSignal;
  readonly #reader = new FrameReader();
  readonly #own = new OwnTraffic(this.ledger);
  readonly #decoder = new Decoder(4096);
  readonly #waiters = new Set<() => void>();
  #block: { stream: number; promised: number; endStream: boolean; parts: Uint8Array[]; octets: number } | null = null;
  #nextStream = 1;
  #pings = 0;
  #replies = true;
  #undecodable = '';
  #left = false;
  #fault: Error | null = null;
  /** Octets of the PINGs that fences wait for. */
  readonly #awaited = new Set<string>();
  /** Acknowledgements that the kit owes: they go out when the read has been drained. */
  #owed: Frame[] = [];
  #readOctets = 0;
  #otherOctets = 0;
  /** The first octets of a frame that is not whole yet. */
  #torn: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket, subject: Subject, transcript: Transcript, signal: AbortSignal, connectMs: number) {
    this.#socket = socket;
    this.#subject = subject;
    this.#transcript = transcript;
    this.#signal = signal;
    this.slowest = connectMs;
    this.grammar.authority = subject.authority;
    this.connection = transcript.connection();
    transcript.event('-', this.connection, 'OPEN', `port ${socket.localPort}`);
    socket.on('data', chunk => this.#read(chunk));
    socket.on('end', () => this.#over('FIN'));
    socket.on('error', () => this.#over('RESET'));
    socket.on('close', () => this.#over('RESET'));
  }

  /**
   * The case drains the connection: GOAWAY with NO_ERROR does not end it, what is under way goes on, and the kit goes on
   * acknowledging (RFC 9113 §6.8).
   */
  drains = false;

  /** A connection error was reported, or the transport has ended. */
  get over(): boolean {
    return this.end !== null || this.goaways.some(({ code }) => !this.drains || code !== 'NO_ERROR');
  }

  /** Why the kit reads no more: the subject floods it, or reading failed. Every wait ends with this. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** The next unused odd identifier. */
  nextStream(): number {
    const { highestSent } = this.ledger;
    const id = Math.max(this.#nextStream, highestSent + (highestSent % 2 === 0 ? 1 : 2));
    this.#nextStream = id + 2;
    return id;
  }

  /** An even identifier that the server has not promised, and does not come to at once. */
  unpromised(): number {
    const { highestPromised } = this.ledger;
    return highestPromised === 0 ? 2 : highestPromised + 100;
  }

  /** The record of a stream that is open or was. */
  stream(id: number): StreamRecord {
    const record = this.ledger.stream(id);
    if (record === undefined) throw new KitError(`the case asks for stream ${id}, which nobody opened`);
    return record;
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** Octets as they are, in one write. */
  octets(octets: Uint8Array, type = 'OCTETS', note = ''): void {
    this.#transcript.event('>', this.connection, type, note, octets);
    this.grammar.blind = true;
    this.#write(octets);
  }

  /** Frames that a sound client may send now, in one write. Throws KitError for any other. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.#own.check(frame);
      this.#book(frame, undefined);
    }
    this.#write(concat(frames.map(frame => encodeFrame(frame))));
  }

  /** Frames of any kind, in one write; what is wrong with them is the point of the case. */
  violate(...frames: readonly Frame[]): void {
    for (const frame of frames) this.#book(frame, 'on purpose');
    this.#write(concat(frames.map(frame => encodeFrame(frame))));
  }

  /** The same frames cut into writes of the sizes given, each a turn of the event loop apart; the last takes the rest. */
  async sendCut(frames: readonly Frame[], sizes: readonly number[]): Promise<void> {
    for (const frame of frames) {
      this.#own.check(frame);
      this.#book(frame, 'cut over several writes');
    }
    const octets = concat(frames.map(frame => encodeFrame(frame)));
    this.#cutting = true;
    let at = 0;
    for (const size of [...sizes, octets.length]) {
      if (at >= octets.length) break;
      this.#write(octets.subarray(at, at + size));
      at += size;
      await turn();
    }
    this.#cutting = false;
    this.#acknowledge();
  }

  /** A frame is on its way in pieces: nothing else may come between. */
  #cutting = false;

  /** The client's preface and its SETTINGS (RFC 9113 §3.4), with whatever comes in the same write. */
  preface(entries: readonly SettingEntry[] = [], ...more: readonly Frame[]): void {
    this.#opening(PREFACE_OCTETS, [settings(entries), ...more]);
  }

  /** An opening that need not be sound: any octets in place of the 24, then frames of any kind, in one write. */
  violatePreface(octets: Uint8Array, ...frames: readonly Frame[]): void {
    this.#opening(octets, frames, 'on purpose');
  }

  #opening(octets: Uint8Array, frames: readonly Frame[], note?: string): void {
    this.#transcript.event('>', this.connection, 'PREFACE', note ?? '', octets);
    for (const frame of frames) this.#book(frame, note);
    this.#write(concat([octets, ...frames.map(frame => encodeFrame(frame))]));
  }

  /** No automatic acknowledgement of SETTINGS and PING from now on. */
  stopReplies(): void {
    this.#replies = false;
  }

  /** Changes settings and waits for the acknowledgement (or for the end of the connection). */
  async change(...entries: readonly SettingEntry[]): Promise<void> {
    this.send(settings(entries));
    const due = this.settingsAcks + this.ledger.unacknowledged.length;
    await this.until(() => this.over || this.settingsAcks >= due, 'the acknowledgement of SETTINGS');
  }

  /** Reads nothing from now on: the transport's buffers fill, and the subject's own behind them. */
  stall(): void {
    this.#transcript.event('-', this.connection, 'STALL', 'the kit stops reading');
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#transcript.event('-', this.connection, 'RESUME', 'the kit reads again');
    this.#socket.resume();
  }

  /** Ends the kit's side of the transport. */
  finish(): void {
    this.#transcript.event('>', this.connection, 'FIN', '');
    this.#socket.end();
  }

  /** The kit leaves: what the transport says from now on is its own doing and is not recorded. */
  close(): void {
    if (this.#reader.pending > 0 && !this.#left) {
      const seen = `${this.#reader.pending} octets that are no whole frame`;
      this.#transcript.event('<', this.connection, 'OCTETS', seen, this.#torn);
    }
    this.#left = true;
    this.#socket.destroy();
  }

  /** The kit's transport is lost: by a reset, where it can make one, for FIN may be the end of one direction alone. */
  lose(): void {
    this.#transcript.event('>', this.connection, 'RESET', 'on purpose');
    this.#left = true;
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  get #writable(): boolean {
    return this.end === null && this.#socket.writable;
  }

  #write(octets: Uint8Array): void {
    if (this.#writable) this.#socket.write(octets);
  }

  /** Takes a frame of the kit's into the books and the transcript. */
  #book(frame: Frame, note: string | undefined): void {
    const payload = parsePayload(frame);
    this.#own.sent(frame);
    this.grammar.named.add(frame.stream);
    // DATA counts for the connection whatever becomes of it, and whatever stream it names (RFC 9113 §6.9).
    if (frame.type === FRAME_TYPE.DATA) this.ledger.sendWindow -= frame.payload.length;
    this.#transcript.frame('>', this.connection, frame, payload, null, this.#writable ? note : UNSENT);
    if (payload.type === 'SETTINGS' && !payload.ack && frame.stream === 0) this.#announced(payload.entries);
    else if (payload.type === 'PING' && !payload.ack) this.grammar.pings.push(payload.opaque.toString());
    else if (payload.type === 'WINDOW_UPDATE') this.#granted(frame.stream, payload.increment);
    else if (frame.stream !== 0) this.#said(frame, payload);
  }

  #announced(entries: readonly (readonly [number, number])[]): void {
    this.ledger.sendOurs(entries);
    for (const stream of this.ledger.streams.values()) released(stream);
  }

  #granted(id: number, increment: number): void {
    const stream = this.ledger.stream(id);
    if (id === 0) {
      this.ledger.receiveWindow += increment;
      for (const each of this.ledger.streams.values()) released(each);
    } else if (stream !== undefined) {
      stream.receiveWindow += increment;
      released(stream);
    }
  }

  #said(frame: Frame, payload: Payload): void {
    let stream = this.ledger.stream(frame.stream);
    if (frame.type === FRAME_TYPE.HEADERS && stream === undefined) {
      stream = this.ledger.open(frame.stream);
      stream.sentAt = performance.now();
    } else if (frame.type === FRAME_TYPE.HEADERS && stream?.sentEnd) this.grammar.reused.add(frame.stream);
    if (stream === undefined) return;
    if (frame.type === FRAME_TYPE.DATA) stream.sendWindow -= frame.payload.length;
    if ((frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS) && frame.flags & FLAG.END_STREAM) {
      stream.sentEnd = true;
      if (!stream.over) stream.sentAt = performance.now();
    }
    if (payload.type === 'RST_STREAM') stream.sentReset = true;
  }

  // --- requests ------------------------------------------------------------------------------------------------------

  /** The field list of a request, pseudo-fields first; CONNECT without a protocol has but two (RFC 9113 §8.5). */
  fieldsOf(options: RequestOptions = {}): string[] {
    const { method = 'GET', path = this.#subject.small.path, protocol, fields = [] } = options;
    const { authority = this.#subject.authority } = options;
    const target =
      method === 'CONNECT' && protocol === undefined
        ? [':authority', authority]
        : [':scheme', this.#subject.endpoint.scheme, ':authority', authority, ':path', path];
    const upgrade = protocol === undefined ? [] : [':protocol', protocol];
    return [':method', method, ...upgrade, ...target, ...this.#subject.fields, ...fields];
  }

  /** HEADERS of a request on the next stream; its block uses no table, so that it means the same in every state of one. */
  request(options: RequestOptions = {}, stream: number = this.nextStream()): Frame {
    const fields = this.fieldsOf(options);
    const block = concat([...this.#sizeUpdate(), plainBlock(fields)]);
    const { endStream = true, priority, path = '/' } = options;
    if (!path.includes(KIT_PATH)) this.grammar.asked.set(stream, new Set(fields.filter((_, i) => i % 2 === 0)));
    const frame = headers(stream, block, { endStream, ...(priority === undefined ? {} : { priority }) });
    this.expectMethod(stream, options.method ?? 'GET');
    return frame;
  }

  /** The update that is due once when the subject allows a smaller table than before (RFC 7541 §4.2). */
  #sizeUpdate(): Uint8Array[] {
    const size = this.ledger.setting('theirs', 'HEADER_TABLE_SIZE');
    if (size >= this.#tableSize) return [];
    this.#tableSize = size;
    return [sizeUpdate(size)];
  }

  /** The table size that the kit's blocks have declared. */
  #tableSize = INITIAL_SETTINGS.HEADER_TABLE_SIZE;

  /** Which method a stream asks with, where its HEADERS do not come from `request`: HEAD has answers without content. */
  expectMethod(stream: number, method: string): void {
    this.#methods.set(stream, method);
  }

  readonly #methods = new Map<number, string>();

  /** Sends a request and gives its stream. */
  ask(options: RequestOptions = {}): number {
    const frame = this.request(options);
    this.send(frame);
    return frame.stream;
  }

  /** Waits until the stream has its END_STREAM or RST_STREAM, or the connection is over. */
  async answer(stream: number): Promise<StreamRecord> {
    const record = this.stream(stream);
    await this.until(() => record.over || this.over, `the end of the answer on stream ${stream}`);
    return this.#decoded(record);
  }

  /**
   * As `answer`, where the whole of it is wanted: what its content lacks of the windows is given, for no resource has to fit
   * into the first ones; and a GOAWAY NO_ERROR that leaves the stream alone is no end of it (RFC 9113 §6.8). `size` are the
   * octets of content, where they are known.
   */
  async wholeAnswer(stream: number, size = -1): Promise<StreamRecord> {
    const record = this.stream(stream);
    await this.#whole(record, size, condition => this.until(condition, `the end of the answer on stream ${stream}`));
    return this.#decoded(record);
  }

  /** As `wholeAnswer`, but gives up after `ms` milliseconds in which no credit was wanted, and says whether the end came. */
  wholeWithin(ms: number, stream: number, what: string): Promise<boolean> {
    return this.#whole(this.stream(stream), -1, condition => this.within(ms, condition, what));
  }

  async #whole(
    record: StreamRecord,
    size: number,
    wait: (condition: () => boolean) => Promise<unknown>,
  ): Promise<boolean> {
    const ended = (): boolean => record.over || this.#abandons(record.id);
    const lacks = (): boolean => this.#lacks(record, size < 0 ? MAX_WINDOW : size - record.octets);
    while (!ended()) {
      if (lacks()) this.#replenish(record);
      if ((await wait(() => ended() || lacks())) === false) return false;
    }
    return true;
  }

  #decoded(record: StreamRecord): StreamRecord {
    if (this.#undecodable !== '') throw new Failed(`a field block of the answer does not decode: ${this.#undecodable}`);
    return record;
  }

  /** Nothing more comes on the stream: the transport has ended, or GOAWAY names an error or a lower stream. */
  #abandons(stream: number): boolean {
    return this.end !== null || this.goaways.some(({ code, lastStream }) => code !== 'NO_ERROR' || lastStream < stream);
  }

  /** A window is short of what is still to come. That of a stream is shut on purpose where no head has come. */
  #lacks({ id, status, receiveWindow }: StreamRecord, octets: number): boolean {
    // An END_STREAM that comes on its own may wait for room as well (RFC 9113 §6.9.1: a MAY).
    const least = Math.min(Math.max(octets, 1), LOW_WINDOW);
    if (this.#methods.get(id) === 'HEAD') return false;
    return this.ledger.receiveWindow < least || (status > 0 && receiveWindow < least);
  }

  #replenish({ id, receiveWindow }: StreamRecord): void {
    if (this.ledger.receiveWindow < LOW_WINDOW) this.send(windowUpdate(0, DEFAULT_WINDOW));
    if (receiveWindow < LOW_WINDOW) this.send(windowUpdate(id, DEFAULT_WINDOW));
  }

  // --- waiting -------------------------------------------------------------------------------------------------------

  /** Waits for the condition, looked at whenever a read has been drained. Throws DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (this.#holds(condition)) return;
    const start = performance.now();
    try {
      do {
        await this.#change(what);
        await turn();
      } while (!this.#holds(condition));
    } finally {
      this.#transcript.waits.over(what, start);
    }
  }

  /** As `until`, but gives up after `ms` milliseconds and says whether the condition came true. */
  async within(ms: number, condition: () => boolean, what: string): Promise<boolean> {
    const start = performance.now();
    try {
      while (!this.#holds(condition)) {
        const left = start + ms - performance.now();
        if (left <= 0) return false;
        await this.#change(what, left);
        await turn();
      }
      return true;
    } finally {
      this.#transcript.waits.over(what, start);
    }
  }

  /** The condition, on a connection that the kit still reads. */
  #holds(condition: () => boolean): boolean {
    if (this.#fault !== null) throw this.#fault;
    return condition();
  }

  #change(what: string, ms?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiters.delete(changed);
        this.#signal.removeEventListener('abort', passed);
        clearTimeout(timer);
        end();
      };
      const changed = (): void => settle(resolve);
      const passed = (): void => settle(() => reject(new DeadlinePassed(what)));
      const timer = ms === undefined ? undefined : setTimeout(changed, ms);
      this.#waiters.add(changed);
      this.#signal.addEventListener('abort', passed);
      if (this.#signal.aborted) passed();
    });
  }

  // --- fences --------------------------------------------------------------------------------------------------------

  /** A PING with octets of its own. */
  #ping(): Frame {
    this.#pings += 1;
    return ping([
      0x6d,
      0x73,
      0x67,
      0x69,
      this.connection & 0xff,
      ...[16, 8, 0].map(shift => (this.#pings >> shift) & 0xff),
    ]);
  }

  /**
   * The fence for whatever a server decides while parsing: two PING round trips, one after the other, with no other frame
   * between (KIT rule 1). `stimulus` goes out in one write with the first PING and may be illegal.
   */
  async fence(...stimulus: readonly Frame[]): Promise<Fenced> {
    const first = this.#ping();
    if (stimulus.length > 0) this.violate(...stimulus, first);
    else this.send(first);
    let restarts = 0;
    for (let quiet = 0, frame = first; ; this.send(frame)) {
      const seen = this.#unrelated;
      const sent = performance.now();
      await this.#acknowledgement(frame).catch(error => {
        // Where the last PING has only just gone out it is not its acknowledgement that is missing, but the quiet.
        const busy = error instanceof DeadlinePassed && restarts > 1 && performance.now() - sent < this.limit;
        throw busy ? new DeadlinePassed(QUIET) : error;
      });
      if (this.over) return 'over';
      quiet = this.#unrelated === seen ? quiet + 1 : 0;
      if (quiet === 2) return 'quiet';
      if (quiet === 0) restarts += 1;
      frame = this.#ping();
    }
  }

  async #acknowledgement({ payload }: Frame): Promise<void> {
    const key = payload.toString();
    this.#awaited.add(key);
    await this.until(() => this.over || !this.#awaited.has(key), BARRIER);
  }

  /** Frames read that are neither acknowledgements of PING nor PINGs of the subject's own. */
  #unrelated = 0;

  /**
   * Two answered HEAD requests of the path: what a request that came before them had to say has had its turn. None where the
   * subject allows no further stream.
   */
  async twins(path: string): Promise<void> {
    const room = (): boolean => this.ledger.activeStreams < this.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
    for (let twin = 0; twin < 2 && !this.over && room(); twin += 1)
      await this.answer(this.ask({ method: 'HEAD', path }));
  }

  /** The time limit of KIT rule 1: 250 ms or 20 times the slowest answer of this connection. */
  get limit(): number {
    return Math.max(250, Math.ceil(20 * this.slowest));
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** Whatever comes, the kit goes on: a fault of its own in here is told by the waits, as is a flood. */
  #read(chunk: Uint8Array): void {
    if (this.#fault !== null) return;
    try {
      // A view that is no Buffer: a Buffer's toString reads differently.
      this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    } catch (error) {
      this.#giveUp(error instanceof Error ? error : new Error(String(error)));
    }
    this.#wake();
  }

  #take(octets: Uint8Array): void {
    const begins = this.received.length === 0 && this.#reader.pending === 0;
    if (begins && (this.foreign !== '' || octets[0] === 0x48)) {
      this.foreign = (this.foreign + latin1Text(octets.subarray(0, FOREIGN_CAP))).slice(0, FOREIGN_CAP);
      this.#transcript.event('<', this.connection, 'OCTETS', this.foreign.split('\r\n')[0] ?? '', octets);
      return;
    }
    this.#readOctets += octets.length;
    for (const frame of this.#reader.read(octets)) this.#frame(frame);
    const { pending } = this.#reader;
    if (pending <= octets.length) this.#torn = octets.slice(octets.length - pending).subarray(0, RAW_CAP);
    this.#acknowledge();
  }

  /** Reads no more of this connection; the transport goes with it, so that nothing piles up. */
  #giveUp(fault: Error): void {
    this.#fault = fault;
    this.#transcript.event('-', this.connection, 'RESET', `by the kit: ${fault.message}`);
    this.#left = true;
    this.#socket.destroy();
  }

  #over(end: End): void {
    if (this.end !== null || this.#left) return;
    this.end = end;
    this.#transcript.event('<', this.connection, end, '');
    if (end === 'FIN') this.#socket.end();
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  #frame(frame: Frame): void {
    const payload = parsePayload(frame);
    this.#keep(frame, payload);
    this.grammar.frame(frame, payload);
    if (payload.type !== 'PING') this.#unrelated += 1;
    const fields = this.#fragment(frame, payload);
    this.#transcript.frame('<', this.connection, frame, payload, fields);
    this.#account(frame, payload);
    const stream = this.ledger.stream(frame.stream);
    if (stream !== undefined) this.#ended(stream, frame);
  }

  #keep(frame: Frame, payload: Payload): void {
    if (payload.type !== 'DATA') this.#otherOctets += frame.payload.length;
    const flood =
      (this.received.length >= MOST_FRAMES && `${MOST_FRAMES} frames`) ||
      (this.#otherOctets > MOST_OCTETS && `${MOST_OCTETS} octets beside DATA`) ||
      (this.ledger.receiveWindow < -MOST_OCTETS && `${MOST_OCTETS} octets of DATA beyond the connection window`);
    if (flood) throw new Failed(`the subject floods the connection: more than ${flood}`);
    this.received.push(this.#readOctets <= KEPT_OCTETS ? { frame, payload } : slim(frame, payload));
  }

  #account(frame: Frame, payload: Payload): void {
    switch (payload.type) {
      case 'SETTINGS':
        if (payload.ack) this.#acknowledged();
        else this.#theirSettings(payload.entries);
        break;
      case 'PING':
        if (payload.ack) this.#answered(payload.opaque.toString());
        else this.#owed.push(ping(payload.opaque, true));
        break;
      case 'GOAWAY':
        this.goaways.push({ code: errorName(payload.code), lastStream: payload.lastStream });
        break;
      case 'WINDOW_UPDATE':
        this.#credited(frame.stream, payload.increment);
        break;
      case 'RST_STREAM':
        this.ledger.stream(frame.stream)?.resets.push(payload.code);
        break;
      case 'DATA':
        this.#data(frame, payload.content.length);
        break;
      default:
        break;
    }
  }

  #answered(opaque: string): void {
    this.pingAcks.push(opaque);
    this.#awaited.delete(opaque);
  }

  #acknowledged(): void {
    this.settingsAcks += 1;
    const acknowledged = this.ledger.acknowledge() ?? [];
    if (acknowledged.length > 0) this.#decoder.setLimit(this.ledger.setting('ours', 'HEADER_TABLE_SIZE'), false);
  }

  #theirSettings(entries: readonly (readonly [number, number])[]): void {
    this.ledger.applyTheirs(entries);
    this.#owed.push(settingsAck());
  }

  /**
   * What is owed goes out in one write when the read has been drained: never after the subject said that it is done, and
   * never into a field block that a case left open, or into a frame.
   */
  #acknowledge(): void {
    if (!this.#replies || this.over) this.#owed = [];
    if (this.#owed.length === 0 || this.#own.inBlock || this.#cutting) return;
    const frames = this.#owed;
    this.#owed = [];
    for (const frame of frames) this.#book(frame, undefined);
    this.#write(concat(frames.map(frame => encodeFrame(frame))));
  }

  #credited(id: number, increment: number): void {
    const stream = this.ledger.stream(id);
    if (id === 0) this.ledger.sendWindow += increment;
    else if (stream !== undefined) stream.sendWindow += increment;
  }

  #data(frame: Frame, content: number): void {
    this.ledger.receiveWindow -= frame.payload.length;
    const stream = this.ledger.stream(frame.stream);
    if (stream === undefined) return;
    stream.receiveWindow -= frame.payload.length;
    stream.octets += content;
  }

  /** Collects a field block; gives the fields when it is complete. */
  #fragment(frame: Frame, payload: Payload): readonly string[] | null {
    if (payload.type === 'HEADERS') {
      this.#block = { stream: frame.stream, promised: 0, endStream: payload.endStream, parts: [], octets: 0 };
    } else if (payload.type === 'PUSH_PROMISE') {
      this.#block = { stream: frame.stream, promised: payload.promised, endStream: false, parts: [], octets: 0 };
    } else if (payload.type !== 'CONTINUATION' || this.#block === null) {
      return null;
    }
    this.#block.octets += payload.fragment.length;
    if (this.#block.octets <= MOST_BLOCK) this.#block.parts.push(payload.fragment);
    return payload.endHeaders ? this.#decode() : null;
  }

  #decode(): readonly string[] | null {
    const block = this.#block;
    this.#block = null;
    if (block === null || this.#undecodable !== '') return null;
    try {
      const octets = concat(block.parts);
      if (block.octets > MOST_BLOCK)
        throw new HpackError(`it has more than the ${MOST_BLOCK} octets that the kit reads`);
      this.blocks.push(octets);
      const fields = this.#decoder.decode(octets, 0, octets.length, MOST_BLOCK);
      this.#section(block, fields);
      return fields;
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      this.#undecodable = error.message;
      this.grammar.undecodable(block.stream, error.message);
      return null;
    }
  }

  /** Field blocks of the subject's, as octets, in the order received. */
  readonly blocks: Uint8Array[] = [];

  #section(block: { stream: number; promised: number; endStream: boolean }, fields: readonly string[]): void {
    const stream = this.ledger.stream(block.stream);
    if (stream === undefined) return;
    if (block.promised !== 0) {
      this.grammar.section('promise', stream, fields, false);
      if (block.promised > this.ledger.highestPromised) this.#promised(block.promised, fields);
      return;
    }
    stream.method = this.#methods.get(stream.id) ?? stream.method;
    const kind = stream.status === 0 ? 'head' : 'trailers';
    this.grammar.section(kind, stream, fields, block.endStream);
    if (kind === 'trailers') stream.trailers = fields;
    else this.#head(stream, fields);
  }

  #promised(id: number, fields: readonly string[]): void {
    const stream = this.ledger.open(id, true);
    stream.request = fields;
    stream.method = fieldValue(fields, ':method') ?? 'GET';
  }

  #head(stream: StreamRecord, fields: readonly string[]): void {
    const status = Number(fieldValue(fields, ':status') ?? 0);
    if (status >= 100 && status < 200) {
      stream.interim.push(status);
      stream.interimFields.push(fields);
      return;
    }
    stream.status = status;
    stream.fields = fields;
  }

  /** The frame completes what its sender says on the stream; a field block with END_STREAM ends with its last frame. */
  #endsHere({ type, flags }: Frame): boolean {
    if (type === FRAME_TYPE.DATA) return (flags & FLAG.END_STREAM) !== 0;
    if (type === FRAME_TYPE.PUSH_PROMISE) this.#ending = false;
    if (type === FRAME_TYPE.HEADERS) this.#ending = (flags & FLAG.END_STREAM) !== 0;
    else if (type !== FRAME_TYPE.CONTINUATION) return false;
    return this.#ending && (flags & FLAG.END_HEADERS) !== 0;
  }

  /** The field block that is open, or was last, carries END_STREAM. */
  #ending = false;

  #ended(stream: StreamRecord, frame: Frame): void {
    if (this.#endsHere(frame) && !stream.gotEnd) {
      stream.gotEnd = true;
      if (this.#undecodable === '') this.grammar.ended(stream);
    }
    if (!stream.over || stream.sentAt === 0) return;
    this.slowest = Math.max(this.slowest, performance.now() - stream.sentAt);
    // What comes behind the end is no answer, however late.
    stream.sentAt = 0;
  }
}

/** The kit gives credit: the answer may have waited for that, so its time counts from here. */
function released(stream: StreamRecord): void {
  if (stream.sentAt > 0) stream.sentAt = performance.now();
}

/** A frame as `received` keeps it when much was read: in memory of its own, DATA without its content. */
function slim(frame: Frame, payload: Payload): { readonly frame: Frame; readonly payload: Payload } {
  const none = new Uint8Array(0);
  if (payload.type === 'DATA')
    return { frame: { ...frame, payload: none }, payload: { ...payload, content: none, padding: null } };
  const copy = { ...frame, payload: frame.payload.slice() };
  return { frame: copy, payload: parsePayload(copy) };
}

/** One turn of the event loop, so that what the socket still holds is read first. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
