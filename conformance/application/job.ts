/** What passes between the kit and the process in which one case runs an application. */
import type { Finding } from '../peer/grammar.ts';
import type { Reason, TranscriptEntry, Verdict } from '../result.ts';
import type { Wish } from './requests.ts';
import type { Known, Limits } from './stage.ts';

/** An application, or middleware around the kit's own. */
export type Kind = 'app' | 'middleware';

export interface Job {
  readonly kind: Kind;
  /** The module; of the kit's own applications, which are its faults, the id. */
  readonly subject: { readonly file: string } | { readonly fault: string };
  /** Instead of what the module says; empty: what it says. */
  readonly wishes: readonly Wish[];
  /** null: looks at each request once. */
  readonly caseId: string | null;
  readonly known: readonly Known[];
  readonly limits: Limits;
}

/** How a case ended. */
export interface Ending {
  readonly verdict: Verdict;
  readonly reason?: Reason;
  readonly limited: boolean;
  readonly expected: string;
  readonly seen: string;
  readonly findings: readonly Finding[];
  readonly controls: number;
  readonly ms: number;
}

export type Answer =
  | { readonly type: 'alive' }
  | { readonly type: 'entry'; readonly entry: TranscriptEntry }
  | { readonly type: 'known'; readonly known: readonly Known[]; readonly requests: readonly string[] }
  | { readonly type: 'ended'; readonly ending: Ending }
  | { readonly type: 'unusable'; readonly why: string };
