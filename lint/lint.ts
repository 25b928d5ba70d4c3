/** `lint`: stands between any server and any application. */
import type { App, Awaitable, Exchange } from '../spec/msgi.ts';
import { LintExchange } from './exchange.ts';
import { isThenable, Judge, type Report } from './judge.ts';
import type { LintError } from './lint-error.ts';

export interface LintOptions {
  /**
   * Is told of each finding, at the moment of it; it must not throw. By default a finding is thrown where nobody catches it,
   * in a microtask of its own: it is an assertion that has failed, and the call that was wrong goes on as without the checker.
   * In Node that is an "uncaughtException", which ends the process unless there is a handler.
   */
  readonly report?: Report;
  /**
   * Watches over memory too: chunks that are changed after they were handed over (MSGI-DATA-5), and field lists that are
   * read after their call (MSGI-FIELD-12). Costs a pass over the content; false by default.
   */
  readonly checksum?: boolean;
}

/**
 * The application, and beside it a judge of both sides. It changes nothing that passes: arguments, results, errors and
 * their moments are those of the application and the server. Put it next to the server, below all middleware: what stands
 * on the far side of it counts as the server.
 */
export function lint(app: App, options: LintOptions = {}): App {
  const { report = raise, checksum = false } = options;
  const wrap = (inner: App): App => lint(inner, options);
  return exchange => {
    const { method, target } = exchange.request;
    const judge = new Judge(report, `exchange ${exchange.id}, ${method} ${JSON.stringify(target)}`);
    if (!judgeMembers(judge, exchange)) return app(exchange);
    return run(app, new LintExchange(exchange, judge, checksum, wrap));
  };
}

function run(app: App, face: LintExchange): Awaitable<void> {
  let result: Awaitable<void>;
  try {
    result = app(face);
  } catch (error) {
    face.settled('the application has thrown');
    throw error;
  }
  if (isThenable(result)) {
    result.then(
      () => face.settled('the application has settled'),
      () => face.settled('the application has rejected'),
    );
  } else face.settled('the application has returned');
  return result;
}

function raise(error: LintError): void {
  queueMicrotask(() => {
    throw error;
  });
}

const MEMBERS = Object.keys({
  id: 0,
  request: 0,
  connection: 0,
  caps: 0,
  body: 0,
  state: 0,
  pushed: 0,
  priority: 0,
  signal: 0,
  locals: 0,
  inform: 0,
  respond: 0,
  start: 0,
  push: 0,
  prioritize: 0,
  deadline: 0,
  reset: 0,
  watch: 0,
} satisfies Record<keyof Exchange, 0>);

/** An exchange that lacks a member is not looked at any further. */
function judgeMembers(judge: Judge, exchange: Exchange): boolean {
  for (const member of MEMBERS) {
    if (member in exchange) continue;
    judge.server('MSGI-MODEL-1', `the exchange has no member ${member}`);
    return false;
  }
  return true;
}
