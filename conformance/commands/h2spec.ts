/** `msgi h2spec`: the external h2spec beside the kit. */
import { Command, Option } from 'commander';
import type { Report } from '../result.ts';
import { type TargetFlags, targetOptions, withTargetFlags } from './target-flags.ts';

const EXAMPLES = `
Rules that both judge are compared; where they disagree, what each of them saw is shown. h2spec (of 2022) judges by
RFC 7540, so that the kit is not wrong where they differ: see msgi explain RULE.

h2spec is found by the environment variable H2SPEC, on PATH, or where Go installs commands:
  go install github.com/summerwind/h2spec/cmd/h2spec@latest

Exit status: 0 both did their work, whatever they found; 2 one of them could not.

Examples:
  msgi h2spec nginx
  msgi h2spec http://127.0.0.1:8080 --format json`;

interface Flags extends TargetFlags {
  readonly format: 'pretty' | 'json';
}

export function h2specCommand(settle: (status: number) => void): Command {
  const command = new Command('h2spec')
    .summary('run the external h2spec beside the kit and compare the verdicts')
    .description('Run h2spec and the kit against the same target and compare their verdicts, rule by rule.')
    .argument('<target>', 'name of a bundled target, a manifest file, or an address')
    .addOption(new Option('--format <name>', 'what to print').choices(['pretty', 'json']).default('pretty'));
  return withTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, flags: Flags) => settle(await sideBySide(target, flags)));
}

async function sideBySide(target: string, flags: Flags): Promise<number> {
  const [{ certify }, { openTarget }, { compare, findH2spec, formatComparison, runH2spec }] = await Promise.all([
    import('../certify.ts'),
    import('../targets/index.ts'),
    import('../h2spec/index.ts'),
  ]);
  findH2spec();
  const options = targetOptions(flags);
  tell('the kit runs ...');
  const report = await certify(target, options);
  const opened = await openTarget(target, options);
  try {
    tell('h2spec runs, which can take minutes ...');
    const comparison = compare(await runH2spec(opened), report.results);
    process.stdout.write(
      flags.format === 'json' ? `${JSON.stringify(comparison, null, 2)}\n` : formatComparison(comparison),
    );
    return isWhole(report) ? 0 : 2;
  } finally {
    await opened.stop();
  }
}

function isWhole({ results, selected }: Report): boolean {
  return results.length === selected && results.every(({ verdict }) => verdict !== 'error');
}

function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
