/** `msgi certify`: judge a target. */
import { Command, Option } from 'commander';
import type { CertifyProgramOptions } from '../application/certify.ts';
import type { CertifyOptions } from '../certify.ts';
import type { CertifyHostOptions } from '../host/certify.ts';
import { checkReportFile, writeReportFile } from '../report-file.ts';
import { FORMATS, type Format, json, type Output, reporter, terminalOf } from '../reporters/index.ts';
import { exitStatus, type Report } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { randomSeed, type Shard } from '../selection.ts';
import { UsageError } from '../usage.ts';
import { names, several, shard, shellWords, wholeNumber } from './arguments.ts';
import { type Program, type ProgramFlags, programOf, programWords, withProgramFlags } from './program-flags.ts';
import { type TargetFlags, targetOptions, targetWords, withTargetFlags } from './target-flags.ts';

const EXAMPLES = `
TARGET is the name of a bundled target (see msgi targets), a manifest file, or an address: http:// is cleartext HTTP/2
with prior knowledge, https:// is TLS.

With --app or --middleware the kit is the server: it hosts the module's default export in memory, plays sound and hostile
peers, and judges the program's half of the MSGI specification. Each --request names what is asked ('GET /path', 'POST
/path @file'); without any, what the module exports as certify.requests, or else GET, HEAD and POST of /.

With --host the kit is the server: it starts the command, speaks MSGI/process with it on descriptors 0 and 1, and judges the
application's end of the pipe. {application} is the kit's application for hosts in JavaScript; hosts/application.md says what
one in another language does.

Exit status: 0 all rules kept, 1 a rule broken (or a known failure that passes), 2 the kit could not do its work.

Examples:
  msgi certify                                           the reference server
  msgi certify http://127.0.0.1:8080                     a server that is already up
  msgi certify https://localhost:8443 --insecure --resource large=/big.bin --resource upload=/upload
  msgi certify nginx --case 'settings/*' --case rfc9113/6.9
  msgi certify my-server.json --format junit > report.xml
  msgi certify nginx --suite abuse                       attacks, bounded, and only on loopback addresses
  msgi certify nginx --report nginx.json --seed 7        the same order of cases as in the run with seed 7
  msgi certify --app examples/hello.js                   an application, without a server
  msgi certify --app app.js --request 'GET /events' --request 'POST /upload @photo.jpg'
  msgi certify --middleware compress.js                  a function that takes an application and gives one
  msgi certify --host 'npx msgi process {application}'   a host of MSGI/process`;

interface Flags extends TargetFlags, ProgramFlags {
  readonly suite?: readonly string[];
  readonly case?: readonly string[];
  readonly report?: string;
  readonly format: Format;
  readonly seed?: number;
  readonly jobs: number;
  readonly timeout: number;
  readonly repeat: number;
  readonly bail?: true;
  readonly strict?: true;
  readonly shard?: Shard;
  readonly iOwnThisServer?: true;
}

export function certifyCommand(settle: (status: number) => void): Command {
  const command = new Command('certify')
    .summary('judge a server, an application, middleware or a host: does it keep the rules?')
    .description(
      'Judge a server, or a program with --app, --middleware or --host: run the cases, show each rule broken and what shows it.',
    )
    .argument('[target]', 'whom to judge', 'reference')
    .option(
      '--suite <name,...>',
      'suites to run: http2, gateway, an area of gateway, process, legacy, all, abuse (default: what the target claims)',
      names,
    )
    .option('--case <pattern>', 'only these cases: a glob over their ids, or a requirement or section', several)
    .option('--report <file>', 'write the report as JSON')
    .addOption(new Option('--format <name>', 'what to print').choices(FORMATS).default('pretty'))
    .option('--seed <n>', 'order of the cases (default: random, and printed)', wholeNumber(0, 2 ** 31 - 1))
    .option('--jobs <n>', 'cases under way at once', wholeNumber(1), DEFAULT_OPTIONS.jobs)
    .option('--timeout <ms>', 'deadline of a case', wholeNumber(1, 2 ** 31 - 1), DEFAULT_OPTIONS.timeout)
    .option(
      '--repeat <n>',
      'run each case n times; verdicts that differ are flaky',
      wholeNumber(1),
      DEFAULT_OPTIONS.repeat,
    )
    .option('--bail', 'stop at the first failure')
    .option('--strict', 'weak verdicts fail the run, too')
    .option('--shard <i/n>', 'only the i-th of n shares of the cases', shard)
    .option('--i-own-this-server', 'lets the suite abuse attack a server that is not on a loopback address');
  return withProgramFlags(withTargetFlags(command))
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, flags: Flags, self: Command) => {
      const program = programOf(flags);
      if (program === null) settle(await run(target, flags));
      else if (program.kind === 'host') settle(await judgeHost(program.file, self, flags));
      else settle(await judgeProgram(program, self.args, flags));
    });
}

async function run(target: string, flags: Flags): Promise<number> {
  if (flags.report !== undefined) checkReportFile(flags.report);
  // A key takes its time, beside which the rest is loaded; an address has a certificate of its own.
  if (!target.includes('://')) void prepareCertificate();
  // The runner takes most of the time that this program needs to start: help and errors come without it.
  const { certify } = await import('../certify.ts');
  return interruptible(flags, signal => certify(target, { ...optionsOf(target, flags), signal }));
}

/** Who needs the certificate waits for it, and hears what went wrong. */
async function prepareCertificate(): Promise<void> {
  const { certificate } = await import('../targets/certificate.ts');
  await certificate('rsa').catch(() => {});
}

/** Throws UsageError for what is said about targets only. */
async function judgeProgram(
  { kind, file, requests }: Program,
  targets: readonly string[],
  flags: Flags,
): Promise<number> {
  if (targets.length > 0) throw new UsageError(`give a target or --${kind}, not both`);
  if (flags.suite !== undefined) throw new UsageError(`--suite goes with a target: --${kind} has a suite of its own`);
  if (flags.report !== undefined) checkReportFile(flags.report);
  const { certifyApplication, certifyMiddleware } = await import('../application/certify.ts');
  const certify = kind === 'app' ? certifyApplication : certifyMiddleware;
  const argument = shellWords(programWords(flags));
  const options: CertifyProgramOptions = { ...runOptionsOf('', flags), requests, argument };
  return interruptible(flags, signal => certify(file, { ...options, signal }));
}

/** Throws UsageError for what is said about targets only. */
async function judgeHost(command: string, self: Command, flags: Flags): Promise<number> {
  if (self.args.length > 0) throw new UsageError('give a target or --host, not both');
  if (flags.suite !== undefined) throw new UsageError('--suite goes with a target: --host has a suite of its own');
  if (flags.report !== undefined) checkReportFile(flags.report);
  const { certifyHost, HOST_JOBS, wordsOf } = await import('../host/certify.ts');
  const jobs = self.getOptionValueSource('jobs') === 'default' ? HOST_JOBS : flags.jobs;
  const argument = shellWords(programWords(flags));
  const options: CertifyHostOptions = { ...runOptionsOf('', flags), jobs, argument };
  return interruptible(flags, signal => certifyHost(wordsOf(command), { ...options, signal }));
}

/** The run, its report and its exit status; SIGINT and SIGTERM cut it short. */
async function interruptible(flags: Flags, work: (signal: AbortSignal) => Promise<Report>): Promise<number> {
  const interruption = onInterruption();
  try {
    const report = await work(interruption.signal);
    if (interruption.signal.aborted) tell(`interrupted after ${report.results.length} of ${report.selected} cases`);
    if (flags.report !== undefined) keep(flags.report, report);
    return interruption.signal.aborted ? 2 : statusOf(report, flags);
  } finally {
    interruption.forget();
  }
}

/** A run that stopped at its first failure, as it was told to, is no run that was cut short. */
function statusOf({ results, selected }: Report, { bail, strict }: Flags): number {
  return exitStatus(results, bail ? results.length : selected, strict);
}

function optionsOf(target: string, flags: Flags): CertifyOptions {
  const { suite: suites, iOwnThisServer: ownServer = false } = flags;
  const chosen = suites === undefined ? {} : { suites };
  return { ...runOptionsOf(target, flags), ...chosen, ...targetOptions(flags), ownServer };
}

/** What is the same for targets and programs. */
function runOptionsOf(
  target: string,
  flags: Flags,
): Omit<CertifyProgramOptions, 'requests'> & { readonly seed: number } {
  const { case: cases, shard } = flags;
  return {
    seed: flags.seed ?? randomSeed(),
    jobs: flags.jobs,
    timeout: flags.timeout,
    repeat: flags.repeat,
    bail: flags.bail ?? false,
    listeners: [listener(target, flags, process.stdout)],
    ...(cases === undefined ? {} : { cases }),
    ...(shard === undefined ? {} : { shard }),
  };
}

function listener(target: string, flags: Flags, out: Output): ReturnType<typeof reporter> {
  const terminal = terminalOf(out, process.env);
  return reporter(flags.format, out, { terminal, strict: flags.strict ?? false, command: commandOf(target, flags) });
}

/** The command that makes the same run again, but for its seed: whatever changes what is run or how. */
function commandOf(target: string, flags: Flags): string {
  const number = (name: 'jobs' | 'timeout' | 'repeat'): readonly string[] =>
    flags[name] === DEFAULT_OPTIONS[name] ? [] : [`--${name}`, `${flags[name]}`];
  return shellWords([
    ...['npx', 'msgi', 'certify'],
    ...(target === '' ? [] : [target]),
    ...programWords(flags),
    ...(flags.suite === undefined ? [] : ['--suite', flags.suite.join(',')]),
    ...(flags.case ?? []).flatMap(pattern => ['--case', pattern]),
    ...number('jobs'),
    ...number('timeout'),
    ...number('repeat'),
    ...(['bail', 'strict'] as const).flatMap(name => (flags[name] ? [`--${name}`] : [])),
    ...(flags.shard === undefined ? [] : ['--shard', `${flags.shard.index}/${flags.shard.of}`]),
    ...(flags.iOwnThisServer ? ['--i-own-this-server'] : []),
    ...targetWords(flags),
  ]);
}

function keep(file: string, report: Report): void {
  writeReportFile(file, json(report));
  tell(`the report is in ${file}`);
}

function tell(sentence: string): void {
  process.stderr.write(`msgi: ${sentence}\n`);
}

/** The first SIGINT or SIGTERM cuts the run short; the second ends the command. */
function onInterruption(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const forget = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(2);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { signal: controller.signal, forget };
}
