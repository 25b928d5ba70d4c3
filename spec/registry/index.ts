/**
 * Every rule that a case can be about, by id: RFC 9113, RFC 7541, RFC 9218, RFC 8441, RFC 7540 §5.3 for servers that claim
 * the old priority tree, what of RFC 9110 and RFC 8297 a response over HTTP/2 shows, and the sentences of this specification. The rows of the RFCs are data in our own words; README.md
 * says how to read them.
 * @module
 */
import interfaces from './interfaces.json' with { type: 'json' };
import msgi from './msgi.json' with { type: 'json' };
import openRows from './open.json' with { type: 'json' };
import rfc7540 from './rfc7540.json' with { type: 'json' };
import rfc7541 from './rfc7541.json' with { type: 'json' };
import rfc8297 from './rfc8297.json' with { type: 'json' };
import rfc8441 from './rfc8441.json' with { type: 'json' };
import rfc9110 from './rfc9110.json' with { type: 'json' };
import rfc9113 from './rfc9113.json' with { type: 'json' };
import rfc9218 from './rfc9218.json' with { type: 'json' };

const rfcs = { ...rfc9113, ...rfc7541, ...rfc9218, ...rfc8441, ...rfc7540, ...rfc9110, ...rfc8297, ...interfaces };

/** "MSGI-MODEL-7": a misspelt one does not compile. */
export type MsgiId = keyof typeof msgi;

/** "rfc9113/6.5/5", or a sentence of this specification: a misspelt one does not compile. */
export type RequirementId = keyof typeof rfcs | MsgiId;

/** The registry's version: raised whenever a row changes its meaning. */
export const REGISTRY_VERSION = '2026.11';

export interface Requirement {
  /** Section of the RFC, or of this specification, and its heading. */
  readonly section: string;
  readonly title: string;
  /** BCP 14 key word that the rule stands on; rules without one of their own have the level that they follow from. */
  readonly level: string;
  /** Who is bound: server, endpoint, sender, receiver, client, … */
  readonly binds: string;
  /** The rule, in our own words. */
  readonly rule: string;
  /** Where it can be judged: on the wire, only with the kit's application, at an application, only at a client, or nowhere. */
  readonly judged: 'wire' | 'gateway' | 'application' | 'client' | 'none';
  /** Why no case can exist; given where `judged` is client or none. */
  readonly reason?: string;
  readonly stimulus?: string;
  readonly verdict?: string;
  /** What a subject must offer for it to be judged. */
  readonly needs?: readonly string[];
  /** How it differs from RFC 7540. */
  readonly changed?: string;
  /** How far h2spec (of 2022) covers the rule, and with which of its cases; of rules of RFCs. */
  readonly h2spec?: { readonly coverage: string; readonly cases: readonly string[]; readonly note?: string };
}

export const registry: Readonly<Record<RequirementId, Requirement>> = {
  ...(rfcs as Readonly<Record<keyof typeof rfcs, Requirement>>),
  ...(Object.fromEntries(Object.entries(msgi).map(([id, row]) => [id, sentence(row)])) as Record<MsgiId, Requirement>),
};

export const requirementIds: readonly RequirementId[] = Object.keys(registry) as RequirementId[];

/** A sentence of the specification: its section is "1.5 Invocation", one text. */
function sentence({ section, ...row }: (typeof msgi)[MsgiId]): Requirement {
  const at = section.indexOf(' ');
  return { ...row, section: section.slice(0, at), title: section.slice(at + 1) } as Requirement;
}

/** Rows that have no case yet; the list may only shrink. */
export const open: ReadonlySet<string> = new Set<string>(openRows);

/** What an id is of: "RFC 9113" for "rfc9113/6.5/5", "PEP 3333" for "pep3333/close/1", "MSGI" for "MSGI-MODEL-7". */
export function sourceOf(id: string): string {
  if (id.startsWith('pep3333/')) return 'PEP 3333';
  if (id.startsWith('asgi/')) return 'ASGI 3';
  return id.startsWith('rfc') ? `RFC ${id.slice(3, id.indexOf('/'))}` : 'MSGI';
}
