/**
 * `toFetch`: hosts an MSGI application as a Fetch handler, for servers that take nothing else. What Fetch cannot say,
 * `caps` says: informational responses, promises, trailers and codes of resets are lost. Beside that
 *
 * | what                  | is here                                                                               |
 * | --------------------- | ------------------------------------------------------------------------------------- |
 * | `connection`          | one for each request; of its ends and of TLS nothing is known                         |
 * | `request`             | version "1.1"; the target as the URL standard writes it; lines of one name are joined |
 * | a reset in idle       | the handler rejects; afterwards the content of the response errors                    |
 * | a client that leaves  | known where the host aborts the signal of the request or cancels the response         |
 * | `date`                | left to the host                                                                      |
 * @module
 */
import { inspect } from 'node:util';
import type { App, Application } from '../../spec/msgi.ts';
import { Applications } from '../gateway/applications.ts';
import { Deadlines } from '../gateway/deadlines.ts';
import { invoke } from '../gateway/invocation.ts';
import { Refusal } from '../http1/refusal.ts';
import { FetchCarrier, type FetchHosting } from './to-fetch/carrier.ts';

export interface ToFetchOptions {
  /** Octets of a request that are read before the application reads them; default 65,535. */
  readonly initialWindow?: number;
  /** Milliseconds that the reader of a response may take no content; default 60,000. */
  readonly sendTimeout?: number;
  /** The same for content that is read and not answered yet; default 60,000. */
  readonly receiveTimeout?: number;
  /** Failures of the application; default: one line to stderr. Must not throw. */
  readonly report?: (error: unknown, what: string) => void;
}

/** The handler. `start` and `stop` of an Application, and its `drain`, are the caller's. */
export interface FetchHost {
  /** Rejects with an ExchangeError where the application has reset the exchange before its response. */
  (request: Request): Promise<Response>;
  /** Tells every exchange that runs. */
  drain(): void;
  /** Ends what still runs, as a limit does. */
  cancel(): void;
  /** Settles when no application runs any more. */
  idle(): Promise<void>;
}

/** Milliseconds between two looks at deadlines and limits. */
const BEAT = 500;

export function toFetch(hosted: App | Application, options: ToFetchOptions = {}): FetchHost {
  const runner = new Runner(typeof hosted === 'function' ? hosted : x => hosted.app(x), options);
  return Object.assign((request: Request) => runner.handle(request), {
    drain: () => runner.drain(),
    cancel: () => runner.cancel(),
    idle: () => runner.idle(),
  });
}

class Runner {
  readonly #host: FetchHosting;
  readonly #deadlines = new Deadlines();
  readonly #live = new Set<FetchCarrier>();
  #timer: NodeJS.Timeout | null = null;
  #draining = false;

  constructor(app: App, options: ToFetchOptions) {
    this.#host = {
      app,
      applications: new Applications(),
      initialWindow: options.initialWindow ?? 65_535,
      sendTimeout: options.sendTimeout ?? 60_000,
      receiveTimeout: options.receiveTimeout ?? 60_000,
      report: options.report ?? reportToStderr,
    };
  }

  async handle(request: Request): Promise<Response> {
    request.signal.throwIfAborted();
    try {
      const carrier = this.#begin(request);
      void carrier.read();
      invoke(this.#host, carrier.handling);
      return await carrier.sender.response;
    } catch (error) {
      if (error instanceof Refusal) return new Response(null, { status: error.status });
      throw error;
    }
  }

  #begin(request: Request): FetchCarrier {
    const carrier: FetchCarrier = new FetchCarrier(this.#host, this.#deadlines, request, () => this.#end(carrier));
    this.#live.add(carrier);
    this.#timer ??= setInterval(() => this.#tick(), BEAT);
    if (this.#draining) carrier.drain();
    return carrier;
  }

  #end(carrier: FetchCarrier): void {
    this.#live.delete(carrier);
    if (this.#live.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const now = performance.now();
    this.#deadlines.tick(now);
    for (const carrier of this.#live) carrier.tick(now);
  }

  drain(): void {
    this.#draining = true;
    for (const carrier of this.#live) carrier.drain();
  }

  cancel(): void {
    for (const { handling } of this.#live) {
      if (!handling.over) handling.limit('the server is stopping');
    }
  }

  idle(): Promise<void> {
    return this.#host.applications.idle();
  }
}

function reportToStderr(error: unknown, what: string): void {
  process.stderr.write(`msgi: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
}
