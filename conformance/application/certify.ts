/** The library's way to judge an application, or middleware. */
import { applicationCatalogue } from '../cases/application/index.ts';
import { middlewareCatalogue } from '../cases/middleware/index.ts';
import type { Report } from '../result.ts';
import { DEFAULT_OPTIONS, type Listener, type RunOptions } from '../runner/events.ts';
import { randomSeed, type Selection, selectFrom } from '../selection.ts';
import type { Wish } from './requests.ts';
import { runProgram } from './run.ts';

export interface CertifyProgramOptions extends Partial<Omit<RunOptions, 'suites'>>, Omit<Selection, 'suites'> {
  /** What the application is asked; by default what its module exports as `certify.requests`, or GET, HEAD and POST of "/". */
  readonly requests?: readonly Wish[];
  /** The subject as the words of a command, for the `rerun` commands. */
  readonly argument?: string;
  readonly listeners?: readonly Listener[];
  /** Cuts the run short: the report then has the results so far. */
  readonly signal?: AbortSignal;
}

/**
 * Judges the application that the module exports by default. Throws UsageError where nothing is chosen or a request is none,
 * TargetError where the application cannot be loaded.
 */
export function certifyApplication(file: string, options: CertifyProgramOptions = {}): Promise<Report> {
  return judge('app', file, options);
}

/** Judges the middleware that the module exports as `middleware`, or by default. Throws as certifyApplication does. */
export function certifyMiddleware(file: string, options: CertifyProgramOptions = {}): Promise<Report> {
  return judge('middleware', file, options);
}

async function judge(kind: 'app' | 'middleware', file: string, options: CertifyProgramOptions): Promise<Report> {
  const { requests = [], listeners = [], signal, argument = `--${kind} ${file}`, ...rest } = options;
  const suites = [kind === 'app' ? 'application' : 'middleware'];
  const from = { application: applicationCatalogue, middleware: middlewareCatalogue };
  const cases = selectFrom(from, { ...rest, suites });
  const whole = { ...DEFAULT_OPTIONS, seed: randomSeed(), ...rest, suites, wishes: requests, argument };
  const report = await runProgram(cases, kind, { file }, whole, listeners, signal);
  for (const listener of listeners) listener.end?.(report);
  return report;
}
