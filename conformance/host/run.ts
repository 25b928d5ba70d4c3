/**
 * The run of a host: each worker has one process that its cases share, one behind the other; cases that end their host, or want
 * it otherwise, have a process of their own. Verdicts that rest on a time limit are made again alone.
 */
import { REGISTRY_VERSION } from '../../spec/registry/index.ts';
import { Transcript } from '../peer/transcript.ts';
import type { Deviation } from '../process/filters.ts';
import type { Report, SubjectFacts } from '../result.ts';
import type { Listener, RunOptions } from '../runner/events.ts';
import { Results } from '../runner/results.ts';
import { shuffle } from '../runner/shuffle.ts';
import { TargetError } from '../targets/target.ts';
import { kitFacts } from '../version.ts';
import { attempt, type Told } from './attempt.ts';
import type { HostCase } from './case.ts';
import { HostInstance } from './instance.ts';
import { PRINTED, PRINTS } from './messages.ts';

/** Milliseconds in which a host has loaded and is greeted: a busy machine takes long for that. */
const LOAD_MS = 30_000;

export interface HostOptions extends RunOptions {
  /** The same as the words of a command. */
  readonly argument: string;
}

/** Which host is judged, and what is wrong with it on purpose. */
export interface Subject {
  /** As reports have it. */
  readonly name?: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly deviation?: Deviation | null;
}

/** Runs the cases and gives the report. Throws TargetError where the host cannot be started, or does not greet. */
export async function runHost(
  cases: readonly HostCase[],
  subject: Subject,
  options: HostOptions,
  listeners: readonly Listener[],
  signal?: AbortSignal,
): Promise<Report> {
  const started = new Date();
  const facts: SubjectFacts = {
    name: subject.name ?? subject.argv.join(' '),
    version: '',
    address: subject.argv.join(' '),
    claims: ['host'],
  };
  const told = { expect: {}, races: {}, argument: options.argument };
  const results = new Results(told, options, listeners, cases.length);
  await new Workplace(subject, options.timeout).look();
  for (const listener of listeners) listener.start?.(facts, cases.length, options.seed);
  await all(cases, subject, options, results, signal);
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

async function all(
  cases: readonly HostCase[],
  subject: Subject,
  { seed, bail, jobs, repeat, timeout }: HostOptions,
  results: Results,
  signal?: AbortSignal,
): Promise<void> {
  const order = [...shuffle(cases, seed)];
  const again: HostCase[] = [];
  const isOver = (): boolean => signal?.aborted === true || (bail && results.failed);
  const record = (body: HostCase, attempts: readonly Told[]): void =>
    results.record(body, attempts, attempts.find(({ output }) => output !== undefined)?.output);
  const worker = async (alone: boolean): Promise<void> => {
    const queue = alone ? again : order;
    const place = new Workplace(subject, timeout);
    try {
      for (let body = queue.shift(); body !== undefined && !isOver(); body = queue.shift()) {
        const attempts = await place.attempts(body, repeat);
        if (!alone && jobs > 1 && attempts.some(({ limited }) => limited)) again.push(body);
        else if (!isOver()) record(body, attempts);
      }
    } finally {
      await place.leave();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, cases.length) }, () => worker(false)));
  await worker(true);
}

/** One worker: it keeps its host as long as nothing was wrong with it. */
export class Workplace {
  readonly #subject: Subject;
  readonly #timeout: number;
  #instance: HostInstance | null = null;

  /** `timeout`: of a case, milliseconds. */
  constructor(subject: Subject, timeout: number) {
    this.#subject = subject;
    this.#timeout = timeout;
  }

  /** The host greets at all. Throws TargetError. */
  async look(): Promise<void> {
    const { argv } = this.#subject;
    const instance = await this.#start({});
    try {
      instance.attend(new Transcript(), AbortSignal.timeout(LOAD_MS));
      await instance.greet();
    } catch (error) {
      const printed = instance.printed.trim() === '' ? '' : `\n${instance.printed.trimEnd()}`;
      const how = instance.exit === null ? '' : ` (it has ended: ${instance.exit})`;
      throw new TargetError(`${argv.join(' ')}: ${(error as Error).message}${how}${printed}`);
    } finally {
      await instance.stop();
    }
  }

  async attempts(body: HostCase, repeat: number): Promise<readonly Told[]> {
    const attempts: Told[] = [];
    for (let i = 0; i < repeat; i += 1) attempts.push(await this.attempt(body));
    return attempts;
  }

  /** One try of one case. */
  async attempt(body: HostCase): Promise<Told> {
    const own = body.alone !== undefined;
    const instance = (own ? null : this.#instance) ?? (await this.#begin(body));
    if (instance === this.#instance) this.#instance = null;
    const told = await attempt(body, instance, this.#timeout);
    const sound = told.verdict === 'pass' && told.findings.length === 0 && instance.exit === null;
    if (own || !sound) await instance.stop();
    else this.#instance = instance;
    return told;
  }

  async leave(): Promise<void> {
    await this.#instance?.stop();
    this.#instance = null;
  }

  async #begin({ alone = {} }: HostCase): Promise<HostInstance> {
    const instance = await this.#start(alone.prints === true ? { [PRINTS]: PRINTED } : {});
    if (alone.greets === true) return instance;
    try {
      instance.attend(new Transcript(), AbortSignal.timeout(LOAD_MS));
      await instance.greet();
    } catch {
      // The case finds out, and tells it as its own.
    }
    return instance;
  }

  #start(env: Readonly<Record<string, string>>): Promise<HostInstance> {
    const { argv, env: own = {}, deviation = null } = this.#subject;
    return HostInstance.start({ argv, env: { ...own, ...env }, deviation });
  }
}
