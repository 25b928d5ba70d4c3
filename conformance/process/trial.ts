/** One try of a case about the pipe: it starts an instance of the subject, whose application is the kit, octet by octet. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Head, Hello, HostPayloads, ServerPayloads } from '../../binding/messages.ts';
import { errorName } from '../../wire/index.ts';
import { pathOf } from '../application/messages.ts';
import { Failed, KitError } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import type { Peer, RequestOptions } from '../peer/peer.ts';
import type { StreamRecord } from '../peer/stream.ts';
import type { PipeHosting, Subject } from '../subject.ts';
import { EndedEarly, type Instance, TargetError } from '../targets/target.ts';
import { describeAnswer, Trial } from '../trial.ts';
import { HELLO, HostEnd, SMALL_OCTETS } from './host-end.ts';
import { Pipes } from './pipes.ts';

/** Milliseconds between two looks for a process. */
const POLL_MS = 10;

/** One exchange, at both of its ends. */
export interface Forwarded {
  readonly name: string;
  readonly peer: Peer;
  readonly stream: number;
  readonly host: HostEnd;
  readonly number: number;
  readonly head: Head;
}

type Idle = <T>(wait: Promise<T>) => Promise<T>;

export class ProcessTrial extends Trial {
  /** Every pipe so far, in the order in which the server has started their processes. */
  readonly hosts: HostEnd[] = [];
  readonly #caseId: string;
  readonly #start: Idle;
  #pipes: Pipes | null = null;
  #instance: Promise<Instance> | null = null;
  /** Every pipe of an instance that other cases have used before. */
  #leased: readonly HostEnd[] = [];
  readonly #changed = new Set<() => void>();

  /** `start`: stops the clock of the case while the subject starts. */
  constructor(subject: Subject, signal: AbortSignal, idle: Idle, caseId: string, start: Idle) {
    super(subject, signal, idle);
    this.#caseId = caseId;
    this.#start = start;
  }

  override get findings(): readonly Finding[] {
    return [...super.findings, ...this.hosts.flatMap(({ grammar }) => grammar.findings)];
  }

  /**
   * Gives the pipe of an instance, with HELLO from both ends. `hello`: what the kit says. It is one that other cases may have
   * used before, where the case is not `fresh`. Unless it is about `several`, the application runs in one process.
   */
  async begin(hello: Partial<Hello> = {}, several = false): Promise<HostEnd> {
    const lease = this.subject.host?.lease;
    if (lease === undefined) await this.#launch({ ...HELLO, ...hello });
    else await this.#take(lease);
    await this.up();
    // Where somebody took its port, it was started again on another.
    const [host, ...others] = (lease === undefined ? this.hosts : this.#leased).filter(({ over }) => !over);
    if (host === undefined) throw new Failed('the server has ended the pipe of a sound host');
    if (others.length > 0 && !several)
      this.notApplicable('the server runs several processes where the case is about one: its manifest may start one');
    return host;
  }

  async #take(lease: NonNullable<PipeHosting['lease']>): Promise<void> {
    const taken = this.idle(lease());
    this.#instance = taken.then(({ instance }) => instance);
    this.#instance.catch(() => {});
    const { host, hosts } = await taken.catch(notUp);
    host.lend(this.transcript, this.signal);
    this.hosts.push(host);
    this.#leased = hosts;
  }

  /** Starts an instance whose pipe the case greets itself; gives the pipe when there is one. */
  async greet(): Promise<HostEnd> {
    await this.#launch(null);
    if (this.hosts.length === 0) await this.#start(Promise.race([this.#further(), this.up()]));
    return this.hosts[0] as HostEnd;
  }

  /** Waits until the instance listens. Throws Failed where it ends instead, KitError where it does not come up otherwise. */
  async up(): Promise<Instance> {
    if (this.#instance === null) throw new KitError('the case has begun no instance');
    const { host } = this.subject;
    try {
      const instance = await this.#start(this.#instance);
      const front = (await host?.front?.(instance.endpoint)) ?? instance.endpoint;
      const small = { path: this.subject.small.path, status: 200, size: SMALL_OCTETS };
      this.subject = { ...this.subject, endpoint: front, tls: instance.tls, authority: instance.authority, small };
      return instance;
    } catch (error) {
      return notUp(error);
    }
  }

  /** A signal to the process that the kit started. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    (await this.#instance)?.signal(signal);
  }

  /** Whether the server starts process number `count` within `ms` milliseconds, and greets it. */
  async startsAnew(count: number, ms: number): Promise<boolean> {
    const greeted = (): boolean => this.hosts[count - 1]?.of(0, 'HELLO').length === 1;
    for (const end = performance.now() + ms; !greeted() && performance.now() < end; ) await delay(POLL_MS);
    return greeted();
  }

  async #launch(hello: Hello | null): Promise<void> {
    const { host } = this.subject;
    if (host == null) throw new KitError('the kit starts no instance of a target that it did not start');
    const { deviation } = host;
    const { transcript, signal } = this;
    this.#pipes = await Pipes.listen((socket: Socket) => {
      const count = this.hosts.length + 1;
      // A server may start several at once: the case greets the first of them.
      const greeting = hello ?? (count > 1 ? HELLO : null);
      this.hosts.push(new HostEnd(socket, { count, hello: greeting, transcript, signal, deviation }));
      for (const changed of this.#changed) changed();
      this.#changed.clear();
    });
    this.#instance = host.launch(this.#pipes);
    // Who waits for it is told.
    this.#instance.catch(() => {});
  }

  /** The try is over. */
  end(): void {
    this.#pipes?.close();
  }

  /** Sends a request and waits for its HEAD, on whichever pipe. */
  async ask(peer: Peer, name: string, options: Omit<RequestOptions, 'path'> = {}): Promise<Forwarded> {
    const target = this.path(name);
    const stream = peer.ask({ ...options, path: target });
    for (;;) {
      const live = this.hosts.filter(({ over }) => !over);
      for (const host of live) {
        const head = host.head(target);
        if (head !== null) return { name, peer, stream, host, number: head.number, head: head.payload };
      }
      if (live.length === 0 || peer.stream(stream).resets.length > 0) break;
      const changed = (host: HostEnd): boolean =>
        host.head(target) !== null || host.over || peer.stream(stream).resets.length > 0;
      // A process that is started anew may be given it as well.
      await this.first(this.#further(), ...live.map(host => host.until(() => changed(host), `HEAD of ${name}`)));
    }
    throw new Failed(`the server ends the pipe where HEAD of ${name} is due`);
  }

  /** Waits for the next process that the server starts. */
  #further(): Promise<void> {
    return new Promise(resolve => {
      this.#changed.add(resolve);
    });
  }

  /** Target of an exchange of this case. */
  path(name: string): string {
    return pathOf(this.#caseId, name);
  }

  /** The pipe that was begun last. */
  get host(): HostEnd {
    const host = this.hosts.at(-1);
    if (host === undefined) throw new KitError('the case has begun no instance');
    return host;
  }

  /** The host says it of the exchange. */
  say<T extends keyof HostPayloads>({ host, number }: Forwarded, type: T, payload: HostPayloads[T]): void {
    host.send(type, number, payload);
  }

  /** A whole response without content, and SETTLED. */
  respond(x: Forwarded, status = 200): void {
    this.say(x, 'START', { status, fields: [], end: true });
    this.say(x, 'SETTLED', {});
  }

  /** A message of the server about the exchange. */
  message<T extends keyof ServerPayloads>({ host, number }: Forwarded, type: T): Promise<ServerPayloads[T]> {
    return host.message(number, type);
  }

  /** How often the server has written that about the exchange, by now. */
  count({ host, number }: Forwarded, type: keyof ServerPayloads): number {
    return host.of(number, type).length;
  }

  /** The whole answer of that status. */
  async answered(x: Forwarded, status: number): Promise<StreamRecord> {
    this.expected = `${x.name} is answered with status ${status}`;
    const record = await x.peer.answer(x.stream);
    if (record.status !== status || !record.gotEnd)
      throw new Failed(`${x.name} is not answered with ${status}: ${describeAnswer(record, x.peer)}`);
    this.seen = `${x.name} is answered with status ${status} and ${record.octets} octets`;
    return record;
  }

  /** RST_STREAM with that code. */
  async reset(x: Forwarded, code: number): Promise<void> {
    const name = errorName(code);
    this.expected = `${x.name} is reset with ${name}`;
    const record = await x.peer.answer(x.stream);
    if (record.resets[0] !== code)
      throw new Failed(`${x.name} is not reset with ${name}: ${describeAnswer(record, x.peer)}`);
    this.seen = `${x.name}: RST_STREAM ${name}`;
  }

  /** Whichever wait ends first, well or not; the other one is nobody's any more. */
  async first(...waits: readonly Promise<void>[]): Promise<void> {
    for (const wait of waits) wait.catch(() => {});
    await Promise.race(waits);
  }

  /** RESET on the pipe with that code and party. */
  async told(x: Forwarded, code: number, by: string): Promise<void> {
    const reset = await this.message(x, 'RESET');
    if (reset.code !== code || reset.by !== by)
      throw new Failed(`RESET of ${x.name} has code ${reset.code} by ${reset.by}, not ${code} by ${by}`);
  }

  /**
   * The fence of the pipe: two requests that the kit answers at once, whole, then two PINGs. The pipe is one ordered stream
   * in each direction: what the host wrote before has been read, and what was written for it has come.
   */
  async quiet(peer: Peer): Promise<void> {
    for (let twin = 0; twin < 2 && !peer.over; twin += 1) {
      const { status } = await peer.answer(peer.ask({ method: 'HEAD' }));
      if (status !== 200 && this.host.over && !this.host.left)
        throw new Failed('the server has ended the pipe of a sound host');
    }
    if (!peer.over) await peer.fence();
  }

  /** The pipe lives, and serves. */
  async lives(peer: Peer, host = this.host): Promise<void> {
    await this.quiet(peer);
    if (host.over) throw new Failed('the server has ended the pipe of a sound host');
    this.seen = 'the pipe goes on, and serves';
  }
}

function notUp(error: unknown): never {
  if (!(error instanceof TargetError)) throw error;
  const why = `the subject does not come up: ${error.message.split('\n')[0]}`;
  // It gave up on a sound host. A port that is taken, or a slow start, is no deed of the subject's.
  throw error instanceof EndedEarly ? new Failed(why) : new KitError(why);
}
