/** One exchange under the kit: at its server's end what is written and has come, at the application what it is told to call. */
import type { Head, HostPayloads, ServerPayloads } from '../../binding/messages.ts';
import { Failed } from '../outcome.ts';
import type { HostInstance } from './instance.ts';
import type { Json, Member, ReportedError } from './messages.ts';
import type { Answer } from './remote.ts';

const CANCEL = 8;

/** A call that may still wait. */
export interface Pending {
  readonly member: Member;
  readonly call: number;
}

export class DrivenExchange {
  readonly name: string;
  readonly number: number;
  readonly head: Head;
  /** CLOSE has been sent. */
  closed = false;
  /** The application has been told to settle. */
  settling = false;
  readonly #instance: HostInstance;

  constructor(instance: HostInstance, name: string, number: number, head: Head) {
    this.#instance = instance;
    this.name = name;
    this.number = number;
    this.head = head;
  }

  // --- the application -----------------------------------------------------------------------------------------------

  /** Its call, once there was one. */
  get invocation() {
    const { target } = this.head.request;
    return this.#instance.remote.of('invoked').find(one => one.target === target) ?? null;
  }

  async invoked(): Promise<void> {
    const { pipe, remote } = this.#instance;
    const called = (): boolean => this.invocation !== null;
    await pipe.until(() => called() || remote.lost, `the application to be called on ${this.name}`);
    if (!called()) throw new Failed(`the host ends its process where the kit waits for a call on ${this.name}`);
  }

  /** The application calls the member; gives what it gets once it has settled. Throws Failed where it is an error. */
  async call(member: Member, ...args: readonly Json[]): Promise<Json> {
    return this.value(this.begin(member, ...args));
  }

  /** The application calls the member, and may wait for a long time. */
  begin(member: Member, ...args: readonly Json[]): Pending {
    return { member, call: this.#instance.remote.act(this.invocation?.exchange ?? 0, member, args) };
  }

  /** What a call has given. */
  async value(pending: Pending): Promise<Json> {
    const answer = await this.#answer(pending);
    if ('value' in answer) return answer.value;
    const { name, message } = answer.error;
    throw new Failed(`${pending.member} of ${this.name} gives ${name}: ${message}`);
  }

  /** The error of a call. Throws Failed where it has none. */
  async error(pending: Pending): Promise<ReportedError> {
    const answer = await this.#answer(pending);
    if ('error' in answer) return answer.error;
    throw new Failed(`${pending.member} of ${this.name} gives ${JSON.stringify(answer.value)} and no error`);
  }

  /** The error of a call, or null where it has none. */
  async outcome(pending: Pending): Promise<{ readonly error: ReportedError | null }> {
    const answer = await this.#answer(pending);
    return { error: 'error' in answer ? answer.error : null };
  }

  async #answer({ member, call }: Pending): Promise<Answer> {
    const { remote } = this.#instance;
    await this.#until(() => remote.answer(call) !== null, `${member} of ${this.name}`);
    return remote.answer(call) as Answer;
  }

  /** The promise of the application settles: with an error of these words, with that of the exchange, or well. */
  settle(how: { readonly error?: string; readonly own?: true } = {}): void {
    if (this.settling || this.invocation === null) return;
    this.settling = true;
    this.#instance.remote.tell({ do: 'settle', exchange: this.invocation.exchange, ...how });
  }

  /** Notices of that type, so far. */
  notices(type: 'close' | 'drain' | 'priority'): readonly { readonly [key: string]: Json }[] {
    const { remote } = this.#instance;
    const all = remote.of('notice').filter(({ exchange }) => exchange === this.invocation?.exchange);
    return all.map(({ notice }) => notice).filter(notice => notice['type'] === type);
  }

  async notice(type: 'close' | 'drain' | 'priority'): Promise<{ readonly [key: string]: Json }> {
    await this.#until(() => this.notices(type).length > 0, `the notice "${type}" of ${this.name}`);
    return this.notices(type)[0] as { readonly [key: string]: Json };
  }

  /** The reason of the signal; null while it has not aborted. */
  get aborted(): ReportedError | null {
    const { remote } = this.#instance;
    return remote.of('aborted').find(({ exchange }) => exchange === this.invocation?.exchange)?.error ?? null;
  }

  /** Waits for the signal. */
  async abort(): Promise<ReportedError> {
    await this.#until(() => this.aborted !== null, `the signal of ${this.name}`);
    return this.aborted as ReportedError;
  }

  /** The pipe may be over; what is awaited is the application's. */
  #until(condition: () => boolean, what: string): Promise<void> {
    const { waits, remote, pipe } = this.#instance;
    return waits
      .until(() => condition() || remote.lost || pipe.garbled !== null, what)
      .then(() => {
        if (!condition()) throw new Failed(pipe.garbled ?? `the host ends its process where the kit waits for ${what}`);
      });
  }

  // --- the pipe ------------------------------------------------------------------------------------------------------

  send<T extends keyof ServerPayloads>(type: T, payload: ServerPayloads[T]): void {
    this.#instance.pipe.send(type, this.number, payload);
  }

  /** Messages of the host about it, so far. */
  of<T extends keyof HostPayloads>(type: T): readonly HostPayloads[T][] {
    return this.#instance.pipe.of(this.number, type);
  }

  message<T extends keyof HostPayloads>(type: T, nth = 1): Promise<HostPayloads[T]> {
    return this.#instance.pipe.message(this.number, type, nth);
  }

  /** Types of all messages of the host about it, in order, so far. */
  get types(): readonly string[] {
    return this.#instance.pipe.received.filter(({ number }) => number === this.number).map(({ type }) => type);
  }

  /** Octets of content so far. */
  get octets(): number {
    return this.of('DATA').reduce((sum, { length }) => sum + length, 0);
  }

  /** Waits until so many octets have come. */
  content(octets: number): Promise<void> {
    return this.#instance.pipe.until(() => this.octets >= octets, `${octets} octets of content of ${this.name}`);
  }

  /** The response is whole: END, or START with `end`. */
  async whole(): Promise<void> {
    const whole = (): boolean => this.of('END').length > 0 || this.of('START').some(({ end }) => end === true);
    await this.#instance.pipe.until(whole, `the end of the response of ${this.name}`);
  }

  /** The server has sent it all: SENT, CLOSE. */
  complete(received = 0): void {
    const status = this.of('START')[0]?.status ?? 0;
    this.send('SENT', null);
    this.close({ complete: true, code: 0, by: 'app', status, sent: this.octets, received });
  }

  close(sum: NonNullable<ServerPayloads['CLOSE']>): void {
    this.closed = true;
    this.send('CLOSE', sum);
  }

  /** It fails at the server: RESET, CLOSE. */
  fail(code = CANCEL, by: 'peer' | 'app' | 'server' = 'peer'): void {
    this.send('RESET', { code, by });
    this.close({ complete: false, code, by, status: 0, sent: 0, received: 0 });
  }

  /** A whole response without content: answered, settled, sent and closed. */
  async serve(status = 200): Promise<void> {
    await this.call('respond', status);
    this.settle();
    await this.whole();
    await this.message('SETTLED');
    this.complete();
  }
}
