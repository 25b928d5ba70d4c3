/** A run from its beginning to its end: the cases chosen, the target opened, run against, and stopped. */
import { setTimeout as delay } from 'node:timers/promises';
import { REGISTRY_VERSION } from '../spec/registry/index.ts';
import type { Case } from './case.ts';
import type { Report, Result } from './result.ts';
import { DEFAULT_OPTIONS, type Listener, type RunOptions } from './runner/events.ts';
import { run } from './runner/run.ts';
import { randomSeed, type Selection, select, usualSuites } from './selection.ts';
import { openTarget, type TargetOptions } from './targets/index.ts';
import type { Target } from './targets/target.ts';
import { Interrupted } from './usage.ts';
import { kitFacts } from './version.ts';

export interface CertifyOptions extends Partial<RunOptions>, Omit<Selection, 'suites'>, TargetOptions {
  readonly listeners?: readonly Listener[];
  /** The server is the caller's: cases of abuse may leave this machine's loopback, which they else do not. */
  readonly ownServer?: boolean;
  /** Cuts the run short: the report then has the results so far. */
  readonly signal?: AbortSignal;
}

/** Milliseconds that cases under way have to finish once the run is cut short. */
const LAST_CASES_MS = 1000;

/**
 * Judges a target: a bundled one's name, a manifest file, or an address. Throws UsageError where nothing is chosen,
 * TargetError where the subject cannot be judged at all, Interrupted where the signal came first.
 */
export async function certify(target: string, options: CertifyOptions = {}): Promise<Report> {
  const abuses = select(options).some(({ abuse }) => abuse !== undefined);
  const loopbackOnly = abuses && options.ownServer !== true;
  const opened = await unlessAborted(openTarget(target, { ...options, loopbackOnly }), options.signal);
  try {
    const { claims } = opened.facts;
    const suites = options.suites ?? usualSuites(options.cases ?? [], claims);
    const report = await runOrCut(select(options, claims), opened, { ...options, suites });
    for (const listener of options.listeners ?? []) listener.end?.(report);
    return report;
  } finally {
    await opened.stop();
  }
}

/** The run, or what there is of it a moment after it was aborted. */
async function runOrCut(cases: readonly Case[], target: Target, options: CertifyOptions): Promise<Report> {
  const { listeners = [], signal } = options;
  const runOptions: RunOptions = { ...DEFAULT_OPTIONS, seed: options.seed ?? randomSeed(), ...options };
  const started = new Date();
  const results = new Map<string, Result>();
  const collector: Listener = { result: result => void results.set(result.id, result) };
  let over = false;
  const live = listeners.map(listener => whileRunning(listener, () => !over));
  const running = run(cases, target, runOptions, [collector, ...live], signal);
  const cut = async (): Promise<Report> => {
    await aborted(signal);
    await delay(LAST_CASES_MS, undefined, { ref: false });
    return partial(cases, target, runOptions, started, results);
  };
  running.catch(() => undefined);
  try {
    return await Promise.race([running, cut()]);
  } finally {
    over = true;
  }
}

/** What cases still under way find once the run is cut short is told to nobody; the end is told by `certify`. */
function whileRunning(listener: Listener, isRunning: () => boolean): Listener {
  return {
    start: (facts, selected, seed) => listener.start?.(facts, selected, seed),
    result: (result, done, selected) => {
      if (isRunning()) listener.result?.(result, done, selected);
    },
    revised: result => {
      if (isRunning()) listener.revised?.(result);
    },
  };
}

function partial(
  cases: readonly Case[],
  target: Target,
  { seed, suites }: RunOptions,
  started: Date,
  results: ReadonlyMap<string, Result>,
): Report {
  return {
    subject: target.facts,
    kit: kitFacts(),
    registry: { version: REGISTRY_VERSION },
    seed,
    suites,
    started: started.toISOString(),
    ms: Date.now() - started.getTime(),
    selected: cases.length,
    results: cases.flatMap(({ id }) => results.get(id) ?? []),
  };
}

/** Never settles without a signal, or while it is not aborted. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A target that comes up after all is stopped again. */
async function unlessAborted(opening: Promise<Target>, signal: AbortSignal | undefined): Promise<Target> {
  let late = false;
  opening.then(
    target => (late ? target.stop() : undefined),
    () => undefined,
  );
  const interruption = aborted(signal).then((): never => {
    late = true;
    throw new Interrupted();
  });
  return await Promise.race([opening, interruption]);
}
