/**
 * `msgi/process`: hosts an application that lives in another process, in any language, over MSGI/process (chapter 11).
 * @module
 */
import type { App, Application } from '../../spec/msgi.ts';
import { Child } from './child.ts';

/** Every one may be left out. */
export interface ProcessOptions {
  /** Processes that share the exchanges; 1 by default. */
  readonly processes?: number;
  readonly cwd?: string;
  /** The environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds for the application's `start` and HELLO; default 10,000. */
  readonly startTimeout?: number;
  /** Milliseconds that a process has to end when its pipe has; default 2,000. */
  readonly kill?: number;
  /** A process that ended unasked, or broke its pipe; default: one line to stderr. */
  readonly report?: (error: Error) => void;
}

/**
 * The application that `command`, program and arguments, runs as a host on its descriptors 0 and 1. Its `start` rejects
 * when a process does not come up, with the exit status as `status` of the error where there is one. A process that ends later is started anew; what it leaves is answered 502, or reset.
 */
export function processApp(command: readonly string[], options: ProcessOptions = {}): Application {
  const { processes = 1, cwd, env = process.env, startTimeout = 10_000, kill = 2000, report = toStderr } = options;
  if (command.length === 0) throw new TypeError('a command has a program');
  if (!Number.isInteger(processes) || processes < 1) throw new TypeError('processes is an integer of 1 or more');
  const children = Array.from(
    { length: processes },
    () => new Child({ command, cwd, env, startTimeout, kill, report }),
  );
  return {
    app: forwarder(children),
    async start() {
      const [first, ...others] = children;
      // Alone: what is wrong with the application is said once, and not by every process.
      await first?.start();
      const starts = await Promise.allSettled(others.map(child => child.start()));
      const failed = starts.find(each => each.status === 'rejected');
      if (failed === undefined) return;
      await Promise.all(children.map(child => child.stop()));
      throw failed.reason;
    },
    drain() {
      for (const child of children) child.drain();
    },
    async stop() {
      await Promise.all(children.map(child => child.stop()));
    },
  };
}

/** To the process with the fewest exchanges; 503 while there is none. */
function forwarder(children: readonly Child[]): App {
  return x => {
    const pipes = children.map(({ pipe }) => pipe).filter(pipe => pipe !== null);
    const [first, ...others] = pipes;
    if (first === undefined) return x.respond(503, ['retry-after', '1']);
    return others.reduce((least, pipe) => (pipe.load < least.load ? pipe : least), first).forward(x);
  };
}

function toStderr(error: Error): void {
  process.stderr.write(`msgi: a process of the application: ${error.message}\n`);
}
