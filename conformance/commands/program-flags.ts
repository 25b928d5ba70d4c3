/** Flags that name an application, middleware or a host in place of a target. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Wish } from '../application/requests.ts';
import { UsageError } from '../usage.ts';
import { several } from './arguments.ts';

export interface ProgramFlags {
  readonly app?: string;
  readonly middleware?: string;
  readonly host?: string;
  readonly request?: readonly string[];
}

export interface Program {
  readonly kind: 'app' | 'middleware' | 'host';
  /** The module; of a host its command. */
  readonly file: string;
  readonly requests: readonly Wish[];
}

export function withProgramFlags(command: Command): Command {
  return command
    .option('--app <file>', 'judge the application that this module exports by default')
    .option('--middleware <file>', 'judge the middleware that this module exports')
    .option('--host <command>', 'judge the program that hosts {application} over MSGI/process on descriptors 0 and 1')
    .option('--request <line>', "what a program is asked: 'GET /path' or 'POST /path @file'", several);
}

/** The program that the flags name, or null. Throws UsageError for flags that do not go together. */
export function programOf({ app, middleware, host, request = [] }: ProgramFlags): Program | null {
  if (app !== undefined && middleware !== undefined) throw new UsageError('give --app or --middleware, not both');
  if (host !== undefined) {
    if (app !== undefined || middleware !== undefined || request.length > 0)
      throw new UsageError('--host stands alone: the kit has an application for hosts, and asks it what it likes');
    return { kind: 'host', file: host, requests: [] };
  }
  const file = app ?? middleware;
  if (file !== undefined) {
    return { kind: app === undefined ? 'middleware' : 'app', file, requests: request.map(requestOf) };
  }
  if (request.length > 0) throw new UsageError('--request goes with --app or --middleware: a target has --resource');
  return null;
}

/** "POST /path @file": with the content of the file. Throws UsageError. */
export function requestOf(line: string): Wish {
  const [, method, target, file] = /^(\S+) (\S+) @(.+)$/.exec(line) ?? [];
  if (method === undefined || target === undefined || file === undefined) return line;
  try {
    return { method, target, content: readFileSync(file) };
  } catch (error) {
    throw new UsageError(`--request ${JSON.stringify(line)}: ${(error as Error).message}`);
  }
}

/** The flags again, as the words of a command. */
export function programWords({ app, middleware, host, request = [] }: ProgramFlags): readonly string[] {
  return [
    ...(app === undefined ? [] : ['--app', app]),
    ...(middleware === undefined ? [] : ['--middleware', middleware]),
    ...(host === undefined ? [] : ['--host', host]),
    ...request.flatMap(line => ['--request', line]),
  ];
}
