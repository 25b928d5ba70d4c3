/**
 * The run of an application or of middleware: each case in a process of its own, several at once; verdicts that rest on a
 * time limit are made again alone, on an otherwise idle machine.
 */
import { basename, resolve } from 'node:path';
import { REGISTRY_VERSION } from '../../spec/registry/index.ts';
import type { Report, SubjectFacts } from '../result.ts';
import type { Attempt } from '../runner/attempt.ts';
import type { Listener, RunOptions } from '../runner/events.ts';
import { Results } from '../runner/results.ts';
import { shuffle } from '../runner/shuffle.ts';
import { TargetError } from '../targets/target.ts';
import { kitFacts } from '../version.ts';
import type { ApplicationCase } from './case.ts';
import type { Job, Kind } from './job.ts';
import { type Lived, live } from './process.ts';
import type { Wish } from './requests.ts';
import type { Known } from './stage.ts';

/** The least number of milliseconds that is "soon", and how many usual answers are (KIT rule 1). */
const SOON_MS = 1000;
const SOON_ANSWERS = 20;

export interface ProgramOptions extends RunOptions {
  readonly wishes: readonly Wish[];
  /** The same as the words of a command. */
  readonly argument: string;
}

type Subject = Job['subject'];

/** Runs the cases and gives the report. Throws TargetError where the program cannot be loaded or answers nothing. */
export async function runProgram(
  cases: readonly ApplicationCase[],
  kind: Kind,
  subject: Subject,
  options: ProgramOptions,
  listeners: readonly Listener[],
  signal?: AbortSignal,
): Promise<Report> {
  const started = new Date();
  const facts = factsOf(kind, subject);
  const runner = new Runner(kind, subject, options, signal);
  await runner.look();
  const told = { expect: {}, races: {}, argument: options.argument };
  const results = new Results(told, options, listeners, cases.length);
  for (const listener of listeners) listener.start?.(facts, cases.length, options.seed);
  await runner.all(cases, results);
  return {
    subject: facts,
    kit: kitFacts(),
    registry: { version: REGISTRY_VERSION },
    seed: options.seed,
    suites: options.suites,
    started: started.toISOString(),
    ms: Date.now() - started.getTime(),
    selected: cases.length,
    results: results.finish(cases),
  };
}

function factsOf(kind: Kind, subject: Subject): SubjectFacts {
  const file = 'file' in subject ? subject.file : subject.fault;
  return { name: basename(file), version: '', address: file, claims: [kind === 'app' ? 'application' : 'middleware'] };
}

export class Runner {
  readonly #kind: Kind;
  readonly #subject: Subject;
  readonly #options: Pick<ProgramOptions, 'wishes' | 'timeout' | 'jobs' | 'repeat' | 'seed' | 'bail'>;
  readonly #signal: AbortSignal | undefined;
  #known: readonly Known[] = [];

  constructor(kind: Kind, subject: Subject, options: ProgramOptions, signal?: AbortSignal) {
    this.#kind = kind;
    this.#subject = 'file' in subject ? { file: resolve(subject.file) } : subject;
    this.#options = options;
    this.#signal = signal;
  }

  /** Each request once, to know what is usual. Throws TargetError. */
  async look(): Promise<void> {
    const { answer, how, silent, output } = await this.#live(null);
    if (answer?.type === 'known') {
      this.#known = answer.known;
      return;
    }
    if (this.#signal?.aborted) return;
    const why = silent
      ? 'it does not give the event loop back'
      : answer?.type === 'unusable'
        ? answer.why
        : `its process ended (${how}) at the first requests`;
    const name = 'file' in this.#subject ? this.#subject.file : this.#subject.fault;
    throw new TargetError(`${name}: ${why}${output.trim() === '' ? '' : `\n${output.trimEnd()}`}`);
  }

  async all(cases: readonly ApplicationCase[], results: Results): Promise<void> {
    const order = [...shuffle(cases, this.#options.seed)];
    const again: ApplicationCase[] = [];
    const isOver = (): boolean => this.#signal?.aborted === true || (this.#options.bail && results.failed);
    const worker = async (): Promise<void> => {
      for (let body = order.shift(); body !== undefined && !isOver(); body = order.shift()) {
        const attempts = await this.#attempts(body);
        if (attempts.some(({ limited }) => limited) && this.#options.jobs > 1) again.push(body);
        else if (!isOver()) record(results, body, attempts);
      }
    };
    await Promise.all(Array.from({ length: this.#options.jobs }, worker));
    for (const body of again) {
      const attempts = isOver() ? [] : await this.#attempts(body);
      if (!isOver()) record(results, body, attempts);
    }
  }

  async #attempts(body: ApplicationCase): Promise<readonly Told[]> {
    const attempts: Told[] = [];
    for (let i = 0; i < this.#options.repeat; i += 1) attempts.push(await this.attempt(body));
    return attempts;
  }

  /** One try of one case. */
  async attempt(body: ApplicationCase): Promise<Told> {
    const start = performance.now();
    const lived = await this.#live(body.id);
    return { ...attemptOf(body, lived, this.#options.timeout), ms: performance.now() - start };
  }

  #live(caseId: string | null): Promise<Lived> {
    const { timeout, wishes } = this.#options;
    const slowest = Math.max(0, ...this.#known.filter(({ endless }) => !endless).map(({ ms }) => ms));
    const settle = Math.min(Math.max(SOON_MS, SOON_ANSWERS * slowest), Math.max(SOON_MS, timeout));
    const limits = { answer: Math.round(0.6 * timeout), settle: Math.round(settle) };
    const job = { kind: this.#kind, subject: this.#subject, wishes, caseId, known: this.#known, limits };
    return live(job, timeout, this.#signal);
  }
}

export interface Told extends Attempt {
  /** What the process printed, where it ended under the case. */
  readonly output?: string;
}

function record(results: Results, body: ApplicationCase, attempts: readonly Told[]): void {
  results.record(body, attempts, attempts.find(({ output }) => output !== undefined)?.output);
}

/** What a process leaves behind, as the try of a case. */
function attemptOf(body: ApplicationCase, { transcript, answer, how, silent, output }: Lived, timeout: number): Told {
  const empty = { transcript, record: () => transcript, raced: false, cut: false, parked: [], reactions: 0 } as const;
  if (answer?.type === 'ended') {
    const { limited, ...ending } = answer.ending;
    const isLimited = limited && (ending.verdict === 'fail' || ending.verdict === 'weak');
    return { ...empty, ...ending, ...(isLimited ? { limited: true } : {}) };
  }
  const base = { ...empty, expected: body.title, findings: [], controls: 0, ms: 0 };
  if (answer !== null)
    return { ...base, verdict: 'error', reason: 'kit', seen: answer.type === 'unusable' ? answer.why : 'no ending' };
  if (silent) {
    const seen = `the application does not give the event loop back: nothing for ${timeout} ms`;
    return { ...base, verdict: 'fail', reason: 'deadline', limited: true, seen, output };
  }
  return { ...base, verdict: 'crash', seen: `the process of the application ended (${how}) under this case`, output };
}
