/** `msgi targets`: the targets that come with the kit. */
import { Command } from 'commander';
import type { BundledTarget } from '../targets/index.ts';

const AFTER = `
A target of your own is a manifest file: how to start the server, where it listens, what it serves. Those of the bundled
targets, conformance/targets/NAME/manifest.json, are examples. A server that is already up needs none: give its address.`;

export function targetsCommand(): Command {
  return new Command('targets')
    .summary('list the bundled targets')
    .description('List the targets that come with the kit, and whether this machine has what they need.')
    .addHelpText('after', AFTER)
    .action(async () => {
      const { bundledTargets } = await import('../targets/index.ts');
      process.stdout.write(table(bundledTargets()));
    });
}

function table(targets: readonly BundledTarget[]): string {
  const width = Math.max(...targets.map(({ name }) => name.length));
  return targets
    .map(({ name, description, installed }) => {
      const state = installed ? 'installed    ' : 'not installed';
      return `${name.padEnd(width)}  ${state}  ${description}\n`;
    })
    .join('');
}
