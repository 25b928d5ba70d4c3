/** One try of a case about an old application: a gateway trial whose application is a probe that does what it is told. */
import { data } from '../../wire/index.ts';
import type { Json, ReportedError } from '../application/messages.ts';
import type { Named } from '../gateway/events.ts';
import { type Asked, type AskOptions, GatewayTrial } from '../gateway/trial.ts';
import { Failed, KitError } from '../outcome.ts';
import type { Peer } from '../peer/peer.ts';
import type { StreamRecord } from '../peer/stream.ts';
import { describeAnswer } from '../trial.ts';
import { type Interface, interfaceOf } from './interface.ts';
import { type Saw, sawOf } from './saw.ts';

/** Pairs of twins that are called before a server counts as one that waits for the whole request. */
const ROUNDS = 5;

type Args = { readonly [key: string]: Json };

/** What came of something that the probe was told to do. */
export interface Did {
  readonly result: Json;
  readonly error: ReportedError | null;
}

/** What the probe has read of the content of a request. */
export interface Read {
  readonly octets: number;
  /** SHA-256, in hex. */
  readonly hash: string;
  /** The first 200 octets, one character for each. */
  readonly text: string;
  /** Reading has come to the end of the content. */
  readonly ended: boolean;
}

/** A response: `times` repeats its content. */
export interface Answer {
  readonly status?: number;
  readonly fields?: readonly string[];
  readonly text?: string;
  readonly times?: number;
}

export class LegacyTrial extends GatewayTrial {
  readonly #acts = new Map<string, number>();

  get face(): Interface {
    const face = interfaceOf(this.subject.claims);
    if (face === null) throw new KitError('the subject hosts no probe of an old interface');
    return face;
  }

  /** Waits until the application is called on it, and gives what it has seen. Throws Failed where it is answered instead. */
  async saw(asked: Asked): Promise<Saw> {
    const { name, peer, stream } = asked;
    const called = (): boolean => this.app.reports(asked, 'saw').length > 0;
    await this.#either(asked, called, `the application to be called on ${name}`);
    const record = peer.stream(stream);
    // Its own word, if there is one, may be on its way.
    if (!called()) await this.quietApp(await this.open());
    if (!called()) throw new Failed(`the application is not called on ${name}: ${describeAnswer(record, peer)}`);
    return this.sawNow(asked);
  }

  /** Waits until the application is called on it, or the server has said its last. */
  async calledOrOver(asked: Asked): Promise<void> {
    await this.#either(
      asked,
      () => this.wasInvoked(asked),
      `a call of the application on ${asked.name}, or its refusal`,
    );
  }

  /** Asks, and waits until the application is called. */
  async called(peer: Peer, name = 'a', options?: AskOptions): Promise<Asked> {
    const asked = this.ask(peer, name, options);
    await this.saw(asked);
    return asked;
  }

  /** Whether the application is called although the request goes on: before several later requests were called. */
  async calledEarly(asked: Asked): Promise<boolean> {
    const called = (): boolean => this.app.reports(asked, 'saw').length > 0;
    for (let round = 0; round < ROUNDS && !called() && !asked.peer.over; round += 1) await this.quietApp(asked.peer);
    return called();
  }

  /** Waits for the application's word, or for the server's last one. */
  #either({ peer, stream }: Asked, told: () => boolean, what: string): Promise<void> {
    const record = peer.stream(stream);
    const either = (): boolean => told() || record.over || peer.over;
    // Whichever wait is left over ends with the next look.
    return this.first(this.app.until(either, what), peer.until(either, what)).finally(() => this.app.look());
  }

  /** What it has seen of an exchange that it was called on. */
  sawNow(exchange: Named): Saw {
    const [raw] = this.app.reports(exchange, 'saw');
    if (raw === undefined) throw new KitError(`the application was not called on ${exchange.name}`);
    return sawOf(this.face, raw as Args);
  }

  /** Tells the probe what to do next on the exchange, and gives its number. */
  act({ key }: Named, verb: string, args: Args = {}): number {
    const n = (this.#acts.get(key) ?? 0) + 1;
    this.#acts.set(key, n);
    this.app.send({ do: 'act', key, n, verb, with: args });
    return n;
  }

  /** What came of it, once it is done. */
  async outcome(exchange: Named, n: number): Promise<Did> {
    const told = (): Json | undefined => this.app.reports(exchange, `did-${n}`)[0];
    await this.app.until(() => told() !== undefined, `the application of ${exchange.name} to have done step ${n}`);
    return told() as unknown as Did;
  }

  /** The same by now; null where it is not done. */
  outcomeNow(exchange: Named, n: number): Did | null {
    return (this.app.reports(exchange, `did-${n}`)[0] ?? null) as Did | null;
  }

  /** Both; an error of the interface is the result. */
  did(exchange: Named, verb: string, args: Args = {}): Promise<Did> {
    return this.outcome(exchange, this.act(exchange, verb, args));
  }

  /** The same where an error fails the case. */
  async does(exchange: Named, verb: string, args: Args = {}): Promise<Json> {
    const { result, error } = await this.did(exchange, verb, args);
    if (error !== null) throw new Failed(`${verb} of ${exchange.name} throws ${error.name}: ${error.message}`);
    return result;
  }

  /** Reads so many octets of the request, or to its end. */
  async reads(exchange: Named, octets?: number): Promise<Read> {
    return (await this.does(exchange, 'read', octets === undefined ? {} : { octets })) as unknown as Read;
  }

  /** The probe answers, whole; gives the response as it came. */
  async answers(asked: Asked, { status = 200, fields = [], text = '', times = 1 }: Answer = {}): Promise<StreamRecord> {
    this.act(asked, 'answer', { status, fields, text, times });
    return asked.peer.answer(asked.stream);
  }

  /** The same; null where the interface does not let the application say it. */
  async tries(asked: Asked, { status = 200, fields = [], text = '' }: Answer): Promise<StreamRecord | null> {
    const { error } = await this.did(asked, 'answer', { status, fields, text, times: 1 });
    if (error === null) return asked.peer.answer(asked.stream);
    if (!asked.peer.stream(asked.stream).over)
      this.act(asked, 'answer', { status: 500, fields: [], text: '', times: 1 });
    return null;
  }

  /** The head of a response whose content follows block by block. */
  head(exchange: Named, { status = 200, fields = [] }: Answer = {}): number {
    return this.act(exchange, 'head', { status, fields });
  }

  /** Asks, and waits until the first block of a response, of five octets, has come. */
  async begun(peer: Peer, name = 'a'): Promise<Asked> {
    const asked = await this.called(peer, name);
    this.head(asked);
    this.act(asked, 'block', { text: 'block' });
    await this.arrived(asked, 5);
    return asked;
  }

  /** Waits until so many octets of the content of a response have come. */
  async arrived({ name, peer, stream }: Asked, octets: number): Promise<void> {
    this.expected = `${octets} octets of ${name} come while the application gives no more`;
    const record = peer.stream(stream);
    await peer.until(() => record.octets >= octets || record.over || peer.over, `${octets} octets of ${name}`);
    if (record.octets < octets)
      throw new Failed(`${name}: ${describeAnswer(record, peer)} where ${octets} octets are due`);
  }

  /** Lets the probe answer 200, and gives what it saw. */
  async echoed(asked: Asked): Promise<Saw> {
    const saw = await this.saw(asked);
    await this.answers(asked);
    return saw;
  }

  /** The same of a request that is asked now. */
  echo(peer: Peer, name: string, options?: AskOptions): Promise<Saw> {
    return this.echoed(this.ask(peer, name, options));
  }

  /** What is expected and what is seen; the case fails where it does not hold. */
  holds(expected: string, seen: string, holds: boolean): void {
    this.expected = expected;
    this.seen = seen;
    if (!holds) throw new Failed(seen);
  }

  /** How often the probe has reported it, by now. */
  times(exchange: Named, name: string): number {
    return this.app.reports(exchange, name).length;
  }

  /** Waits for a report of that name. */
  async told(exchange: Named, name: string): Promise<Json> {
    await this.app.until(
      () => this.times(exchange, name) > 0,
      `the application of ${exchange.name} to report "${name}"`,
    );
    return this.app.reports(exchange, name)[0] as Json;
  }

  /** Waits for one of the reports. */
  async toldAny(exchange: Named, ...names: readonly string[]): Promise<void> {
    const told = (): boolean => names.some(name => this.times(exchange, name) > 0);
    await this.app.until(told, `the application of ${exchange.name} to report ${names.join(' or ')}`);
  }

  /** The rest of the content of a request. */
  contentNow({ peer, stream }: Asked, content: string): void {
    peer.send(data(stream, content, { endStream: true }));
  }

  /** Asks for an exchange whose target goes on behind its address: "/x?q". */
  askAt(peer: Peer, name: string, rest: string, options: AskOptions = {}): Asked {
    const exchange = this.exchange(name);
    const frame = peer.request({ ...options, path: `${exchange.path}${rest}` });
    peer.send(frame);
    return { ...exchange, peer, stream: frame.stream };
  }
}
