/**
 * An HTTP/1.x connection between node's parser and an application: exchanges one after the other, with the lifecycle that
 * those of HTTP/2 have. What a version cannot say is said by closing (section 9.3 of the specification).
 */
import type { Caps, Connection, Priority } from '../../spec/msgi.ts';
import { ERROR_CODE, MAX_WINDOW } from '../../wire/index.ts';
import type { Party } from '../engine/stream.ts';
import type { Carrier, Wire } from '../gateway/carrier.ts';
import { Deadlines } from '../gateway/deadlines.ts';
import { connectionFace, type Ends, type Host } from '../gateway/gateway.ts';
import type { Handling } from '../gateway/handling.ts';
import { invoke, reportFailure } from '../gateway/invocation.ts';
import { Patience } from '../gateway/patience.ts';
import { checkWaits } from '../gateway/waits.ts';
import { capsOf, countsUrgency } from './caps.ts';
import { readFieldLines } from './field-lines.ts';
import { type Arrival, Message } from './message.ts';
import { priorityOf } from './priority.ts';
import { type ParserError, parserStatus, Refusal, refusalText } from './refusal.ts';
import { type Request, readRequest } from './request-head.ts';
import { type Outlet, Sender } from './sender.ts';
import { asConnect, type Upgrade, upgradeOf } from './upgrade.ts';

/** What the socket does for the connection. */
export interface Http1Transport extends Outlet, Ends {
  /** Reads no more, or again. */
  hold(held: boolean): void;
  /** FIN behind what was written; the other direction goes on. */
  end(): void;
  /** FIN behind what was written, and the end of it all soon after. */
  finish(): void;
  /** The end now: what was not sent is lost. `reset`: by a reset of the transport, where it has one. */
  destroy(reset: boolean): void;
}

/** Octets of a request that nobody reads which are taken all the same, so that the connection can go on (MSGI-LIFE-45). */
const DISCARD = 262_144;
/** Milliseconds that they may take, less what their progress is worth. */
const DISCARD_TIME = 2000;
const NO_FIELDS: readonly string[] = Object.freeze([]);

export class Http1Connection implements Carrier, Wire {
  readonly face: Connection;
  readonly sender: Sender;
  readonly #host: Host;
  readonly #transport: Http1Transport;
  readonly #deadlines = new Deadlines();
  readonly #discarding = new Patience();
  #waiting: Arrival[] = [];
  #current: Message | null = null;
  #nextId = 1;
  #advancing = false;
  /** No further request is taken: the connection closes behind the exchange that runs. */
  #last = false;
  /** It has closed, or is about to. */
  #over = false;
  /** The refusal of what came behind the last request; 0 for none. */
  #behind = 0;
  draining = false;

  constructor(host: Host, transport: Http1Transport) {
    this.#host = host;
    this.#transport = transport;
    this.face = connectionFace(
      this,
      transport,
      () => null,
      id => this.#room(id),
      () => this.drain(),
    );
    this.sender = new Sender(
      transport,
      message => this.#stays(message as Message),
      message => this.#ended(message as Message),
    );
  }

  get wire(): Wire {
    return this;
  }

  get date(): string {
    return this.#host.clock.date;
  }

  get withheld(): number {
    return this.#host.limits.initialWindow / 2;
  }

  get outputMark(): number {
    return this.#host.limits.outputMark;
  }

  #room(id: number): number {
    const message = this.#current;
    return message?.id === id ? this.sender.room(message) : 0;
  }

  /** No request is here, nor any part of one that has been told. */
  get idle(): boolean {
    return this.#current === null && this.#waiting.length === 0;
  }

  caps(handling: Handling): Caps {
    return (handling as Message).caps;
  }

  priority(handling: Handling): Priority {
    return priorityOf(handling.head, countsUrgency(this.#host));
  }

  /** There is one exchange at a time, and nothing to order (MSGI-PRIO-21). */
  prioritize(): void {}

  informs(handling: Handling, status: number): boolean {
    return handling.head.version === '1.1' && (status !== 103 || this.#host.earlyHints);
  }

  /** Nothing can be promised. */
  serves(): boolean {
    return false;
  }

  promise(): boolean {
    return false;
  }

  setDeadline(handling: Handling, ms: number): void {
    this.#deadlines.set(handling, ms);
  }

  report(error: unknown, handling: Handling): void {
    reportFailure(this.#host, error, handling);
  }

  // Requests ------------------------------------------------------------------------------------------------------

  /** A head has arrived. */
  request(arrival: Arrival): void {
    if (this.#over || this.#behind > 0) return;
    // Pipelining is read no further than one read of the socket goes; who has that many in it is served no more.
    if (this.#waiting.length >= this.#host.limits.concurrentStreams) {
      this.#behind = 503;
      return;
    }
    this.#waiting.push(arrival);
    this.#next();
    this.#hold();
  }

  #next(): void {
    if (this.#over || this.#current !== null) return;
    const arrival = this.#waiting.shift();
    if (arrival !== undefined && arrival.again !== null) arrival.again();
    else if (arrival !== undefined) this.#begin(arrival);
    else if (this.#behind > 0) this.refuse(this.#behind);
    else if (this.draining) this.finish();
  }

  #begin(arrival: Arrival): void {
    const message = this.#message(arrival);
    if (message === null) return;
    this.#current = message;
    if (arrival.tunnel) this.#last = true;
    this.sender.framing = 'none';
    this.sender.trailers = message.caps.trailers;
    if (!message.whole) {
      arrival.begin({ data: octets => this.#data(message, octets), end: lines => this.#whole(message, lines) });
    }
    invoke(this.#host, message);
  }

  #message(arrival: Arrival): Message | null {
    const id = this.#nextId;
    try {
      const request = this.#read(arrival);
      this.#nextId += 2;
      return new Message(this, id, this.#host.limits.initialWindow, arrival, request, capsOf(request, this.#host));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(error.status);
      return null;
    }
  }

  #read({ received, tunnel }: Arrival): Request {
    const { protocols, limits } = this.#host;
    const request = readRequest(received, this.#transport.tls === null ? 'http' : 'https', limits);
    const upgrade = tunnel && received.method !== 'CONNECT' ? upgradeOf(received, protocols) : null;
    this.sender.blocks.switching = upgrade?.lines ?? null;
    if (upgrade !== null) return asConnect(request, upgrade as Upgrade);
    if (received.method === 'CONNECT' && !protocols.has('')) {
      // Not listed, so no application answers for a tunnel that is not there.
      throw new Refusal(501, 'no tunnels are served here (RFC 9110 section 9.3.6)');
    }
    return request;
  }

  /** Answers in place of an application, and closes. */
  refuse(status: number): void {
    if (this.#over) return;
    this.#transport.write([Buffer.from(refusalText(status, this.date), 'latin1')]);
    this.finish();
  }

  #data(message: Message, octets: Uint8Array): void {
    message.received += octets.length;
    message.receiveWindow -= octets.length;
    if (message.unread) message.discarded += octets.length;
    else message.onData(octets);
    this.#hold();
    this.#advanceSoon();
  }

  #whole(message: Message, lines: readonly string[]): void {
    if (message.whole) return;
    message.whole = true;
    message.onEnd(lines.length === 0 ? NO_FIELDS : readFieldLines(lines).fields);
    message.onClosed();
    this.#advanceSoon();
  }

  /** An allowance of 0 or less stops the reading of the socket (MSGI-FLOW-30), and so do requests that wait. */
  #hold(): void {
    if (this.#over) return;
    this.#transport.hold(this.#waiting.length > 0 || (this.#current !== null && isFull(this.#current)));
  }

  /** The parser has met what is no HTTP, or the end of the peer's direction within a message. */
  broken(error: ParserError): void {
    if (this.#over) return;
    const { code = '' } = error;
    if (!code.startsWith('HPE_')) {
      this.#transport.destroy(false);
      return;
    }
    const last = this.#waiting.at(-1) ?? this.#current?.arrival;
    if (code === 'HPE_INVALID_EOF_STATE') this.#cut(last);
    else if (code === 'HPE_CLOSED_CONNECTION') this.#last = true;
    else this.#malformed(last, parserStatus(error));
  }

  #cut(last: Arrival | undefined): void {
    if (last === undefined) this.finish();
    else if (last.complete) this.#last = true;
    else this.#transport.destroy(false);
  }

  #malformed(last: Arrival | undefined, status: number): void {
    const message = this.#current;
    if (message === null) {
      this.refuse(status);
    } else if (last === message.arrival && !last.complete) {
      this.#failMalformed(message, status);
    } else {
      if (last?.complete === false) this.#waiting.pop();
      this.#behind = status;
    }
  }

  /** Both halves (MSGI-HEAD-12, MSGI-TRAIL-5): the peer is told while no response has begun. */
  #failMalformed(message: Message, status: number): void {
    const untold = message.phase === 'idle';
    if (untold) {
      message.status = status;
      this.#transport.write([Buffer.from(refusalText(status, this.date), 'latin1')]);
    }
    this.#fail(message, ERROR_CODE.PROTOCOL_ERROR, 'peer', 'the request is malformed (RFC 9112 section 7.1)');
    this.#breakOff(message);
  }

  // What exchanges ask for ----------------------------------------------------------------------------------------

  announce(): void {
    this.sender.flush();
  }

  push(): void {
    if (this.#current !== null) this.sender.pump(this.#current);
  }

  allowance(handling: Handling): number {
    return handling.receiveWindow;
  }

  grant(handling: Handling, octets: number): void {
    handling.receiveWindow = Math.min(MAX_WINDOW, handling.receiveWindow + octets);
    if (handling === this.#current) this.#hold();
  }

  reset(handling: Handling, code: number, by: Party, rule: string): void {
    const message = handling as Message;
    if (message !== this.#current || (message.complete && message.whole)) return;
    this.#fail(message, code, by, rule);
    if (message.head.version === '1.0' && !message.complete) this.#transport.destroy(true);
    else this.#breakOff(message);
  }

  /** A response that the end of the connection would make whole is cut by a reset; others lack what ends them. */
  #breakOff(message: Message): void {
    if (this.sender.framing === 'close' && !message.complete) this.#transport.destroy(true);
    else this.finish();
  }

  #fail(message: Message, code: number, by: Party, rule: string): void {
    this.sender.drop(message);
    message.state = 'closed';
    message.failed = true;
    message.onFail(code, by, rule);
  }

  stop(handling: Handling): void {
    handling.stopped = true;
    if (handling !== this.#current) return;
    this.#hold();
    this.#advanceSoon();
  }

  release(handling: Handling): void {
    if (handling === this.#current) this.#advanceSoon();
  }

  // Ends ----------------------------------------------------------------------------------------------------------

  /** Decided with the head: a client is told what it can rely on. */
  #stays(message: Message): boolean {
    const ends = message.closes || message.expectsContinue || message.failed || this.#last || this.draining;
    if (ends) this.#last = true;
    return !ends;
  }

  /** The last octet of a response has been handed on. */
  #ended(message: Message): void {
    message.onComplete();
    if (this.sender.framing === 'close' || message.arrival.tunnel) this.#transport.end();
    message.onClosed();
    if (message.failed) this.finish();
    else this.#advanceSoon();
  }

  /** The next exchange begins outside of what the application calls. */
  #advanceSoon(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    queueMicrotask(() => {
      this.#advancing = false;
      this.#advance();
    });
  }

  #advance(): void {
    const message = this.#current;
    if (message === null || this.#over || !message.complete || !message.over) return;
    if (!message.whole) {
      // Behind a response that says so, or beyond the bound, the rest of the request is not waited for.
      if (this.#last || message.discarded > DISCARD) this.finish();
      return;
    }
    this.#current = null;
    message.arrival.answered();
    if (this.#last) this.finish();
    else this.#next();
    this.#hold();
  }

  /** The socket has room again. */
  drained(): void {
    const message = this.#current;
    if (message === null) return;
    this.sender.pump(message);
    message.onProgress();
  }

  /** Closes behind what was written. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting = [];
    this.#transport.hold(false);
    this.#transport.finish();
  }

  /** The transport is closed. */
  lost(): void {
    this.#over = true;
    this.#waiting = [];
    const message = this.#current;
    if (message === null || message.failed || (message.complete && message.whole)) return;
    this.#fail(message, ERROR_CODE.CANCEL, 'transport', 'the connection was lost');
  }

  /** The exchange that runs, and those that have arrived, are the last. */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.#current?.tell({ type: 'drain' });
    if (this.idle) this.finish();
  }

  /** The grace time is over. */
  cancel(): void {
    const message = this.#current;
    this.#waiting = [];
    if (message !== null && !message.complete) message.limit('the server is stopping');
    else if (message !== null) message.fail(ERROR_CODE.CANCEL, 'server', 'the server is stopping');
    this.finish();
  }

  /** The peer takes nothing. */
  stall(): void {
    const rule = 'the peer has taken no content for too long';
    if (this.#current !== null) this.#current.fail(ERROR_CODE.CANCEL, 'server', rule);
    this.#transport.destroy(false);
  }

  tick(now: number): void {
    this.#deadlines.tick(now);
    const message = this.#current;
    if (message === null) return;
    const { writable } = this.#transport;
    checkWaits(this.#host, message, now, !writable, writable);
    const rest = message.complete && message.over && !message.whole;
    if (this.#discarding.look(now, rest, message.received) >= DISCARD_TIME) this.finish();
  }
}

function isFull(message: Message): boolean {
  if (message.whole) return false;
  return message.unread ? message.discarded > DISCARD : message.receiveWindow <= 0;
}
