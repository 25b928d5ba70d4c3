/**
 * The raw client: one connection that can say anything, legal or not, and reads everything.
 *
 * It keeps the rules of hygiene of KIT rule 1: TCP_NODELAY; every write is one segment's worth of frames in one call;
 * after a stimulus nothing is written until something was read; frames are judged when the read has been drained.
 */
import type { Socket } from 'node:net';
import {
  concat,
  Decoder,
  encodeFrame,
  errorName,
  FLAG,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  HpackError,
  headers,
  latin1Text,
  type Payload,
  PREFACE_OCTETS,
  parsePayload,
  ping,
  plainBlock,
  type SettingEntry,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import { DeadlinePassed, Failed, KitError } from '../outcome.ts';
import type { Subject } from '../subject.ts';
import { Grammar } from './grammar.ts';
import { Ledger } from './ledger.ts';
import { OwnTraffic } from './own-traffic.ts';
import type { StreamRecord } from './stream.ts';
import type { Transcript } from './transcript.ts';

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  /** Regular fields behind those of the subject, flat. */
  readonly fields?: readonly string[];
  /** True unless said otherwise. */
  readonly endStream?: boolean;
}

export interface ReceivedGoaway {
  readonly code: string;
  readonly lastStream: number;
}

export type End = 'FIN' | 'RESET';

/** What a fence awaits: reaching the deadline with this is `barrier-unanswered` (KIT rule 1). */
export const BARRIER = 'a PING acknowledgement';

/** What the fence of two PINGs showed: the connection lives and is quiet, or it is over (GOAWAY, FIN, reset). */
export type Fenced = 'quiet' | 'over';

export class Peer {
  readonly ledger = new Ledger();
  readonly grammar = new Grammar(this.ledger);
  readonly goaways: ReceivedGoaway[] = [];
  /** SETTINGS acknowledgements read, and PING acknowledgements by their octets. */
  settingsAcks = 0;
  readonly pingAcks: string[] = [];
  /** Frames read, in order, beside what the records say. */
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
  #block: { stream: number; promised: number; endStream: boolean; parts: Uint8Array[] } | null = null;
  #nextStream = 1;
  #pings = 0;
  #replies = true;
  #undecodable = '';
  #left = false;

  constructor(socket: Socket, subject: Subject, transcript: Transcript, signal: AbortSignal, connectMs: number) {
    this.#socket = socket;
    this.#subject = subject;
    this.#transcript = transcript;
    this.#signal = signal;
    this.slowest = connectMs;
    this.connection = transcript.connection();
    transcript.event('-', this.connection, 'OPEN', `port ${socket.localPort}`);
    socket.on('data', chunk => this.#read(chunk));
    socket.on('end', () => this.#over('FIN'));
    socket.on('error', () => this.#over('RESET'));
    socket.on('close', () => this.#over('RESET'));
  }

  /** A connection error was reported, or the transport has ended. */
  get over(): boolean {
    return this.end !== null || this.goaways.length > 0;
  }

  /** The next unused odd identifier. */
  nextStream(): number {
    const { highestSent } = this.ledger;
    const id = Math.max(this.#nextStream, highestSent + (highestSent % 2 === 0 ? 1 : 2));
    this.#nextStream = id + 2;
    return id;
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
    let at = 0;
    for (const size of [...sizes, octets.length]) {
      if (at >= octets.length) break;
      this.#write(octets.subarray(at, at + size));
      at += size;
      await turn();
    }
  }

  /** The client's preface and its SETTINGS (RFC 9113 §3.4), with whatever comes in the same write. */
  preface(entries: readonly SettingEntry[] = [], ...more: readonly Frame[]): void {
    this.#transcript.event('>', this.connection, 'PREFACE', '', PREFACE_OCTETS);
    const frames = [settings(entries), ...more];
    for (const frame of frames) this.#book(frame, undefined);
    this.#write(concat([PREFACE_OCTETS, ...frames.map(frame => encodeFrame(frame))]));
  }

  /** No automatic acknowledgement of SETTINGS and PING from now on. */
  stopReplies(): void {
    this.#replies = false;
  }

  /** Changes settings and waits for the acknowledgement (or for the end of the connection). */
  async change(...entries: readonly SettingEntry[]): Promise<void> {
    const acks = this.settingsAcks;
    this.send(settings(entries));
    await this.until(() => this.over || this.settingsAcks > acks, 'the acknowledgement of SETTINGS');
  }

  /** Ends the kit's side of the transport. */
  finish(): void {
    this.#transcript.event('>', this.connection, 'FIN', '');
    this.#socket.end();
  }

  /** The kit leaves: what the transport says from now on is its own doing and is not recorded. */
  close(): void {
    this.#left = true;
    this.#socket.destroy();
  }

  #write(octets: Uint8Array): void {
    if (this.end === null && this.#socket.writable) this.#socket.write(octets);
  }

  /** Takes a frame of the kit's into the books and the transcript. */
  #book(frame: Frame, note: string | undefined): void {
    const payload = parsePayload(frame);
    this.#own.sent(frame);
    this.#transcript.frame('>', this.connection, frame, payload, null, note);
    if (payload.type === 'SETTINGS' && !payload.ack && frame.stream === 0) this.ledger.sendOurs(payload.entries);
    else if (payload.type === 'PING' && !payload.ack) this.grammar.pings.push(payload.opaque.toString());
    else if (payload.type === 'WINDOW_UPDATE') this.#granted(frame.stream, payload.increment);
    else if (frame.stream !== 0) this.#said(frame, payload);
  }

  #granted(id: number, increment: number): void {
    const stream = this.ledger.stream(id);
    if (id === 0) this.ledger.receiveWindow += increment;
    else if (stream !== undefined) stream.receiveWindow += increment;
  }

  #said(frame: Frame, payload: Payload): void {
    let stream = this.ledger.stream(frame.stream);
    if (frame.type === FRAME_TYPE.HEADERS && stream === undefined) {
      stream = this.ledger.open(frame.stream);
      stream.sentAt = performance.now();
    }
    if (stream === undefined) return;
    if (frame.type === FRAME_TYPE.DATA) {
      stream.sendWindow -= frame.payload.length;
      this.ledger.sendWindow -= frame.payload.length;
    }
    if ((frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS) && frame.flags & FLAG.END_STREAM) {
      stream.sentEnd = true;
      stream.sentAt = performance.now();
    }
    if (payload.type === 'RST_STREAM') stream.sentReset = true;
  }

  // --- requests ------------------------------------------------------------------------------------------------------

  /** The field list of a request, pseudo-fields first. */
  fieldsOf({ method = 'GET', path = this.#subject.small.path, fields = [] }: RequestOptions = {}): string[] {
    const { endpoint, authority } = this.#subject;
    return [
      ...[':method', method, ':scheme', endpoint.scheme, ':authority', authority, ':path', path],
      ...this.#subject.fields,
      ...fields,
    ];
  }

  /** HEADERS of a request on the next stream; its block uses no table, so that it means the same in every state of one. */
  request(options: RequestOptions = {}, stream: number = this.nextStream()): Frame {
    const frame = headers(stream, plainBlock(this.fieldsOf(options)), { endStream: options.endStream ?? true });
    this.expectMethod(stream, options.method ?? 'GET');
    return frame;
  }

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
    if (this.#undecodable !== '') throw new Failed(`a field block of the answer does not decode: ${this.#undecodable}`);
    return record;
  }

  // --- waiting -------------------------------------------------------------------------------------------------------

  /** Waits for the condition, looked at whenever a read has been drained. Throws DeadlinePassed at the case's deadline. */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      await this.#change(what);
      await turn();
    }
  }

  /** As `until`, but gives up after `ms` milliseconds and says whether the condition came true. */
  async within(ms: number, condition: () => boolean, what: string): Promise<boolean> {
    const end = performance.now() + ms;
    while (!condition()) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await this.#change(what, left);
      await turn();
    }
    return true;
  }

  #change(what: string, ms?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiters.delete(done);
        this.#signal.removeEventListener('abort', passed);
        clearTimeout(timer);
        resolve();
      };
      const passed = (): void => {
        done();
        reject(new DeadlinePassed(what));
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      if (this.#signal.aborted) return passed();
      this.#waiters.add(done);
      this.#signal.addEventListener('abort', passed);
      return undefined;
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
    let frame = this.#ping();
    if (stimulus.length > 0) this.violate(...stimulus, frame);
    else this.send(frame);
    for (let quiet = 0; quiet < 2; ) {
      const seen = this.#unrelated;
      const key = frame.payload.toString();
      await this.until(() => this.over || this.pingAcks.includes(key), BARRIER);
      if (this.over) return 'over';
      quiet = this.#unrelated === seen ? quiet + 1 : 0;
      // The first round trip also covers what came before it: only what comes from now on breaks the quiet.
      if (quiet < 2) {
        frame = this.#ping();
        this.send(frame);
      }
    }
    return 'quiet';
  }

  /** Frames read that are neither acknowledgements of PING nor PINGs of the subject's own. */
  #unrelated = 0;

  /** Two answered HEAD requests of the path: what a request that came before them had to say has had its turn. */
  async twins(path: string): Promise<void> {
    for (let twin = 0; twin < 2 && !this.over; twin += 1) await this.answer(this.ask({ method: 'HEAD', path }));
  }

  /** The time limit of KIT rule 1: 250 ms or 20 times the slowest answer of this connection. */
  get limit(): number {
    return Math.max(250, Math.ceil(20 * this.slowest));
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  #read(chunk: Uint8Array): void {
    if (this.received.length === 0 && this.foreign !== '') this.foreign += latin1Text(chunk).slice(0, 1000);
    else if (this.received.length === 0 && chunk[0] === 0x48) this.foreign = latin1Text(chunk).slice(0, 1000);
    else for (const frame of this.#reader.read(Uint8Array.from(chunk))) this.#frame(frame);
    if (this.foreign !== '')
      this.#transcript.event('<', this.connection, 'OCTETS', this.foreign.split('\r\n')[0] ?? '', chunk);
    this.#wake();
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
    this.received.push({ frame, payload });
    this.grammar.frame(frame, payload);
    if (payload.type !== 'PING') this.#unrelated += 1;
    const fields = this.#fragment(frame, payload);
    this.#transcript.frame('<', this.connection, frame, payload, fields);
    this.#take(frame, payload);
    const stream = this.ledger.stream(frame.stream);
    if (stream !== undefined) this.#ended(stream, frame);
  }

  #take(frame: Frame, payload: Payload): void {
    switch (payload.type) {
      case 'SETTINGS':
        if (payload.ack) this.#acknowledged();
        else this.#theirSettings(payload.entries);
        break;
      case 'PING':
        if (payload.ack) this.pingAcks.push(payload.opaque.toString());
        else this.#reply(ping(payload.opaque, true));
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

  #acknowledged(): void {
    this.settingsAcks += 1;
    const tableSize = (this.ledger.acknowledge() ?? []).length > 0;
    if (tableSize) this.#decoder.setLimit(this.ledger.setting('ours', 'HEADER_TABLE_SIZE'), false);
  }

  #theirSettings(entries: readonly (readonly [number, number])[]): void {
    this.ledger.applyTheirs(entries);
    this.#reply(settingsAck());
  }

  /** Acknowledgements go out at once, but never after the subject said that it is done. */
  #reply(frame: Frame): void {
    if (this.#replies && !this.over) this.send(frame);
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
      this.#block = { stream: frame.stream, promised: 0, endStream: payload.endStream, parts: [payload.fragment] };
    } else if (payload.type === 'PUSH_PROMISE') {
      this.#block = { stream: frame.stream, promised: payload.promised, endStream: false, parts: [payload.fragment] };
    } else if (payload.type === 'CONTINUATION' && this.#block !== null) {
      this.#block.parts.push(payload.fragment);
    } else {
      return null;
    }
    return payload.endHeaders ? this.#decode() : null;
  }

  #decode(): readonly string[] | null {
    const block = this.#block;
    this.#block = null;
    if (block === null || this.#undecodable !== '') return null;
    try {
      const octets = concat(block.parts);
      this.blocks.push(octets);
      const fields = this.#decoder.decode(octets);
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
      if (block.promised > this.ledger.highestPromised) this.ledger.open(block.promised, true).method = 'GET';
      return;
    }
    stream.method = this.#methods.get(stream.id) ?? stream.method;
    const kind = stream.status === 0 ? 'head' : 'trailers';
    this.grammar.section(kind, stream, fields, block.endStream);
    if (kind === 'trailers') stream.trailers = fields;
    else this.#head(stream, fields);
  }

  #head(stream: StreamRecord, fields: readonly string[]): void {
    const at = fields.indexOf(':status');
    const status = at < 0 ? 0 : Number(fields[at + 1]);
    if (status >= 100 && status < 200) {
      stream.interim.push(status);
      return;
    }
    stream.status = status;
    stream.fields = fields;
  }

  #ended(stream: StreamRecord, frame: Frame): void {
    const carriesEnd = frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS;
    if (carriesEnd && frame.flags & FLAG.END_STREAM && !stream.gotEnd) {
      stream.gotEnd = true;
      if (this.#block === null && this.#undecodable === '') this.grammar.ended(stream);
    }
    if (stream.over && stream.sentAt > 0) this.slowest = Math.max(this.slowest, performance.now() - stream.sentAt);
  }
}

/** One turn of the event loop, so that what the socket still holds is read first. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
