/** Clients that others wrote, and whether they are here: MSGI_REQUIRE_PEERS=1 makes a missing one a failure. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test is given as its options: skipped with the reason where the peer is not here. */
export interface Needs {
  readonly skip: string | false;
}

/** Whether a command answers; `argv` asks it for something that it can do only where all it needs is there. */
export function needs(peer: string, command: string, ...argv: readonly string[]): Needs {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return { skip: false };
  try {
    execFileSync(command, argv, { stdio: 'ignore', timeout: 20_000 });
    return { skip: false };
  } catch {
    return { skip: `${peer} is not installed` };
  }
}

const execute = promisify(execFile);

/** Runs one to its end, at most a minute; rejects when it says that it has failed. */
export function ran(command: string, ...argv: readonly string[]): Promise<Ran> {
  return execute(command, argv, { timeout: 60_000, maxBuffer: 64 * 1_048_576, encoding: 'latin1' });
}
