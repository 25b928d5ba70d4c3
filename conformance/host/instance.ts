/** A host that runs: its process on descriptors 0 and 1, the pipe to it, and the application inside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Transcript } from '../peer/transcript.ts';
import type { Deviation } from '../process/filters.ts';
import { atExit } from '../targets/exit.ts';
import { guard } from '../targets/sentinel.ts';
import { TargetError } from '../targets/target.ts';
import { CONTROL } from './messages.ts';
import { Remote } from './remote.ts';
import { HELLO, ServerEnd } from './server-end.ts';
import { Waits } from './waits.ts';

/** Characters of what it prints that are kept. */
const OUTPUT = 4000;

/** Milliseconds in which such a process is expected to end. */
const REAP_MS = 2000;

export interface Launch {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Beside the kit's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What stands between the kit and the host. */
  readonly deviation: Deviation | null;
}

export class HostInstance {
  readonly waits: Waits;
  readonly remote: Remote;
  readonly pipe: ServerEnd;
  /** The tail of what it has printed on descriptor 2. */
  printed = '';
  /** How it has ended: "exit status 0"; null while it runs. */
  exit: string | null = null;
  /** The kit has done what ends a host: its end is no crash. */
  left = false;
  readonly #child: ChildProcess;
  readonly #forget: () => void;

  private constructor(child: ChildProcess, waits: Waits, remote: Remote, pipe: ServerEnd) {
    this.#child = child;
    this.waits = waits;
    this.remote = remote;
    this.pipe = pipe;
    const forget = atExit(() => this.#kill());
    const dismiss = guard(child.pid as number);
    this.#forget = () => {
      forget();
      dismiss();
    };
    child.stderr?.on('data', octets => {
      this.printed = `${this.printed}${octets}`.slice(-OUTPUT);
      waits.wake();
    });
    child.once('exit', (status, by) => {
      this.exit = by === null ? `exit status ${status}` : `signal ${by}`;
      waits.wake();
    });
  }

  /** Starts the process. Throws TargetError where there is no such program. */
  static async start({ argv, env, deviation }: Launch): Promise<HostInstance> {
    const [file = '', ...args] = argv;
    const waits = new Waits();
    const transcript = new Transcript();
    const remote = await Remote.listen(waits, transcript);
    // A group of its own: what the host starts ends with it.
    const child = spawn(file, args, {
      env: { ...process.env, [CONTROL]: remote.address, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', () => {});
    try {
      await once(child, 'spawn');
    } catch (error) {
      remote.close();
      throw new TargetError(`the host cannot be started: ${(error as Error).message}`);
    }
    const pipe = new ServerEnd(child.stdout as Readable, child.stdin as Writable, waits, transcript, deviation);
    return new HostInstance(child, waits, remote, pipe);
  }

  /** HELLO from both ends, and the `start` of the application between them. */
  async greet(hello = HELLO): Promise<void> {
    const { pipe, remote } = this;
    pipe.send('HELLO', 0, hello);
    await pipe.until(() => remote.of('start').length > 0, 'the start of the application');
    remote.tell({ do: 'started' });
    await pipe.message(0, 'HELLO');
  }

  /** What happens from now on is of this case. */
  attend(transcript: Transcript, signal: AbortSignal): void {
    this.waits.signal = signal;
    this.remote.transcript = transcript;
    this.pipe.transcript = transcript;
  }

  /** A process whose pipe or application is gone, unasked, has ended or is about to: how is told soon. */
  async reaped(): Promise<void> {
    const gone = this.remote.lost || this.pipe.over;
    if (!gone || this.left || this.exit !== null) return;
    await Promise.race([once(this.#child, 'exit'), delay(REAP_MS, undefined, { ref: false })]);
  }

  /** Ends it, whatever it does. */
  async stop(): Promise<void> {
    this.left = true;
    this.#kill();
    this.remote.close();
    if (this.exit === null) await once(this.#child, 'exit');
    this.#forget();
  }

  #kill(): void {
    try {
      process.kill(-(this.#child.pid as number), 'SIGKILL');
    } catch {
      // ESRCH: nobody is left.
    }
  }
}
