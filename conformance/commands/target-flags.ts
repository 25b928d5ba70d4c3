/** Flags that say more about a target, the same for every command that has one. */
import type { Command } from 'commander';
import type { TargetOptions } from '../targets/index.ts';
import { resource, several } from './arguments.ts';

export interface TargetFlags {
  readonly resource?: Readonly<Record<string, string>>;
  readonly authority?: string;
  readonly header?: readonly string[];
  readonly insecure?: true;
}

export function withTargetFlags(command: Command): Command {
  return command
    .option('--resource <name=/path>', 'where the target serves small, large, upload or other', resource)
    .option('--authority <name>', 'value of :authority (default: host and port)')
    .option('--header <field>', 'a field for every request, as in "cookie: a=b"', several)
    .option('--insecure', 'take any certificate');
}

export function targetOptions({
  resource: resources,
  authority,
  header: headers,
  insecure,
}: TargetFlags): TargetOptions {
  return {
    ...(resources === undefined ? {} : { resources }),
    ...(authority === undefined ? {} : { authority }),
    ...(headers === undefined ? {} : { headers }),
    ...(insecure === undefined ? {} : { insecure }),
  };
}

/** The flags again, as the words of a command. */
export function targetWords({ resource = {}, authority, header = [], insecure }: TargetFlags): readonly string[] {
  return [
    ...Object.entries(resource).flatMap(([name, path]) => ['--resource', `${name}=${path}`]),
    ...(authority === undefined ? [] : ['--authority', authority]),
    ...header.flatMap(field => ['--header', field]),
    ...(insecure ? ['--insecure'] : []),
  ];
}
