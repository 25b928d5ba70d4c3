/** The rule behind a case, for those who do not know the ids by heart. */
import { type Requirement, registry, sourceOf } from '../../spec/registry/index.ts';

/** A report may be older or newer than the registry at hand, so a row can be missing. */
export function rowOf(id: string): Requirement | undefined {
  return (registry as Readonly<Record<string, Requirement>>)[id];
}

/** "rfc9113/6.5/5, MUST: A SETTINGS ACK with payload is a connection error." */
export function ruleSentence(id: string): string {
  const row = rowOf(id);
  return row === undefined ? `${id} (not in this kit's registry)` : `${id}, ${row.level}: ${row.rule}`;
}

/** "RFC 9113, section 6.5 (SETTINGS)". */
export function sectionName(id: string): string {
  const row = rowOf(id);
  return row === undefined ? id : `${sourceOf(id)}, section ${row.section} (${row.title})`;
}
