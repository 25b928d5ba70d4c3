/** The shape of a case: one behaviour, one requirement, about ten lines that read like the sentence they check. */
import type { MsgiId, RequirementId } from '../spec/registry/index.ts';
import type { Cve } from './abuse/sources.ts';
import type { CaseApp, Claim, GatewayCaseBody } from './gateway/case.ts';
import type { Interface } from './legacy/interface.ts';
import type { Trial } from './trial.ts';

/** What a case wants of the subject beyond a small resource; where it is missing the case is not applicable. */
export type Need = 'large' | 'upload' | 'other' | 'tls';

/** What can be said of a case without running it. */
export interface CaseFacts {
  readonly requirement: RequirementId;
  /** Further rows that the same behaviour settles. */
  readonly also?: readonly RequirementId[];
  /** Rows of this specification that it settles as well, at a subject that claims "adapter". */
  readonly adapter?: readonly MsgiId[];
  /** The behaviour, one sentence about the server. */
  readonly title: string;
  readonly needs?: readonly Need[];
  /** What the subject must claim beside its suite; where it does not the case is not applicable. */
  readonly claims?: readonly Claim[];
  /** The verdict can rest on a time limit: it runs last, on an otherwise idle subject. */
  readonly limited?: true;
  /** What the subject sends on its own is judged: violations seen in any other case count here too. */
  readonly passive?: true;
  /** Looks at the handshake alone, so it makes no positive control. */
  readonly handshake?: true;
  /** The case is an abuse of the server, within bounds: it runs by itself, in the suite that nobody gets unasked. */
  readonly abuse?: AbuseFacts;
  /** Both readings with their clauses, where the texts leave room; the stricter one is graded weak. */
  readonly disputed?: string;
}

/** What is told of an abuse before it is done. */
export interface AbuseFacts {
  /** The most that the case sends: "3,000 requests on one connection". */
  readonly bound: string;
  /** Vulnerabilities of this kind, of servers that fell to it. */
  readonly cve: readonly Cve[];
  /** It is about the kit's application: nothing is to be seen where the subject does not host it. */
  readonly hosted?: true;
}

export interface CaseBody extends CaseFacts {
  /**
   * For cases that end the subject or need it with other options: an instance of its own, started with these options of the
   * manifest ({} for none). A gateway case can signal it. It costs a start, so only where nothing else will do.
   */
  readonly alone?: Readonly<Record<string, number>>;
  run(trial: Trial): Promise<void>;
}

/** A case of any suite, as lists and reports know it. */
export interface NamedCase extends CaseFacts {
  readonly id: string;
  readonly chapter: string;
}

export interface Case extends CaseBody {
  /** "chapter/slug", stable and never used again for anything else. */
  readonly id: string;
  readonly chapter: string;
  /** Of a gateway case: the application that the server hosts for it. */
  readonly app?: CaseApp;
  /** What the application's module exports there. */
  readonly exports?: GatewayCaseBody['exports'];
  /** Of a case about old applications: the interfaces whose probe it can be tried with, the one it is proved with first. */
  readonly interfaces?: readonly Interface[];
  /** The case is about the pipe to the application's process: it starts instances of the subject itself. */
  readonly pipe?: true;
  /** It uses no instance that another such case has used, and leaves none. */
  readonly fresh?: true;
}

/** A chapter of the catalogue; the keys are the slugs. */
export function chapter(name: string, cases: Readonly<Record<string, CaseBody>>): readonly Case[] {
  return Object.entries(cases).map(([slug, body]) => ({ ...body, id: `${name}/${slug}`, chapter: name }));
}
