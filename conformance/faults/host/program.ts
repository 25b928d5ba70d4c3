/**
 * Hosts whose process is wrong: `program.js MODE APPLICATION`. Each runs the sound host in a process of its own, as that runs
 * itself, but for one thing: what its descriptors are, or that nothing ends it.
 */
import { type StdioOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProgramMode } from './fault.ts';

const [mode, application = ''] = process.argv.slice(2) as [ProgramMode | 'inner', string];

/** By this the sound host knows that the pipe is on its descriptors 3 and 4. */
const INNER = { MSGI_PROCESS_INNER: '1' } as const;

/** The sound one has ['ignore', 2, 2, 0, 1]. */
const STDIO: Readonly<Record<ProgramMode, StdioOptions>> = {
  unguarded: ['ignore', 1, 2, 0, 1],
  mute: ['ignore', 'ignore', 2, 0, 1],
  'shared-input': [0, 2, 2, 0, 1],
  lingering: ['ignore', 2, 2, 0, 1],
};

if (mode === 'inner') {
  const { run } = await import('../../../binding/main.ts');
  // The program msgi would end here, whatever the application has left behind.
  process.exitCode = await run([application]);
} else {
  const script = [fileURLToPath(import.meta.url), 'inner', application];
  const child = spawn(process.execPath, script, { env: { ...process.env, ...INNER }, stdio: STDIO[mode] });
  child.once('exit', status => process.exit(status ?? 1));
}
