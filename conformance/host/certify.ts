/** The library's way to judge a host: the application's end of MSGI/process. */
import { join } from 'node:path';
import { hostCatalogue } from '../cases/host/index.ts';
import type { Report } from '../result.ts';
import { DEFAULT_OPTIONS, type Listener, type RunOptions } from '../runner/events.ts';
import { randomSeed, type Selection, selectFrom } from '../selection.ts';
import { UsageError } from '../usage.ts';
import { PACKAGE_ROOT } from '../version.ts';
import { runHost } from './run.ts';

export interface CertifyHostOptions extends Partial<Omit<RunOptions, 'suites'>>, Omit<Selection, 'suites'> {
  /** The subject as the words of a command, for the `rerun` commands. */
  readonly argument?: string;
  readonly listeners?: readonly Listener[];
  /** Cuts the run short: the report then has the results so far. */
  readonly signal?: AbortSignal;
}

/** Cases under way at once where nobody says otherwise: each of them starts processes. */
export const HOST_JOBS = 3;

/** The module by which hosts in JavaScript are judged. */
const APPLICATION = join(PACKAGE_ROOT, 'dist', 'conformance', 'host', 'application.js');

/**
 * Judges the program that the words start as a host on descriptors 0 and 1, with the kit's application inside: `{application}`
 * is its module for JavaScript, `{package}` the folder of this package, `{node}` the program that runs the kit. Throws UsageError where
 * nothing is chosen, TargetError where the host does not start or does not greet.
 */
export async function certifyHost(argv: readonly string[], options: CertifyHostOptions = {}): Promise<Report> {
  const { listeners = [], signal, argument = '--host', ...rest } = options;
  const suites = ['host'];
  const cases = selectFrom({ host: hostCatalogue }, { ...rest, suites });
  const whole = { ...DEFAULT_OPTIONS, jobs: HOST_JOBS, seed: randomSeed(), ...rest, suites, argument };
  const report = await runHost(cases, { name: argv.join(' '), argv: argv.map(filled) }, whole, listeners, signal);
  for (const listener of listeners) listener.end?.(report);
  return report;
}

const VALUES: Readonly<Record<string, string>> = {
  application: APPLICATION,
  package: PACKAGE_ROOT,
  node: process.execPath,
};

/** Throws UsageError for a word in braces that is none of these. */
export function filled(word: string): string {
  return word.replace(/\{([a-z]+)\}/g, (whole, name: string) => {
    const value = VALUES[name];
    if (value !== undefined) return value;
    throw new UsageError(`--host knows no ${whole}: known are {application}, {package} and {node}`);
  });
}

/** The words of a command as a shell takes them apart: with quotes, without anything else. Throws UsageError. */
export function wordsOf(command: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s'"]+|'[^']*'|"[^"]*")+)\s*/gy;
  while (pattern.lastIndex < command.length) {
    const { lastIndex } = pattern;
    const word = pattern.exec(command)?.[1];
    if (word === undefined)
      throw new UsageError(`--host: there is no end of the quote in ${JSON.stringify(command.slice(lastIndex))}`);
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, other) => one ?? other));
  }
  if (words.length === 0) throw new UsageError('--host takes a command, such as "npx msgi process {application}"');
  return words;
}
