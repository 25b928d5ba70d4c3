/** What handlers report of field lists. */

/** Names of a flat list, in order. */
export function fieldNames(fields: readonly string[]): readonly string[] {
  return fields.filter((_, i) => i % 2 === 0);
}
