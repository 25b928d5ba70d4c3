/** One try of one case: what `run` is given. It opens connections, keeps the record, and holds what the case notes. */
import type { TLSSocket } from 'node:tls';
import { DEFAULT_WINDOW, errorName, MAX_WINDOW, type SettingEntry, windowUpdate } from '../wire/index.ts';
import { Failed, KitError, NotApplicable } from './outcome.ts';
import { dial } from './peer/dial.ts';
import type { Finding } from './peer/grammar.ts';
import { type Handshake, type HandshakeOptions, shakeHands } from './peer/handshake.ts';
import { Peer } from './peer/peer.ts';
import { Transcript } from './peer/transcript.ts';
import type { Reason } from './result.ts';
import { formatEndpoint, type Resource, type Subject } from './subject.ts';

export interface OpenOptions {
  /** Entries of the kit's first SETTINGS. */
  readonly settings?: readonly SettingEntry[];
  /** False where the connection itself must be fresh: the control is then made on another one. */
  readonly control?: boolean;
  /** Lifts the connection window to 2^31-1, so that only stream windows hold a response back. */
  readonly roomy?: boolean;
}

export class Trial {
  /** Where a case starts its own instance: that one, once it is up. */
  subject: Subject;
  readonly transcript = new Transcript();
  readonly peers: Peer[] = [];
  readonly signal: AbortSignal;
  /** What is expected at this point, one sentence. */
  expected = '';
  /** What was seen instead of it, where that is allowed but poorer. */
  readonly weaknesses: string[] = [];
  /** What was seen that was expected: the sentence of a pass. */
  seen = '';
  /** The verdict rests on a time limit. */
  limited = false;
  /** The outcome is a race between a GOAWAY and the close behind it: the case is tried five times (KIT rule 1). */
  raced = false;
  controls = 0;
  readonly #idle: <T>(wait: Promise<T>) => Promise<T>;

  constructor(subject: Subject, signal: AbortSignal, idle: <T>(wait: Promise<T>) => Promise<T>) {
    this.subject = subject;
    this.signal = signal;
    this.#idle = idle;
  }

  /** A connection on which nothing was said yet. */
  async dial(): Promise<Peer> {
    const start = performance.now();
    const socket = await dial(this.subject.endpoint, this.subject.verify, this.signal);
    const peer = new Peer(socket, this.subject, this.transcript, this.signal, performance.now() - start);
    this.peers.push(peer);
    return peer;
  }

  /**
   * A connection that is known to serve: preface, SETTINGS of both sides acknowledged, and the positive control on streams
   * 1 and 3 (KIT rule 2). Throws Failed where the subject does not serve it.
   */
  async open({ settings = [], control = true, roomy = false }: OpenOptions = {}): Promise<Peer> {
    if (!control) await this.open();
    const peer = await this.dial();
    peer.preface(settings, ...(roomy ? [windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW)] : []));
    await this.handshaken(peer);
    if (control) await this.control(peer);
    return peer;
  }

  /** A TLS handshake with the subject, offering h2 unless `options` say otherwise. The case destroys the socket. */
  shakeHands(options: HandshakeOptions = {}): Promise<Handshake> {
    const { tls, endpoint } = this.subject;
    return shakeHands(tls ?? endpoint, { ALPNProtocols: ['h2'], ...options }, this.signal);
  }

  /** A connection over TLS that has agreed on h2 and exchanged SETTINGS, and its socket. */
  async openTls(options: HandshakeOptions = {}): Promise<{ readonly peer: Peer; readonly socket: TLSSocket }> {
    const hands = await this.shakeHands(options);
    if (hands.alpn !== 'h2') throw new Failed(`no h2 over TLS: ${hands.refused ?? hands.alpn}`, 'no-control');
    const subject = { ...this.subject, endpoint: this.subject.tls ?? this.subject.endpoint };
    hands.socket.setNoDelay(true);
    const peer = new Peer(hands.socket, subject, this.transcript, this.signal, 0);
    this.peers.push(peer);
    peer.preface();
    await this.handshaken(peer);
    return { peer, socket: hands.socket };
  }

  /** Sends a request over HTTP/2 on such a handshake. Null where it is answered, else what comes in place of an answer. */
  async unanswered(options: HandshakeOptions): Promise<string | null> {
    try {
      const { peer } = await this.openTls(options);
      const record = await peer.answer(peer.ask());
      return record.status > 0 ? null : describeAnswer(record, peer);
    } catch (error) {
      if (error instanceof Failed) return error.message;
      throw error;
    }
  }

  /** Waits for the subject's SETTINGS and for its acknowledgement of the kit's. */
  async handshaken(peer: Peer): Promise<void> {
    const settled = (): boolean =>
      peer.over || peer.foreign !== '' || (peer.received.length > 0 && peer.settingsAcks > 0);
    await peer.until(settled, 'SETTINGS and the acknowledgement of SETTINGS');
    if (peer.foreign !== '')
      throw new Failed('the subject does not speak HTTP/2: it answers the preface in HTTP/1.1', 'no-control');
    if (peer.over) throw new Failed(`the handshake is not completed: ${describeEnd(peer)}`, 'no-control');
  }

  /** Waits for a server that allows no stream at first, which is for a short time only (RFC 9113 §6.5.2). */
  async room(peer: Peer): Promise<void> {
    const allowed = (): boolean => peer.over || peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS') > 0;
    await peer.until(allowed, 'SETTINGS that allow a stream');
  }

  /** GET and HEAD of the small resource: a server that serves nothing, or the same to everything, is found out here. */
  async control(peer: Peer): Promise<void> {
    const { small } = this.subject;
    await this.room(peer);
    const get = peer.request();
    const head = peer.request({ method: 'HEAD' });
    peer.send(get);
    const answer = await peer.wholeAnswer(get.stream, small.size);
    const seen = mismatch(answer, small) ?? (peer.over ? describeEnd(peer) : null);
    if (seen !== null) throw new Failed(`the positive control is not served: GET ${small.path}: ${seen}`, 'no-control');
    peer.send(head);
    const bare = await peer.answer(head.stream);
    if (bare.status === 0 || !bare.gotEnd) {
      throw new Failed(
        `the positive control is not served: HEAD ${small.path}: ${describeAnswer(bare, peer)}`,
        'no-control',
      );
    }
    if (bare.octets > 0) {
      throw new Failed(
        `the positive control is not served: HEAD ${small.path} has ${bare.octets} octets of content`,
        'no-control',
      );
    }
    this.controls += 1;
  }

  /** The outcome is poorer than it should be: no better than weak from here on. */
  weak(seen: string): void {
    this.weaknesses.push(seen);
  }

  fail(seen: string, reason?: Reason): never {
    throw new Failed(seen, reason);
  }

  notApplicable(why: string, reason: Reason = 'not-exercised'): never {
    throw new NotApplicable(why, reason);
  }

  /** The case has so many requests under way at once, or does not apply. */
  needStreams(peer: Peer, count: number): void {
    const most = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
    if (most < count) this.notApplicable(`the server allows ${most} streams where the case needs ${count}`);
  }

  /** The case sends so many octets of content without credit beyond the first, or does not apply. */
  needWindow(peer: Peer, octets: number): void {
    const window = Math.min(peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'), peer.ledger.sendWindow);
    if (window < octets) this.notApplicable(`the server's windows begin with ${window} of the ${octets} octets needed`);
  }

  /** A resource that the case declared in `needs`. */
  resource(name: 'large' | 'other'): Resource {
    return this.subject[name] ?? this.#undeclared(name);
  }

  get upload(): { readonly path: string } {
    return this.subject.upload ?? this.#undeclared('upload');
  }

  #undeclared(name: string): never {
    throw new KitError(`the case uses ${name} at ${formatEndpoint(this.subject.endpoint)} without naming it in needs`);
  }

  /** Waits without holding one of the places for cases under way: for a close, or for a time limit. */
  idle<T>(wait: Promise<T>): Promise<T> {
    return this.#idle(wait);
  }

  get findings(): readonly Finding[] {
    return this.peers.flatMap(peer => peer.grammar.findings);
  }
}

/** How an answer differs from the resource, or null where it does not. */
export function mismatch(answer: Answer, { status, size }: Resource): string | null {
  if (answer.resets.length > 0 && !answer.gotEnd) return `RST_STREAM ${errorName(answer.resets[0] ?? 0)}`;
  if (answer.status === 0) return 'no response';
  if (answer.status !== status) return `status ${answer.status} where ${status} is known`;
  if (!answer.gotEnd) return `the response of status ${answer.status} does not end`;
  return answer.octets === size ? null : `${answer.octets} octets of content where ${size} are known`;
}

interface Answer {
  readonly status: number;
  readonly octets: number;
  readonly gotEnd: boolean;
  readonly resets: readonly number[];
}

/** "status 200 with 16 octets of content", "RST_STREAM CANCEL", "nothing; GOAWAY PROTOCOL_ERROR". */
export function describeAnswer(answer: Answer, peer: Peer): string {
  const parts = [
    ...(answer.status > 0 ? [`status ${answer.status} with ${answer.octets} octets of content`] : []),
    ...(answer.resets.length > 0 ? [`RST_STREAM ${errorName(answer.resets[0] ?? 0)}`] : []),
    ...(peer.over ? [describeEnd(peer)] : []),
  ];
  return parts.length > 0 ? parts.join(', then ') : 'nothing';
}

/** How the connection ended: "GOAWAY PROTOCOL_ERROR, then FIN". */
export function describeEnd(peer: Peer): string {
  const parts = peer.goaways.map(({ code }) => `GOAWAY ${code}`);
  if (peer.end !== null) parts.push(peer.end === 'FIN' ? 'the server closes (FIN)' : 'the transport is reset');
  return parts.length > 0 ? parts.join(', then ') : 'the connection lives on';
}
