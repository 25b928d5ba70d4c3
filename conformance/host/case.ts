/** The shape of a case about the application's end of the pipe: what the kit, as its server, does to it. */
import type { CaseFacts } from '../case.ts';
import type { HostTrial } from './trial.ts';

export interface HostCaseBody extends CaseFacts {
  /**
   * It ends its host, or has to be the first on it: it gets a process of its own. `greets`: HELLO is the case's. `prints`: the
   * application prints while it is loaded.
   */
  readonly alone?: { readonly greets?: true; readonly prints?: true };
  run(trial: HostTrial): Promise<void>;
}

export interface HostCase extends HostCaseBody {
  /** "host/slug", stable and never used again for anything else. */
  readonly id: string;
  readonly chapter: string;
}

export function hostChapter(name: string, cases: Readonly<Record<string, HostCaseBody>>): readonly HostCase[] {
  return Object.entries(cases).map(([slug, body]) => ({ ...body, id: `${name}/${slug}`, chapter: name }));
}
