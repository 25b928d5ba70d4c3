/** The application of a host and its life: started once, drained once, stopped once, over all pipes (MSGI-PROC-16, -43, -47). */
import type { App, Application, Host } from '../../spec/msgi.ts';

/** Something that drains, or not yet. */
interface Drains {
  readonly draining: boolean;
}

export class Lifespan {
  readonly application: Application;
  /** A failure of the application that no message carries. */
  readonly report: (error: unknown, what: string) => void;
  readonly #pipes = new Set<Drains>();
  #started: Promise<void> | null = null;
  /** The application's `start` has rejected. */
  failed = false;
  #drained = false;
  #stopped: Promise<void> | null = null;

  constructor(hosted: App | Application, report: (error: unknown, what: string) => void) {
    this.application = typeof hosted === 'function' ? { app: hosted } : hosted;
    this.report = report;
  }

  /** Rejects when the application's `start` does; further pipes get the same promise. */
  start(host: Host): Promise<void> {
    this.#started ??= this.#start(host);
    return this.#started;
  }

  async #start(host: Host): Promise<void> {
    try {
      await this.application.start?.(host);
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }

  add(pipe: Drains): void {
    this.#pipes.add(pipe);
  }

  remove(pipe: Drains): void {
    this.#pipes.delete(pipe);
  }

  /** To be called when a pipe begins to drain. */
  drain(): void {
    if (this.#drained || [...this.#pipes].some(({ draining }) => !draining)) return;
    this.#drained = true;
    try {
      this.application.drain?.();
    } catch (error) {
      this.report(error, 'drain');
    }
  }

  /** Without effect on an application that was not started, or whose start has failed. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#started === null) return;
    await this.#started.catch(() => {});
    if (!this.failed) await this.application.stop?.();
  }
}
