/** A subject that is up: started by the kit from a manifest, or reached at an address. */
import type { Control } from '../gateway/control.ts';
import type { Pipes } from '../process/pipes.ts';
import type { SubjectFacts } from '../result.ts';
import type { Endpoint } from '../subject.ts';
import type { Meter } from './memory.ts';

/** A resource as the manifest names it; `size` in octets of content where it is known. */
export interface NamedResource {
  readonly path: string;
  readonly size?: number;
}

export interface Crash {
  /** "exit status 139" or "signal SIGSEGV". */
  readonly how: string;
  /** The tail of what it printed. */
  readonly output: string;
}

export interface Target {
  readonly facts: SubjectFacts;
  /** Where the cases go: cleartext where there is one, else TLS. */
  readonly endpoint: Endpoint;
  readonly tls: Endpoint | null;
  /** Value of :authority for every request. */
  readonly authority: string;
  /** Fields that every request carries, flat. */
  readonly fields: readonly string[];
  readonly verify: boolean;
  readonly resources: Readonly<Partial<Record<'small' | 'large' | 'upload' | 'other', NamedResource>>>;
  /** Case id → reason, of the manifest's `expect` and `races`. */
  readonly expect: Readonly<Record<string, string>>;
  readonly races: Readonly<Record<string, string>>;
  /** What `msgi certify` was told, for the `rerun` command: "reference", "./my.json", "http://127.0.0.1:8080 --insecure". */
  readonly argument: string;
  /** The channel to the kit's application, which a subject that claims "gateway" hosts. */
  readonly control?: Control | null;
  /** How the subject ended, where the kit started it and it ended unasked; null while it runs. */
  crash(): Crash | null;
  /** Starts a crashed subject again, on the same ports. Throws TargetError. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Measures the memory of the subject's processes, as they are now, where the kit started them and the system tells. */
  meter?(): Meter | null;
  /** Names of the manifest's `options`. */
  readonly options?: readonly string[];
  /**
   * Starts another instance, on ports of its own and with a control channel of its own: `options` by the manifest's names,
   * `env` beside the manifest's; with the control channel given, or `pipes` in its place. Where the kit started the target.
   * Throws TargetError.
   */
  another?(
    options: Readonly<Record<string, number>>,
    env?: Readonly<Record<string, string>>,
    control?: Control,
    pipes?: Pipes,
  ): Promise<Instance>;
}

/** An instance for one case. */
export interface Instance extends Target {
  /** To the process that the kit started. */
  signal(signal: NodeJS.Signals): void;
  /** A signal was sent, so that its end is no crash. */
  signalled(): boolean;
  /** Fulfilled with how it ended. */
  readonly ended: Promise<string>;
}

/** The set-up failed: the message names the thing and the fix. Exit status 2. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** The subject ended before it listened: "exit status 2". */
export class EndedEarly extends TargetError {
  readonly how: string;

  constructor(message: string, how: string) {
    super(message);
    this.how = how;
  }
}
