/** Conditional requests for a resource that exists, by GET and HEAD (RFC 9110 §13). */
import type { Fields } from '../../spec/msgi.ts';
import { field } from '../fields.ts';
import { parseHttpDate } from './http-date.ts';
import type { Validators } from './validators.ts';

/** What the conditions of a request come to, in the order of §13.2.2: 412, 304, or null where the method is to be performed. */
export function precondition(fields: Fields, current: Validators): 304 | 412 | null {
  const match = field(fields, 'if-match');
  if (match !== undefined) {
    if (!lists(match, current.etag, isSame)) return 412;
  } else if (isLater(current, field(fields, 'if-unmodified-since'))) return 412;
  const noneMatch = field(fields, 'if-none-match');
  if (noneMatch !== undefined) return lists(noneMatch, current.etag, isAlike) ? 304 : null;
  const since = date(field(fields, 'if-modified-since'));
  return since !== null && current.lastModified <= since ? 304 : null;
}

/** Whether a `range` counts: without `if-range` it does (§13.1.5). A date has to be that of the file, and no recent one. */
export function rangeStands(fields: Fields, current: Validators, now: number): boolean {
  const value = field(fields, 'if-range');
  if (value === undefined) return true;
  if (value.includes('"')) return isSame(value, current.etag);
  return date(value) === current.lastModified && now - current.lastModified >= 2000;
}

/** "*" stands for any tag, and there is one. */
function lists(value: string, etag: string, equal: (one: string, other: string) => boolean): boolean {
  if (value.trim() === '*') return true;
  const tags = value.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
  return tags.some(tag => equal(tag, etag));
}

/** Strong comparison: neither is weak (§8.8.3.2). */
function isSame(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/');
}

function isAlike(one: string, other: string): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '');
}

function isLater({ lastModified }: Validators, value: string | undefined): boolean {
  const limit = date(value);
  return limit !== null && lastModified > limit;
}

function date(value: string | undefined): number | null {
  return value === undefined ? null : parseHttpDate(value, Date.now());
}
