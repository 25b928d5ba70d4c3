/**
 * One try of an abuse case. What the server does to the client that abuses it is its own choice: GOAWAY, a close, refusals, or
 * to bear it all. Judged are the effects: a victim on another connection is answered all the while, the application runs no
 * more often at once than streams are allowed and comes to rest, memory stays within a bound, a new connection is served.
 */

import type { Frame } from '../../wire/index.ts';
import { concat, headers, ping } from '../../wire/index.ts';
import { pathOf } from '../application/messages.ts';
import { AppEvents } from '../gateway/events.ts';
import { Failed } from '../outcome.ts';
import type { Peer, RequestOptions } from '../peer/peer.ts';
import type { Subject } from '../subject.ts';
import type { Meter } from '../targets/memory.ts';
import { describeEnd, type OpenOptions, Trial } from '../trial.ts';
import { MOST_GROWTH } from './case.ts';
import { Hosted, type Tally } from './hosted.ts';
import { FLOOD, PUSHED } from './names.ts';
import { inTime } from './patience.ts';
import { Victim } from './victim.ts';

/** Parts in which a flood is sent; the victim asks behind each. */
const PARTS = 10;

/** Requests of the victim behind the abuse. */
const AFTER = 3;

/** Milliseconds that are left to a server which neither answers a PING behind the abuse nor ends the connection. */
const PATIENCE_MS = 1000;

/** Where nobody announces a limit of streams, none can be passed. */
const ANY_STREAMS = 10_000;

/** Reports of several processes have no order between them. */
const SLACK = 2;

export class AbuseTrial extends Trial {
  /** Null where the subject does not host the kit's application. */
  readonly hosted: Hosted | null;
  /** Connections of the abuse. */
  readonly #abusers: Peer[] = [];
  readonly #strangers: Peer[] = [];
  readonly #caseId: string;
  #victim: Victim | null = null;
  #meter: Meter | null = null;
  #memory = { before: 0, most: 0 };
  #sent = 0;
  #twins = 0;
  #reaction = '';

  constructor(subject: Subject, signal: AbortSignal, idle: <T>(wait: Promise<T>) => Promise<T>, caseId: string) {
    super(subject, signal, idle);
    const { gateway } = subject;
    this.#caseId = caseId;
    this.hosted =
      gateway == null || !subject.claims.has('gateway')
        ? null
        : new Hosted(new AppEvents(gateway.control, gateway.fault, this.transcript, signal));
  }

  /** However the case has ended: the next one must not suffer from what this one holds. */
  end(): void {
    for (const peer of this.peers) peer.lose();
    this.hosted?.events.end();
  }

  // --- before --------------------------------------------------------------------------------------------------------

  /** The victim, and what all is measured by; then a connection for the abuse, which has shown that it serves. */
  async begin(options?: OpenOptions): Promise<Peer> {
    this.#victim = await Victim.open(this);
    this.#meter = this.subject.meter?.() ?? null;
    const before = this.#meter?.() ?? 0;
    this.#memory = { before, most: before };
    return this.another(options);
  }

  /** A further connection for the abuse. */
  async another(options?: OpenOptions): Promise<Peer> {
    const peer = await this.open(options);
    this.#abusers.push(peer);
    return peer;
  }

  get victim(): Victim {
    return this.#victim as Victim;
  }

  /** Where the requests of the abuse go: to the case's handler, or to a resource of a server that others wrote. */
  path(otherwise: string = this.subject.small.path): string {
    return this.hosted === null ? otherwise : pathOf(this.#caseId, this.hosted.events.key(FLOOD));
  }

  /** A resource that takes content, where there is one. */
  get uploadPath(): string {
    return this.subject.upload?.path ?? this.subject.small.path;
  }

  /** HEADERS of a request of the abuse, on the next stream. */
  request(peer: Peer, { path, ...options }: RequestOptions = {}): Frame {
    return peer.request({ ...options, path: this.path(path) });
  }

  /** The same in one HEADERS frame with further fields, as octets, behind those of the request. */
  requestWith(peer: Peer, fields: readonly Uint8Array[], options?: RequestOptions): Frame {
    const { stream, payload } = this.request(peer, options);
    return headers(stream, concat([payload, ...fields]), { endStream: true });
  }

  // --- the abuse -----------------------------------------------------------------------------------------------------

  /**
   * Sends `count` units, or as many as the server bears, in a few parts; the victim asks behind each. Gives how many went
   * out.
   */
  async flood(peer: Peer, count: number, unit: (n: number) => readonly Frame[]): Promise<number> {
    let sent = 0;
    for (let part = 1; part <= PARTS && !peer.over; part += 1) {
      const frames: Frame[] = [];
      for (; sent < (count * part) / PARTS; sent += 1) frames.push(...unit(sent));
      peer.violate(...frames);
      this.#sent += frames.length;
      await this.asVictim();
    }
    return sent;
  }

  /**
   * So many connections, each of which does what `act` does and is left as it is; the victim asks now and then. They have made
   * no control: what becomes of them is nobody's concern.
   */
  async strangers(count: number, act: (peer: Peer) => void): Promise<void> {
    for (let part = 1, n = 0; part <= PARTS; part += 1) {
      for (; n < (count * part) / PARTS; n += 1) {
        const peer = await this.dial();
        this.#strangers.push(peer);
        act(peer);
      }
      await this.asVictim();
    }
  }

  /** The victim asks, and memory is looked at. */
  async asVictim(): Promise<void> {
    await this.victim.ask();
    this.#weigh();
  }

  #weigh(): void {
    this.#memory.most = Math.max(this.#memory.most, this.#meter?.() ?? 0);
  }

  /** Waits until the server has dealt with what came: a PING behind it is answered, or the connection is over. */
  async dealtWith(peer: Peer): Promise<void> {
    if (peer.over) return;
    const opaque = [0x61, 0x62, 0x75, 0x73, 0x65, ...[16, 8, 0].map(shift => (this.#sent >> shift) & 0xff)];
    peer.violate(ping(opaque));
    const dealt = (): boolean => peer.over || peer.pingAcks.includes(Uint8Array.from(opaque).toString());
    // Whoever tarpits the client that abuses it may: nothing is concluded from the time.
    await this.idle(peer.within(PATIENCE_MS, dealt, 'a PING behind the abuse'));
  }

  // --- behind it -----------------------------------------------------------------------------------------------------

  /** The requests of the abuse were all given up on the wire: nothing of them goes on although the connection is there. */
  async atRest(): Promise<void> {
    await this.told();
    await this.hosted?.rest();
  }

  /** Waits until it is known which of the requests that the server has dealt with the application was called on. */
  async told(): Promise<void> {
    const { hosted } = this;
    if (hosted === null) return;
    this.#twins += 1;
    const key = hosted.events.key(`twin-${this.#twins}`);
    await this.victim.askApplication(pathOf(this.#caseId, key));
    await hosted.ended(key);
  }

  /** The verdict: the abuse is over, and everything must be as before. */
  async aftermath(): Promise<void> {
    this.expected = 'a victim is answered all the while, nothing grows without bound, and all is clean behind it';
    for (const peer of this.#abusers) await this.dealtWith(peer);
    this.#reaction =
      [...this.#abusers, ...this.#strangers].map(describeEnd).find(end => end !== 'the connection lives on') ??
      'the server bears it';
    for (let n = 0; n < AFTER; n += 1) await this.asVictim();
    // A reset: FIN may be the end of one direction alone, and whoever asked would still wait.
    for (const peer of [...this.#abusers, ...this.#strangers]) peer.lose();
    this.#release();
    await this.atRest();
    this.#judgeApplication();
    await this.#newcomer();
    this.#judgeMemory();
    this.#judgeVictim();
  }

  /** Applications that wait for the case may go. */
  #release(): void {
    const { events } = this.hosted ?? {};
    for (const name of [FLOOD, PUSHED]) events?.send({ do: 'release', key: events.key(name), gate: 'go' });
  }

  /** How often the application was called for the abuse. */
  get invoked(): number {
    return this.hosted?.flood.invoked ?? 0;
  }

  /** Numbers that the handlers of the abuse have reported by that name; none where the kit's application is not there. */
  reported(name: string): readonly number[] {
    const { events } = this.hosted ?? {};
    if (events === undefined) return [];
    return events.reports({ name: FLOOD, key: events.key(FLOOD) }, name).map(Number);
  }

  #judgeApplication(): void {
    const { hosted } = this;
    if (hosted === null) return;
    this.#judgeCrowd('', hosted.flood, 'theirs');
    this.#judgeCrowd(' for promises', hosted.pushed, 'ours');
  }

  /** The one side's limit holds back the streams that the other one opens (RFC 9113 §5.1.2). */
  #judgeCrowd(what: string, { peak }: Tally, side: 'ours' | 'theirs'): void {
    const limits = [...this.#abusers, ...this.#strangers].map(peer =>
      peer.ledger.setting(side, 'MAX_CONCURRENT_STREAMS'),
    );
    const allowed = limits.reduce((sum, limit) => sum + limit, 0);
    if (allowed <= ANY_STREAMS && peak > SLACK * allowed)
      this.fail(`the application runs ${peak} times at once${what}, where ${allowed} streams are allowed`);
  }

  async #newcomer(): Promise<void> {
    const unserved = 'behind the abuse a new connection is not served';
    try {
      await inTime(this.open(), this.victim.limit, ms => `${unserved} for ${ms} ms`);
    } catch (error) {
      if (!(error instanceof Failed) || error.message.startsWith(unserved)) throw error;
      throw new Failed(`${unserved}: ${error.message}`);
    }
    this.#weigh();
  }

  get #growth(): number {
    return this.#memory.most - this.#memory.before;
  }

  #judgeMemory(): void {
    if (this.#growth > MOST_GROWTH) this.fail(`the server's memory grows by ${mebibytes(this.#growth)} MiB`);
  }

  #judgeVictim(): void {
    const { slowest, limit, before, answers } = this.victim;
    const ms = (time: number): string => `${Math.ceil(time)} ms`;
    const grown = this.#meter === null ? '' : `; memory grows by ${mebibytes(this.#growth)} MiB`;
    this.seen = `${this.#reaction}; the victim has ${answers} answers, the slowest after ${ms(slowest)}${grown}`;
    if (slowest > limit) this.weak(`the victim waits ${ms(slowest)} for an answer, where ${ms(before)} was usual`);
  }
}

function mebibytes(octets: number): number {
  return Math.round(octets / 2 ** 20);
}
