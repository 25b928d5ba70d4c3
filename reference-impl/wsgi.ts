/** `msgi serve --wsgi`: an application of Python (PEP 3333), in processes of its own (sections 11 and 12.3). */
import { existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processApp } from '../binding/server/index.ts';
import type { Application } from '../spec/msgi.ts';
import { Told } from './told.ts';
import { UsageError } from './usage-error.ts';

/** Every one may be left out. */
export interface WsgiOptions {
  /** Folder in which it runs, and from which it is imported. */
  readonly chdir?: string;
  /** Virtual environment; without one, `python3` of the PATH runs it. */
  readonly venv?: string;
  /** Exchanges beside one another in each process; default 8. */
  readonly threads?: number;
  /** Default 1. */
  readonly processes?: number;
  /** Each process ends with one line to stderr: exchanges, and how many octets waited to be read at most. */
  readonly log?: boolean;
}

/** Milliseconds for its imports; those of a large site take their time. */
const START_TIMEOUT = 60_000;
/** Exit status of a process that has said on stderr what is wrong. */
const SAID = 2;

/** The application that "package.module:callable" names. Throws a UsageError where no Python is there to run it. */
export function wsgiApp(callable: string, options: WsgiOptions = {}): Application {
  const { chdir, venv, threads = 8, processes = 1, log = false } = options;
  const folder = chdir === undefined ? undefined : folderOf(chdir);
  const more = [...(processes > 1 ? ['--multiprocess'] : []), ...(log ? ['--log'] : [])];
  const command = [pythonOf(venv), runner(), callable, '--threads', `${threads}`, ...more];
  const place = folder === undefined ? {} : { cwd: folder };
  const hosted = processApp(command, { processes, startTimeout: START_TIMEOUT, ...place });
  return {
    ...hosted,
    start: host => started(hosted, host),
  };
}

async function started(hosted: Application, host: Parameters<NonNullable<Application['start']>>[0]): Promise<void> {
  try {
    await hosted.start?.(host);
  } catch (error) {
    if ((error as { readonly status?: number }).status === SAID) throw new Told();
    throw error;
  }
}

function folderOf(chdir: string): string {
  const folder = resolve(chdir);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--chdir ${folder} is no folder; give the one from which the application is imported`);
  }
  return folder;
}

/** The interpreter: that of the environment, else the first `python3` of the PATH. */
function pythonOf(venv: string | undefined): string {
  if (venv !== undefined) {
    const python = join(resolve(venv), 'bin', 'python');
    if (existsSync(python)) return python;
    throw new UsageError(`--venv ${resolve(venv)} has no bin/python; make one with: python3 -m venv ${venv}`);
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map(folder => join(folder, 'python3')).find(path => existsSync(path));
  if (found !== undefined) return found;
  throw new UsageError(
    'no python3 on the PATH; install Python 3.9 or later, or name a virtual environment with --venv',
  );
}

/** hosts/wsgi/serve.py, from the source and from dist/. */
function runner(): string {
  const places = ['../hosts/wsgi/serve.py', '../../hosts/wsgi/serve.py'];
  const paths = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find(path => existsSync(path)) ?? (paths[0] as string);
}
