/** A host as a child process: started with a pipe on descriptors 0 and 1, started anew when it ends unasked (section 11.6). */
import { type ChildProcess, spawn } from 'node:child_process';
import { carrier, endWith } from '../stdio.ts';
import { type Channel, channel } from './channel.ts';
import { ServerPipe } from './pipe.ts';

export interface ChildOptions {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds for HELLO. */
  readonly startTimeout: number;
  /** Milliseconds from the end of the pipe to SIGKILL. */
  readonly kill: number;
  readonly report: (error: Error) => void;
}

/** Milliseconds before a new start: doubled with each failure in a row. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 10_000;
/** Milliseconds that a host has to live for its end not to be in a row with the one before. */
const LONG_ENOUGH = 10_000;

/** Process groups that go with this process, whatever ends it. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const group of groups) signalGroup(group);
});

function signalGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left.
  }
}

export class Child {
  readonly #options: ChildOptions;
  #pipe: ServerPipe | null = null;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;
  /** The pipe of the last process has ended, and not by `stop`. */
  #fallen = false;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** The pipe, where the host takes exchanges. */
  get pipe(): ServerPipe | null {
    return this.#pipe?.state === 'ready' ? this.#pipe : null;
  }

  /**
   * Rejects when there is no HELLO: the program is not there, ends, takes too long or speaks otherwise. The error of one
   * that has ended has its exit status as `status`.
   */
  async start(): Promise<void> {
    const made = await channel(octets => this.#pipe?.receive(octets));
    if (!this.#stopping) return this.#spawn(made);
    for (const socket of [made.input, made.output, ...made.theirs]) socket.destroy();
    throw new Error('stopped before it was started');
  }

  #spawn(made: Channel): Promise<void> {
    const { command, cwd, env } = this.#options;
    const [file = '', ...args] = command;
    // A group of its own: what the host starts ends with it, and a terminal's interrupt is for the server alone.
    this.#fallen = false;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [...made.theirs, 'inherit'] });
    for (const socket of made.theirs) socket.destroy();
    return new Promise((resolve, reject) => {
      let why: Error | null = null;
      child.once('error', error => {
        why = new Error(`${file} cannot be started: ${error.message}`);
      });
      this.#exited = over(child, made).then(({ how, status }) => {
        why ??= Object.assign(new Error(`the host has ended: ${how}`), { status });
        this.#ended(child, started, why);
      });
      const late = setTimeout(() => {
        why = new Error(`no HELLO within ${this.#options.startTimeout} ms`);
        this.#kill(child);
      }, this.#options.startTimeout);
      let started: number | null = null;
      this.#exited.then(() => {
        clearTimeout(late);
        reject(why);
      });
      this.#attach(child, made, {
        ready: () => {
          started = performance.now();
          clearTimeout(late);
          resolve();
        },
        broken: error => {
          why = error;
        },
      });
    });
  }

  #attach(
    child: ChildProcess,
    { input, output }: Channel,
    events: { ready: () => void; broken: (error: Error) => void },
  ): void {
    const pipe = new ServerPipe(carrier(input), {
      ready: events.ready,
      ended: error => {
        // Unasked, though a stop may come before the exit status does.
        if (!this.#stopping) this.#fallen = true;
        if (error !== null) events.broken(error);
        const timer = setTimeout(() => this.#kill(child), this.#options.kill);
        child.once('close', () => clearTimeout(timer));
      },
    });
    endWith(output, input, pipe);
    this.#pipe = pipe;
  }

  #kill({ pid }: ChildProcess): void {
    if (pid !== undefined) signalGroup(pid);
  }

  #ended({ pid }: ChildProcess, started: number | null, why: Error): void {
    this.#pipe?.end();
    if (pid !== undefined) {
      signalGroup(pid);
      groups.delete(pid);
    }
    if (this.#stopping && !this.#fallen) return;
    // A first start that fails is the caller's to report.
    if (started === null && this.#failures === 0) return;
    this.#options.report(why);
    if (this.#stopping) return;
    this.#failures = started !== null && performance.now() - started > LONG_ENOUGH ? 1 : this.#failures + 1;
    this.#timer = setTimeout(() => this.#again(), Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.#failures - 1)));
  }

  #again(): void {
    this.#timer = null;
    this.start().catch(() => {});
  }

  drain(): void {
    this.#pipe?.drain();
  }

  /** Ends the pipe and waits for the process; it has `kill` milliseconds. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#pipe?.end();
    await this.#exited;
  }
}

/** How a process has ended: in words, and its exit status, null where a signal was it. */
interface Over {
  readonly how: string;
  readonly status: number | null;
}

/** Fulfilled when a process has ended and its output is read to the end. */
async function over(child: ChildProcess, { output }: Channel): Promise<Over> {
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  const read = new Promise(resolve => output.once('close', resolve));
  // What it has left behind would hold the pipe open.
  child.once('exit', () => void (pid !== undefined && signalGroup(pid)));
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve => {
    child.once('close', (...how) => resolve(how));
  });
  await read;
  return { how: signal === null ? `exit status ${status}` : `signal ${signal}`, status };
}
