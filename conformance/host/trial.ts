/** One try of a case about a host: the kit is its server, octet by octet, and its application, call by call. */
import type { Head, Hello, Push } from '../../binding/messages.ts';
import type { Caps, RequestHead } from '../../spec/msgi.ts';
import { pathOf } from '../application/messages.ts';
import { Failed, NotApplicable } from '../outcome.ts';
import type { Finding } from '../peer/grammar.ts';
import type { Transcript } from '../peer/transcript.ts';
import { DrivenExchange } from './exchange.ts';
import type { HostInstance } from './instance.ts';
import { HELLO, type ServerEnd } from './server-end.ts';

export interface HeadOptions {
  readonly connection?: number;
  readonly method?: string;
  /** Of an extended CONNECT. */
  readonly protocol?: string;
  readonly version?: RequestHead['version'];
  readonly fields?: readonly string[];
  readonly caps?: Partial<Caps>;
  readonly window?: number;
  readonly room?: number;
  /** The request has content: DATA and END are the case's. */
  readonly content?: true;
}

const CAPS: Caps = {
  multiplex: true,
  duplex: true,
  push: true,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'urgency',
  reset: 'code',
};

/** Octets that either half may begin with. */
const WINDOW = 65_535;

/** Answers of the application that are behind each other, so that what was on its way before has come. */
const ROUNDS = 3;

type Idle = <T>(wait: Promise<T>) => Promise<T>;

export class HostTrial {
  expected = '';
  seen = '';
  controls = 0;
  readonly weaknesses: string[] = [];
  readonly transcript: Transcript;
  readonly exchanges: DrivenExchange[] = [];
  readonly #instance: HostInstance;
  readonly #caseId: string;
  readonly #idle: Idle;
  /** Findings that were there before the case. */
  readonly #before: number;
  readonly #connections: number[] = [];
  #streams = -1;
  #twins = 0;

  /** `idle`: stops the clock of the case, while the host loads. */
  constructor(instance: HostInstance, caseId: string, transcript: Transcript, idle: Idle) {
    this.#instance = instance;
    this.#caseId = caseId;
    this.transcript = transcript;
    this.#idle = idle;
    this.#before = instance.pipe.grammar.findings.length;
  }

  get pipe(): ServerEnd {
    return this.#instance.pipe;
  }

  get app(): HostInstance['remote'] {
    return this.#instance.remote;
  }

  get findings(): readonly Finding[] {
    return this.pipe.grammar.findings.slice(this.#before);
  }

  // --- the beginning -------------------------------------------------------------------------------------------------

  /** HELLO of the server goes out, and the application is at its `start`. Of cases that look at that. */
  async greet(hello: Partial<Hello> = {}): Promise<void> {
    this.pipe.send('HELLO', 0, { ...HELLO, ...hello });
    const { app, pipe } = this;
    await this.#idle(pipe.until(() => app.of('start').length > 0, 'the start of the application'));
  }

  /** HELLO of the server goes out to a host that does not come as far as a `start`. */
  async greetInVain(hello: Partial<Hello>): Promise<void> {
    this.pipe.send('HELLO', 0, { ...HELLO, ...hello });
    const { app, pipe } = this;
    await this.#idle(this.#instance.waits.until(() => pipe.over || app.of('start').length > 0, 'the end of the pipe'));
  }

  /** A connection, with the positive control on it: an exchange that goes well from its HEAD to its CLOSE. */
  async open(): Promise<number> {
    const connection = this.connect();
    const control = this.head(`control-${connection}`, { connection });
    await control.invoked();
    await control.serve();
    this.controls += 1;
    return connection;
  }

  /** OPEN alone. */
  connect(): number {
    const number = this.pipe.number();
    this.#connections.push(number);
    this.pipe.send('OPEN', number, { peer: { host: '192.0.2.7', port: 50_114 }, local: null, tls: null });
    return number;
  }

  // --- exchanges -----------------------------------------------------------------------------------------------------

  /** Sends HEAD and waits until the application is called on it. */
  async ask(name: string, options: HeadOptions = {}): Promise<DrivenExchange> {
    const x = this.head(name, options);
    await x.invoked();
    return x;
  }

  /** Sends HEAD, on the connection that was opened last. */
  head(name: string, options: HeadOptions = {}): DrivenExchange {
    return this.#begin(name, this.pipe.number(), options, this.path(name), false);
  }

  /** Answers a PUSH with HEAD on the number of its promise. */
  grant(name: string, { promise, target }: Push, options: HeadOptions = {}): DrivenExchange {
    return this.#begin(name, promise, options, target, true);
  }

  #begin(name: string, number: number, options: HeadOptions, target: string, pushed: boolean): DrivenExchange {
    this.#streams += 2;
    const {
      connection = this.#connections.at(-1) ?? 0,
      method = 'GET',
      version = '2',
      fields = [],
      protocol = '',
    } = options;
    const request = { version, method, scheme: 'http', authority: 'kit.example', target, base: '', protocol, fields };
    const head: Head = {
      connection,
      id: this.#streams,
      request,
      caps: { ...CAPS, ...options.caps },
      priority: { scheme: 'urgency', urgency: 3, incremental: false },
      window: options.window ?? WINDOW,
      room: options.room ?? WINDOW,
      pushed,
      ended: options.content !== true,
    };
    const x = new DrivenExchange(this.#instance, name, number, head);
    this.exchanges.push(x);
    this.pipe.send('HEAD', number, head);
    return x;
  }

  /** Target of an exchange of this try. */
  path(name: string): string {
    return pathOf(this.#caseId, `${name}-${this.#connections.at(-1) ?? 0}`);
  }

  // --- what must not have come: only behind a barrier ------------------------------------------------------------------

  /**
   * The fence of the pipe: two exchanges that are answered whole, and an answer of the application. The pipe is one ordered
   * stream in each direction: what a host was given before it has read, and what it wrote for that has come.
   */
  async quiet(): Promise<void> {
    for (let twin = 0; twin < 2; twin += 1) {
      this.#twins += 1;
      const x = await this.ask(`twin-${this.#twins}`);
      await x.serve();
    }
    await this.pings();
  }

  /** Answers of the application, one behind the other. Throws Failed where its process ends first. */
  async pings(): Promise<void> {
    const { app } = this;
    for (let round = 0; round < ROUNDS; round += 1) {
      const call = app.begin({ do: 'ping' });
      await this.#instance.waits.until(() => app.answer(call) !== null || app.lost, 'an answer of the application');
      if (app.answer(call) === null) throw new Failed('the process of the host ends before its application is done');
    }
  }

  /** Waits for what the application tells. */
  async told(condition: () => boolean, what: string): Promise<void> {
    const { app } = this;
    await this.#instance.waits.until(() => condition() || app.lost, what);
    if (!condition()) throw new Failed(`the host ends its process where the kit waits for ${what}`);
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  /** The pipe ends, by the kit or by what it has written: the end of the host is no crash from here on. */
  leaves(): void {
    this.#instance.left = true;
  }

  /** Waits until the process has ended: "exit status 0". */
  async exited(): Promise<string> {
    await this.#instance.waits.until(() => this.exit !== null, 'the end of the process');
    return this.exit as string;
  }

  get exit(): string | null {
    return this.#instance.exit;
  }

  /** The tail of what the host has printed on descriptor 2. */
  get printed(): string {
    return this.#instance.printed;
  }

  /** Waits for something on descriptor 2. */
  prints(condition: () => boolean, what: string): Promise<void> {
    return this.#instance.waits.until(condition, what);
  }

  /** Leaves nothing behind on a host that other cases use: whatever still lives fails at the server, and settles. */
  async tidy(): Promise<void> {
    for (const x of this.exchanges) {
      if (!x.closed) x.fail();
      await x.invoked();
      x.settle();
    }
    for (const x of this.exchanges) await x.message('SETTLED');
    for (const number of this.#connections) this.pipe.send('CLOSE', number, null);
    await this.pings();
  }

  // --- verdicts ------------------------------------------------------------------------------------------------------

  weak(seen: string): void {
    this.weaknesses.push(seen);
  }

  fail(seen: string): never {
    throw new Failed(seen);
  }

  notApplicable(why: string): never {
    throw new NotApplicable(why);
  }
}
