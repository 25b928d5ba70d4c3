/** Field lists on the pipe: an array, and the names of `sensitive` beside it (section 11.4). */
import type { Fields } from '../spec/msgi.ts';
import type { FieldList } from './messages.ts';

export const NO_FIELDS: Fields = Object.freeze([]);

/** As it goes on the pipe: a copy, so that nothing of the caller's list is kept (MSGI-FIELD-12). */
export function asFieldList(fields: Fields): FieldList {
  const { sensitive } = fields;
  return sensitive === undefined || sensitive.length === 0
    ? { fields: [...fields] }
    : { fields: [...fields], sensitive: [...sensitive] };
}

/** As applications have it. */
export function asFields({ fields = [], sensitive }: Partial<FieldList>): Fields {
  return sensitive === undefined ? fields : Object.assign([...fields], { sensitive });
}
