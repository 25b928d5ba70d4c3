/** `npm run prove`: every proof a line, and the defects counted. Exits with 1 when there is one, and with 2 when asked amiss. */
import { parseArgs } from 'node:util';
import { provePrograms } from './application/prove.ts';
import { applicationFaults } from './faults/applications/index.ts';
import { hostFaults } from './faults/host/index.ts';
import { faults } from './faults/index.ts';
import { proveHosts } from './host/prove.ts';
import { type Proof, type ProveOptions, prove } from './prove.ts';
import { TargetError } from './targets/target.ts';
import { UsageError } from './usage.ts';

const USAGE = `usage: npm run prove -- [options]

Runs every case against the sound server, which must pass it, and against each of its faults, which must fail it for the
reason that the fault names.

  --only PREFIX   only the cases whose id begins so, such as ping/ or flow/credit
  --target NAME   the sound server (default: reference)
  --jobs N        cases under way at a time (default: 8)
  --timeout MS    milliseconds that one case may take (default: 5000)
  --matrix        every fault against every case as well: counts what each one fails (takes long)
  --help          this text
`;

const OPTIONS = {
  only: { type: 'string', default: '' },
  target: { type: 'string', default: 'reference' },
  matrix: { type: 'boolean', default: false },
  timeout: { type: 'string', default: '5000' },
  jobs: { type: 'string', default: '8' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Null where the text of help is asked for. Throws UsageError. */
function optionsOf(words: readonly string[]): ProveOptions | null {
  const values = valuesOf(words);
  if (values.help) return null;
  const { only, target, matrix } = values;
  return { only, target, matrix, timeout: count('timeout', values.timeout), jobs: count('jobs', values.jobs) };
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} takes a whole number of 1 or more, not '${text}'`);
}

async function proveAll(options: ProveOptions): Promise<number> {
  const told = (proof: Proof): void => void process.stdout.write(`${row(proof)}\n`);
  const proofs = [...(await prove(options, told))];
  const keep = (proof: Proof): void => {
    proofs.push(proof);
    told(proof);
  };
  await provePrograms(options, keep);
  await proveHosts(options, keep);
  const defects = proofs.filter(({ defect }) => defect !== null);
  const cases = new Set(proofs.filter(({ fault }) => fault !== null).map(({ caseId }) => caseId));
  if (cases.size === 0) throw new UsageError(`no case begins with '${options.only}': msgi list --cases names them`);
  process.stdout.write(
    `\n${cases.size} cases against ${faults.length + applicationFaults.length + hostFaults.length} faults, the sound server, the sound programs and the sound host: ${defects.length} defects\n`,
  );
  return defects.length === 0 ? 0 : 1;
}

function row({ caseId, fault, verdict, seen, defect }: Proof): string {
  const mark = defect === null ? 'ok ' : 'BAD';
  const what = defect === null ? seen : `${defect}: ${seen}`;
  return `${mark} ${caseId.padEnd(52)} ${(fault ?? 'sound server').padEnd(48)} ${verdict.padEnd(6)} ${what.slice(0, 160)}`;
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else process.exitCode = await proveAll(options);
} catch (error) {
  // What the sound server lacks, and what the user asked amiss; anything else is a bug and keeps its stack.
  if (!(error instanceof TargetError || error instanceof UsageError)) throw error;
  process.stderr.write(`prove: ${error.message}\n`);
  process.exitCode = 2;
}
