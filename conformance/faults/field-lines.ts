/** Field lists line by line, for faults that are about a name or a value. */
import { mendsRequests, type Wire } from './fault.ts';

/** The flat list with each line replaced by what `change` gives: the same, another, none, several. */
export function mapLines(
  fields: readonly string[],
  change: (name: string, value: string) => readonly string[],
): readonly string[] {
  const lines: string[] = [];
  for (let i = 0; i < fields.length; i += 2) lines.push(...change(fields[i] as string, fields[i + 1] as string));
  return lines;
}

/** Values of that name, in order. */
export function valuesOf(fields: readonly string[], wanted: string): readonly string[] {
  return mapLines(fields, (name, value) => (name === wanted ? [value] : []));
}

/** The server does not notice the lines that `matches`: it drops them and serves the request. */
export function dropsLines(matches: (name: string, value: string) => boolean): Wire {
  return mendsRequests(({ fields }) => mapLines(fields, (name, value) => (matches(name, value) ? [] : [name, value])));
}

/** The server takes values of requests for what `change` makes of them. */
export function readsValues(change: (name: string, value: string) => string): Wire {
  return mendsRequests(({ fields }) => mapLines(fields, (name, value) => [name, change(name, value)]));
}
