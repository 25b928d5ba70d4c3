/** Flags that name an application or middleware in place of a target. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Wish } from '../application/requests.ts';
import { UsageError } from '../usage.ts';
import { several } from './arguments.ts';

export interface ProgramFlags {
  readonly app?: string;
  readonly middleware?: string;
  readonly request?: readonly string[];
}

export interface Program {
  readonly kind: 'app' | 'middleware';
  readonly file: string;
  readonly requests: readonly Wish[];
}

export function withProgramFlags(command: Command): Command {
  return command
    .option('--app <file>', 'judge the application that this module exports by default')
    .option('--middleware <file>', 'judge the middleware that this module exports')
    .option('--request <line>', "what a program is asked: 'GET /path' or 'POST /path @file'", several);
}

/** The program that the flags name, or null. Throws UsageError for flags that do not go together. */
export function programOf({ app, middleware, request = [] }: ProgramFlags): Program | null {
  if (app !== undefined && middleware !== undefined) throw new UsageError('give --app or --middleware, not both');
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
export function programWords({ app, middleware, request = [] }: ProgramFlags): readonly string[] {
  return [
    ...(app === undefined ? [] : ['--app', app]),
    ...(middleware === undefined ? [] : ['--middleware', middleware]),
    ...request.flatMap(line => ['--request', line]),
  ];
}
