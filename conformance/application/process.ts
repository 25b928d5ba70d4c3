/** The process of one case, seen from the kit: it answers, ends early, or goes silent and is ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { TranscriptEntry } from '../result.ts';
import { PACKAGE_ROOT } from '../version.ts';
import type { Answer, Job } from './job.ts';

/** From the sources as from the build, what runs is the build. */
const CHILD = join(PACKAGE_ROOT, 'dist', 'conformance', 'application', 'child.js');

/** Characters of its output that are kept. */
const OUTPUT = 4000;

/** Milliseconds in which a process has begun and loaded its modules: a busy machine takes long for that. */
const LOAD_MS = 30_000;

/** Silences of this many times the limit, and the process is ended although it gives signs of life. */
const MOST_LIMITS = 24;

export interface Lived {
  readonly transcript: readonly TranscriptEntry[];
  /** The tail of what it printed. */
  readonly output: string;
  /** Its last word; null where it ended without one. */
  readonly answer: Exclude<Answer, { readonly type: 'entry' | 'alive' }> | null;
  /** "exit status 3", "signal SIGSEGV". */
  readonly how: string;
  /** It gave no sign of life, and was ended by the kit. */
  readonly silent: boolean;
}

/** Runs the job. `silence`: milliseconds without a turn of its event loop after which it is ended. */
export function live(job: Job, silence: number, signal?: AbortSignal): Promise<Lived> {
  const child = fork(CHILD, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' });
  const transcript: TranscriptEntry[] = [];
  let output = '';
  let answer: Lived['answer'] = null;
  let silent = false;
  const end = (): void => void child.kill('SIGKILL');
  const expire = (): void => {
    silent = true;
    end();
  };
  let timer = setTimeout(expire, Math.max(LOAD_MS, silence));
  const whole = setTimeout(expire, LOAD_MS + MOST_LIMITS * silence);
  child.on('message', (message: Answer) => {
    clearTimeout(timer);
    timer = setTimeout(expire, silence);
    if (message.type === 'entry') transcript.push(message.entry);
    else if (message.type !== 'alive') answer = message;
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', octets => {
      output = `${output}${octets}`.slice(-OUTPUT);
    });
  signal?.addEventListener('abort', end, { once: true });
  return exited(child, job).then(how => {
    clearTimeout(timer);
    clearTimeout(whole);
    signal?.removeEventListener('abort', end);
    return { transcript, output, answer, how, silent };
  });
}

/** How it has ended, once its channels are read to their end. */
function exited(child: ChildProcess, job: Job): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, by) => resolve(by === null ? `exit status ${status}` : `signal ${by}`));
    child.send(job, error => {
      // A process that has ended already is told by its end.
      if (error !== null) child.kill('SIGKILL');
    });
  });
}
