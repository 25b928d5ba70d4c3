/** The command line of the kit: every command but `serve`, which is the reference server's own. */
import { Command, CommanderError } from 'commander';
import { certifyCommand } from './commands/certify.ts';
import { explainCommand } from './commands/explain.ts';
import { h2specCommand } from './commands/h2spec.ts';
import { listCommand } from './commands/list.ts';
import { targetsCommand } from './commands/targets.ts';
import { KitError } from './outcome.ts';
import { TargetError } from './targets/target.ts';
import { Interrupted, UsageError } from './usage.ts';
import { VERSION } from './version.ts';

/** A command that is run elsewhere, for the list of commands. */
export interface Neighbour {
  readonly name: string;
  readonly summary: string;
}

/** Runs the command and gives the exit status; `argv` begins behind the name of the program. */
export async function main(argv: readonly string[], neighbours: readonly Neighbour[] = []): Promise<number> {
  let status = 0;
  const program = build(settled => {
    status = settled;
  }, neighbours);
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    return failed(error);
  }
}

function build(settle: (status: number) => void, neighbours: readonly Neighbour[]): Command {
  const program = new Command('msgi')
    .description('MSGI: a conformance kit for HTTP/2 servers, and a reference server.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ helpWidth: 120 })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'msgi: ')) })
    .addHelpText(
      'after',
      '\nmsgi COMMAND --help explains a command. MSGI_DEBUG=1 shows where in the code an error comes from.',
    )
    .exitOverride();
  for (const { name, summary } of neighbours) program.command(name).summary(summary).helpOption(false);
  for (const command of [
    certifyCommand(settle),
    listCommand(),
    explainCommand(),
    targetsCommand(),
    h2specCommand(settle),
  ]) {
    program.addCommand(
      command.copyInheritedSettings(program).showHelpAfterError(`(msgi ${command.name()} --help shows what it takes)`),
    );
  }
  return program;
}

/** Commander has told its errors itself; help and version are none. */
function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const told = error instanceof UsageError || error instanceof TargetError || error instanceof Interrupted;
  const message = error instanceof Error ? error.message : String(error);
  const blame = told
    ? ''
    : error instanceof KitError
      ? 'the kit: '
      : 'a defect of the kit (MSGI_DEBUG=1 shows where): ';
  process.stderr.write(`msgi: ${blame}${message}\n`);
  if (process.env['MSGI_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 2;
}
