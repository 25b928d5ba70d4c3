/** Field sections: reading a value, and making one list out of another. Names are found in any case of their letters. */
import type { Fields } from '../spec/msgi.ts';

/**
 * The value of a field; several lines are joined by ", ", those of `cookie` by "; " (RFC 9110 §5.3, RFC 9113 §8.2.3).
 * undefined where there is none; "" is a value. TypeError for `set-cookie`, whose lines have no joined form: read them with
 * {@link fieldValues}.
 */
export function field(fields: Fields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted === 'set-cookie')
    throw new TypeError('set-cookie has no joined value (RFC 9110 section 5.3): fieldValues');
  const values = fieldValues(fields, wanted);
  return values.length === 0 ? undefined : values.join(wanted === 'cookie' ? '; ' : ', ');
}

/** The value of each line of a field, in order; empty where there is none. */
export function fieldValues(fields: Fields, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() === wanted) values.push(fields[at + 1] as string);
  }
  return values;
}

/** A list without the lines of these names. `sensitive` is kept (MSGI-FIELD-16). */
export function withoutFields(fields: Fields, ...names: readonly string[]): Fields {
  const unwanted = new Set(names.map(name => name.toLowerCase()));
  const list: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string;
    if (!unwanted.has(name.toLowerCase())) list.push(name, fields[at + 1] as string);
  }
  return withSensitive(list, fields.sensitive);
}

/**
 * A list in which these lines stand instead of all others of their names, at the end. `sensitive` of both is kept
 * (MSGI-FIELD-16).
 */
export function withFields(fields: Fields, lines: Fields): Fields {
  const rest = withoutFields(fields, ...lines.filter((_, at) => at % 2 === 0));
  const sensitive = [...(fields.sensitive ?? []), ...(lines.sensitive ?? [])];
  return withSensitive([...rest, ...lines], sensitive);
}

function withSensitive(list: string[], sensitive: readonly string[] | undefined): Fields {
  return sensitive === undefined || sensitive.length === 0 ? list : Object.assign(list, { sensitive });
}
