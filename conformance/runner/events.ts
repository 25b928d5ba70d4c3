/** What a run tells while it goes on, and what can be asked of it. */
import type { Report, Result, SubjectFacts } from '../result.ts';

export interface RunOptions {
  /** Order of the cases; the same seed gives the same order. */
  readonly seed: number;
  /** Cases under way at once. */
  readonly jobs: number;
  /** Deadline of one case in milliseconds. */
  readonly timeout: number;
  /** Stop at the first result that fails the run. */
  readonly bail: boolean;
  /** Tries of every case; verdicts that differ between them become `flaky`. */
  readonly repeat: number;
  /** Names of the suites chosen, for the report. */
  readonly suites: readonly string[];
}

export const DEFAULT_OPTIONS: RunOptions = {
  seed: 0,
  jobs: 8,
  timeout: 5000,
  bail: false,
  repeat: 1,
  suites: ['http2'],
};

/** Called as the run goes on; a reporter is one of these. */
export interface Listener {
  start?(facts: SubjectFacts, selected: number, seed: number): void;
  result?(result: Result, done: number, selected: number): void;
  /** A result given before turns out worse: a violation seen elsewhere, a frame that came late, a crash. */
  revised?(result: Result): void;
  end?(report: Report): void;
}
