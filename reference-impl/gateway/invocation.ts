/** Runs the application on one exchange, and answers for it where it does not (MSGI-LIFE-13 to MSGI-LIFE-15). */
import type { App, Awaitable } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';
import { ServerExchange } from './exchange.ts';
import type { Host } from './gateway.ts';
import { type Handling, NO_FIELDS } from './handling.ts';

/** What hosts an application, of whatever a server's connections share. */
export type Hosting = Pick<Host, 'app' | 'applications' | 'report'>;

export function invoke(host: Hosting, handling: Handling, app: App = host.app): void {
  let result: Awaitable<void>;
  try {
    result = app(new ServerExchange(handling));
  } catch (error) {
    threw(host, handling, error);
    return;
  }
  if (result === undefined) fulfilled(host, handling);
  else follow(host, handling, result);
}

/** The promise of an application that runs. */
export function follow(host: Hosting, handling: Handling, result: PromiseLike<void>): void {
  host.applications.follow(
    result,
    () => fulfilled(host, handling),
    error => threw(host, handling, error),
  );
}

function fulfilled(host: Hosting, handling: Handling): void {
  if (handling.phase === 'idle') unanswered(host, handling, new Error('no response: the application returned'));
  else if (handling.phase === 'open') unended(host, handling, new Error('not ended: the application returned'));
  handling.settle();
}

function threw(host: Hosting, handling: Handling, error: unknown): void {
  if (handling.phase === 'idle') unanswered(host, handling, error);
  else if (handling.phase === 'open') unended(host, handling, error);
  else if (!handling.owns(error)) reportFailure(host, error, handling);
  handling.settle();
}

function unanswered(host: Hosting, handling: Handling, error: unknown): void {
  reportFailure(host, error, handling);
  handling.respond(500, NO_FIELDS, undefined);
}

function unended(host: Hosting, handling: Handling, error: unknown): void {
  reportFailure(host, error, handling);
  handling.fail(ERROR_CODE.INTERNAL_ERROR, 'app', 'the application has failed');
}

export function reportFailure(host: Hosting, error: unknown, handling: Handling): void {
  host.report(error, `${handling.head.method} on stream ${handling.id}`);
}
