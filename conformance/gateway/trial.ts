/** One try of a gateway case: a trial that knows the application behind the subject (KIT rule 3). */
import { ERROR_CODE } from '../../wire/index.ts';
import { authorityOf, type Json, pathOf } from '../application/messages.ts';
import { Failed, KitError } from '../outcome.ts';
import { dial } from '../peer/dial.ts';
import { Http1Peer } from '../peer/http1.ts';
import type { Peer, RequestOptions } from '../peer/peer.ts';
import type { StreamRecord } from '../peer/stream.ts';
import type { Subject } from '../subject.ts';
import { describeAnswer, mismatch, Trial } from '../trial.ts';
import { AppEvents, type Named, type Settled, same } from './events.ts';
import { Further } from './further.ts';

/** An exchange as the case addresses it. */
export interface Addressed extends Named {
  readonly path: string;
}

/** One that was asked for. */
export interface Asked extends Addressed {
  readonly peer: Peer;
  readonly stream: number;
}

export interface AskOptions extends Omit<RequestOptions, 'path'> {
  readonly onPurpose?: boolean;
}

export class GatewayTrial extends Trial {
  readonly app: AppEvents;
  readonly #caseId: string;
  #twins = 0;

  constructor(subject: Subject, signal: AbortSignal, idle: <T>(wait: Promise<T>) => Promise<T>, caseId: string) {
    super(subject, signal, idle);
    const { gateway } = subject;
    if (gateway == null) throw new KitError('a gateway case needs the application behind the subject');
    this.app = new AppEvents(gateway.control, gateway.fault, this.transcript, signal, gateway.between);
    this.#caseId = caseId;
  }

  /** The application is at the far end of a pipe: its host sees less than a server does (MSGI-PROC-34, MSGI-CAPS-2). */
  get piped(): boolean {
    return this.subject.claims.has('process');
  }

  /** The case is about one lifespan of the application, or about one pipe, as each process behind a server has its own. */
  needOneProcess(): void {
    const hosts = this.subject.gateway?.control.hosts ?? 0;
    if (hosts > 1) this.notApplicable(`the application runs in ${hosts} processes where the case is about one`);
  }

  /** Milliseconds since some moment, for lower bounds on what a server waits. */
  get ms(): number {
    return performance.now();
  }

  /** The key and the path of an exchange: names are lower-case letters, digits and "-". */
  exchange(name: string): Addressed {
    const key = this.app.key(name);
    return { name, key, path: pathOf(this.#caseId, key) };
  }

  /** The authority of an exchange that is asked for by a plain CONNECT. */
  authority({ key }: Named): string {
    return authorityOf(this.#caseId, key);
  }

  /** Sends the request of an exchange; `onPurpose` where a sound client would not send it now. */
  ask(peer: Peer, name: string, { onPurpose = false, ...options }: AskOptions = {}): Asked {
    const exchange = this.exchange(name);
    const { method, protocol } = options;
    // A plain CONNECT has no path: its authority names the exchange.
    const where = method === 'CONNECT' && protocol === undefined ? { authority: this.authority(exchange) } : {};
    const frame = peer.request({ ...options, path: exchange.path, ...where });
    if (onPurpose) peer.violate(frame);
    else peer.send(frame);
    return { ...exchange, peer, stream: frame.stream };
  }

  /**
   * A raw HTTP/1 connection, to the cleartext port; no positive control, which HTTP/2 has made where the case has opened
   * one. Of subjects that claim "http1".
   */
  async http1(): Promise<Http1Peer> {
    const { endpoint, verify } = this.subject;
    if (endpoint.scheme === 'https') this.notApplicable('the subject has no cleartext port');
    const peer = new Http1Peer(await dial(endpoint, verify, this.signal), this.transcript, this.signal);
    this.plain.push(peer);
    return peer;
  }

  /** What HTTP/1 connections the case has opened. */
  readonly plain: Http1Peer[] = [];

  /** Starts a further instance of the subject, whose module exports what the case says. Its events are apart. */
  async start(): Promise<Further> {
    const further = await Further.start(this.subject, this.#caseId, this.transcript, this.signal);
    this.#further.push(further);
    return further;
  }

  readonly #further: Further[] = [];

  /** The try is over. */
  end(): void {
    this.app.end();
    for (const peer of this.plain) peer.close();
    for (const further of this.#further) further.end();
  }

  /** The process of a case that runs `alone`. */
  get process(): NonNullable<Subject['process']> {
    const { process } = this.subject;
    if (process === undefined) throw new KitError('the case signals its subject without being alone with it');
    return process;
  }

  /** Waits until the process of a case that runs `alone` has ended, and its last word is here. */
  async ended(): Promise<string> {
    let how: string | null = null;
    void this.process.ended.then(text => {
      how = text;
      this.app.look();
    });
    await this.app.until(() => how !== null && this.app.lost, 'the process to end', true);
    return how as unknown as string;
  }

  /** Opens a gate of the exchange, now or before it is reached. */
  release({ key }: Named, gate = 'go'): void {
    this.app.send({ do: 'release', key, gate });
  }

  // --- what must come: each waits for the event, and fails at the case's deadline -------------------------------------

  async invoked(...exchanges: readonly Named[]): Promise<void> {
    for (const exchange of exchanges)
      await this.app.until(() => this.wasInvoked(exchange), `the application to be invoked on ${exchange.name}`);
  }

  /** The handler waits at the gate. */
  async waits(exchange: Named, gate = 'go'): Promise<void> {
    const there = (): boolean => this.app.of(exchange, 'waits').some(one => one.gate === gate);
    await this.app.until(there, `the application of ${exchange.name} to come to gate "${gate}"`);
  }

  /** The handler has ended. */
  async settled(exchange: Named): Promise<Settled> {
    const ends = (): readonly Settled[] => this.app.of(exchange, 'settled');
    await this.app.until(() => ends().length > 0, `the application of ${exchange.name} to settle`);
    return ends()[0] as Settled;
  }

  /** The server has called a member of the application's lifespan since the case began; `start` was before. */
  async lifespan(member: 'drain' | 'stop'): Promise<void> {
    const told = (): boolean => this.app.all.some(message => message.event === 'lifespan' && message.member === member);
    await this.app.until(told, `the application to be told "${member}"`);
  }

  /** The data of a report. */
  report(exchange: Named, name: string): Promise<Json> {
    return this.app.report(exchange, name);
  }

  /** A report with exactly this data; anything else fails the case. */
  async reported(exchange: Named, name: string, wanted: Json): Promise<void> {
    this.expected = `the application of ${exchange.name} sees ${name} ${JSON.stringify(wanted)}`;
    const data = await this.report(exchange, name);
    if (!same(data, wanted))
      throw new Failed(`${name} of ${exchange.name} is ${JSON.stringify(data)}, not ${JSON.stringify(wanted)}`);
    this.seen = `${name} of ${exchange.name} is ${JSON.stringify(data)}`;
  }

  /** The whole answer: its status, and the octets of its content where they are given. */
  async answered(asked: Asked, status = 200, octets?: number): Promise<StreamRecord> {
    const wanted = octets === undefined ? `status ${status}` : `status ${status} with ${octets} octets`;
    this.expected = `${asked.name} is answered with ${wanted}`;
    const record = await asked.peer.answer(asked.stream);
    const seen = mismatch(record, { path: asked.path, status, size: octets ?? record.octets });
    if (seen !== null) throw new Failed(`${asked.name}: ${record.over ? seen : describeAnswer(record, asked.peer)}`);
    this.seen = `${asked.name} is answered with status ${record.status} and ${record.octets} octets`;
    return record;
  }

  /**
   * Asks, and gives the milliseconds until the answer has ended: no less than what the application and the server spent on
   * it. For limits that the text gives in time; cases own no clock.
   */
  async timed(peer: Peer, name: string, options?: AskOptions): Promise<{ readonly asked: Asked; readonly ms: number }> {
    const start = performance.now();
    const asked = this.ask(peer, name, options);
    await peer.answer(asked.stream);
    return { asked, ms: performance.now() - start };
  }

  /** RST_STREAM with REFUSED_STREAM, and nothing else, the application having been left alone. */
  async refused(asked: Asked): Promise<void> {
    const { name, peer, stream } = asked;
    this.expected = `${name} is refused with REFUSED_STREAM`;
    const record = peer.stream(stream);
    await this.first(
      peer.until(() => record.over || record.status > 0 || peer.over, `the refusal of ${name}`),
      this.app.until(() => this.wasInvoked(asked), `the refusal of ${name}`),
    );
    if (this.wasInvoked(asked)) throw new Failed(`the application is invoked on ${name}`);
    if (record.resets[0] !== ERROR_CODE.REFUSED_STREAM)
      throw new Failed(`${name} is not refused with REFUSED_STREAM: ${describeAnswer(record, peer)}`);
    this.seen = `${name}: RST_STREAM REFUSED_STREAM`;
  }

  /** Whichever wait ends first, well or not; the other one is nobody's any more. */
  async first(...waits: readonly Promise<void>[]): Promise<void> {
    for (const wait of waits) wait.catch(() => {});
    await Promise.race(waits);
  }

  // --- what must not have come: only behind a barrier -----------------------------------------------------------------

  /** By now. Proves nothing until `quietApp` has shown that all there was to tell has been told. */
  wasInvoked(exchange: Named): boolean {
    return this.app.of(exchange, 'invoked').length > 0;
  }

  wasSettled(exchange: Named): boolean {
    return this.app.of(exchange, 'settled').length > 0;
  }

  /**
   * The fence for the kit's own application, behind its event: two twins (requests of the same method, HEAD where that is
   * GET, which the application answers at once) are invoked and answered, then two PINGs (KIT rule 1). What the
   * application or the server had to say before has been said then.
   */
  async quietApp(peer: Peer, method = 'HEAD'): Promise<void> {
    for (let twin = 0; twin < 2 && !peer.over; twin += 1) {
      this.#twins += 1;
      const asked = this.ask(peer, `twin-${this.#twins}`, { method: method === 'GET' ? 'HEAD' : method });
      await peer.answer(asked.stream);
      if (!peer.over) await this.invoked(asked);
    }
    if (!peer.over) await peer.fence();
  }

  /** The application was never called for the exchange: later twins were. */
  async notInvoked(peer: Peer, exchange: Named): Promise<void> {
    this.expected = `the application is not invoked on ${exchange.name}`;
    await this.quietApp(peer);
    if (this.wasInvoked(exchange)) throw new Failed(`the application was invoked on ${exchange.name}`);
    this.seen = `the application is not invoked on ${exchange.name}, and is on the twins behind it`;
  }
}
