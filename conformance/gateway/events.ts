/** What the application behind the subject has told in one attempt, and the waits for more of it. */
import { isDeepStrictEqual } from 'node:util';
import {
  type ApplicationMessage,
  formatKey,
  type Json,
  type KitMessage,
  parseKey,
  type ReportedError,
} from '../application/messages.ts';
import { DeadlinePassed, Failed, KitError } from '../outcome.ts';
import type { Transcript } from '../peer/transcript.ts';
import type { Control } from './control.ts';

/** One exchange of an attempt, by the name that the case gave it. */
export interface Named {
  readonly name: string;
  readonly key: string;
}

/** How a handler ended; null is no error. */
export interface Settled {
  readonly error: ReportedError | null;
}

/** A man in the middle of the control channel, for one attempt: what each message becomes on its way. */
export interface Between {
  toKit?(message: ApplicationMessage): readonly ApplicationMessage[];
  toApplication?(message: KitMessage): readonly KitMessage[];
}

export class AppEvents {
  /** Everything told so far, in order. */
  readonly all: ApplicationMessage[] = [];
  readonly #control: Control;
  readonly #attempt: string;
  readonly #fault: string | null;
  readonly #transcript: Transcript;
  readonly #signal: AbortSignal;
  readonly #between: Between;
  readonly #waiters = new Set<() => void>();
  #lost: string | null = null;

  constructor(
    control: Control,
    fault: string | null,
    transcript: Transcript,
    signal: AbortSignal,
    between: Between = {},
  ) {
    this.#between = between;
    this.#control = control;
    this.#fault = fault;
    this.#transcript = transcript;
    this.#signal = signal;
    this.#attempt = control.attend({ event: message => this.#arrived(message), lost: why => this.#lose(why) });
  }

  key(name: string): string {
    return formatKey({ attempt: this.#attempt, name, fault: this.#fault });
  }

  send(message: KitMessage): void {
    if (message.do === 'release')
      this.#transcript.event('=', 0, 'KIT', `${parseKey(message.key).name}: gate "${message.gate}" is released`);
    else if (message.do === 'act')
      this.#transcript.event('=', 0, 'KIT', `${parseKey(message.key).name}: ${message.verb}, step ${message.n}`);
    for (const one of this.#between.toApplication?.(message) ?? [message]) this.#control.send(one);
  }

  /** Messages of that kind about the exchange, told so far. */
  of<E extends ApplicationMessage['event']>(
    { key }: Named,
    event: E,
  ): readonly Extract<ApplicationMessage, { readonly event: E }>[] {
    return this.all.filter(
      (message): message is Extract<ApplicationMessage, { readonly event: E }> =>
        message.event === event && 'key' in message && message.key === key,
    );
  }

  /** Data of the reports of that name about the exchange, told so far. */
  reports({ key }: Named, name: string): readonly Json[] {
    return this.all.flatMap(message =>
      message.event === 'report' && message.key === key && message.name === name ? [message.data] : [],
    );
  }

  /**
   * Waits for the report; where several have come, for the `nth`, from 1. Throws Failed where the handler has settled
   * without it, for then it never comes.
   */
  async report(exchange: Named, name: string, nth = 1): Promise<Json> {
    const told = (): Json | undefined => this.reports(exchange, name)[nth - 1];
    const over = (): boolean => this.of(exchange, 'settled').some(({ error }) => error !== null);
    await this.until(() => told() !== undefined || over(), `the application to report "${name}" of ${exchange.name}`);
    const data = told();
    if (data !== undefined) return data;
    const error = this.of(exchange, 'settled')[0]?.error ?? null;
    throw new Failed(`the application of ${exchange.name} ended before it came to "${name}": ${describe(error)}`);
  }

  /** Waits for a condition on what was told. Throws DeadlinePassed at the case's deadline, KitError without a channel unless it may be lost. */
  async until(condition: () => boolean, what: string, mayLose = false): Promise<void> {
    const start = performance.now();
    try {
      while (!condition()) {
        if (this.#lost !== null && !mayLose)
          throw new KitError(`the application behind the subject is lost: ${this.#lost}`, 'control');
        await this.#change(what);
      }
    } finally {
      this.#transcript.waits.over(what, start);
    }
  }

  /** A process that hosts the application has gone: nothing more comes of it. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Something that a condition looks at has changed. */
  look(): void {
    this.#wake();
  }

  /** The attempt is over. */
  end(): void {
    this.#control.forget(this.#attempt);
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiters.delete(changed);
        this.#signal.removeEventListener('abort', passed);
        end();
      };
      const changed = (): void => settle(resolve);
      const passed = (): void => settle(() => reject(new DeadlinePassed(what)));
      this.#waiters.add(changed);
      this.#signal.addEventListener('abort', passed);
      if (this.#signal.aborted) passed();
    });
  }

  #arrived(message: ApplicationMessage): void {
    for (const one of this.#between.toKit?.(message) ?? [message]) this.#take(one);
  }

  #take(message: ApplicationMessage): void {
    this.all.push(message);
    this.#transcript.event('=', 0, 'APP', sentence(message));
    if (message.event === 'unknown') this.#lose(`it does not know the case: ${message.why}`);
    this.#wake();
  }

  #lose(why: string): void {
    this.#lost ??= why;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

export function same(a: Json, b: Json): boolean {
  return isDeepStrictEqual(a, b);
}

/** "ExchangeError code 8 by peer", "TypeError: status 600", "no error". */
export function describe(error: ReportedError | null): string {
  if (error === null) return 'no error';
  const { name, message, code, by } = error;
  return code === undefined ? `${name}: ${message}` : `${name} code ${code} by ${by ?? 'nobody'}`;
}

function sentence(message: ApplicationMessage): string {
  const name = 'key' in message ? parseKey(message.key).name : '';
  switch (message.event) {
    case 'invoked':
      return `${name}: invoked`;
    case 'settled':
      return `${name}: settled, ${describe(message.error)}`;
    case 'waits':
      return `${name}: waits at gate "${message.gate}"`;
    case 'report':
      return `${name}: ${message.name}${message.data === null ? '' : ` ${JSON.stringify(message.data).slice(0, 400)}`}`;
    case 'unknown':
      return `${name}: ${message.why}`;
    case 'lifespan':
      return `lifespan: ${message.member}`;
    case 'unhandled':
      return `unhandled rejection: ${describe(message.error)}`;
    default:
      return message.event;
  }
}
