/** A deliberately bad application or middleware: one deviation, from programs that are sound (KIT rule 10). */

import type { App, Application } from '../../../spec/msgi.ts';
import type { Middleware } from '../../application/loaded.ts';
import type { Wish } from '../../application/requests.ts';

interface Deviation {
  /** "chapter/slug". */
  readonly id: string;
  /** What is wrong with it, one sentence. */
  readonly deviation: string;
  /** Id of the sentence that it breaks. */
  readonly clause: string;
  /** The cases that must find it. */
  readonly fails: readonly string[];
  /** What the cases state of it. */
  readonly seen: RegExp;
}

export interface ApplicationFault extends Deviation {
  readonly app: App | Application;
  /** What it is asked; by default what any application is. */
  readonly requests?: readonly Wish[];
}

export interface MiddlewareFault extends Deviation {
  readonly middleware: Middleware;
}
