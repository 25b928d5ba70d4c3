/** A fault of a host: on its pipe, between it and its application, or a program of its own (KIT rule 10). */
import type { App, Application } from '../../../spec/msgi.ts';
import type { Deviation } from '../../process/filters.ts';

/** Programs that are hosts in most, and wrong in how their process lives (program.ts). */
export type ProgramMode = 'unguarded' | 'mute' | 'shared-input' | 'lingering';

export interface HostFault {
  /** "host/slug". */
  readonly id: string;
  /** What is wrong with the host, one sentence. */
  readonly deviation: string;
  /** Id of the sentence that it breaks. */
  readonly clause: string;
  /** The cases that must find it. */
  readonly fails: readonly string[];
  /** What the cases state of it. */
  readonly seen: RegExp;
  /** What it does to the frames of its pipe. */
  readonly pipe?: Deviation;
  /** What it makes of the application's calls. */
  readonly wrap?: (app: App) => App;
  /** What it makes of the application with its lifespan. */
  readonly host?: (application: Application) => Application;
  readonly program?: ProgramMode;
  /** By it something never comes, so that the deadline of the case ends the wait: the proof takes a short one. */
  readonly waits?: true;
  /** Why it fails more than five cases. */
  readonly why?: string;
}
