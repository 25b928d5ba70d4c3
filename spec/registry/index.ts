/**
 * Every rule that a case can be about, by id: RFC 9113, RFC 7541, RFC 9218, RFC 8441, and RFC 7540 §5.3 for servers that
 * claim the old priority tree. The rows are data in our own words; README.md says how to read them.
 * @module
 */
import openRows from './open.json' with { type: 'json' };
import rfc7540 from './rfc7540.json' with { type: 'json' };
import rfc7541 from './rfc7541.json' with { type: 'json' };
import rfc8441 from './rfc8441.json' with { type: 'json' };
import rfc9113 from './rfc9113.json' with { type: 'json' };
import rfc9218 from './rfc9218.json' with { type: 'json' };

const rows = { ...rfc9113, ...rfc7541, ...rfc9218, ...rfc8441, ...rfc7540 };

/** "rfc9113/6.5/5": a misspelt one does not compile. */
export type RequirementId = keyof typeof rows;

/** The registry's version: raised whenever a row changes its meaning. */
export const REGISTRY_VERSION = '2026.11';

export interface Requirement {
  /** Section of the RFC that the id names, and its heading. */
  readonly section: string;
  readonly title: string;
  /** BCP 14 key word that the rule stands on; rules without one of their own have the level that they follow from. */
  readonly level: string;
  /** Who is bound: server, endpoint, sender, receiver, client, … */
  readonly binds: string;
  /** The rule, in our own words. */
  readonly rule: string;
  /** Where it can be judged: on the wire, only with the kit's application, only at a client, or nowhere. */
  readonly judged: 'wire' | 'gateway' | 'client' | 'none';
  /** Why no case can exist; given where `judged` is client or none. */
  readonly reason?: string;
  readonly stimulus?: string;
  readonly verdict?: string;
  /** What a subject must offer for it to be judged. */
  readonly needs?: readonly string[];
  /** How it differs from RFC 7540. */
  readonly changed?: string;
  /** How far h2spec (of 2022) covers the rule, and with which of its cases. */
  readonly h2spec: { readonly coverage: string; readonly cases: readonly string[]; readonly note?: string };
}

export const registry: Readonly<Record<RequirementId, Requirement>> = rows as Readonly<
  Record<RequirementId, Requirement>
>;

export const requirementIds: readonly RequirementId[] = Object.keys(rows) as RequirementId[];

/** Rows that have no case yet; the list may only shrink. */
export const open: ReadonlySet<string> = new Set<string>(openRows);

/** The RFC of an id: "9113" for "rfc9113/6.5/5". */
export function rfcOf(id: string): string {
  return id.slice(3, id.indexOf('/'));
}
