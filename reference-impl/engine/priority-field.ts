/**
 * The value of the `priority` field and of PRIORITY_UPDATE (RFC 9218 §4): a Dictionary of Structured Fields (RFC 9651 §4.2),
 * read as a whole or not at all. Of what it says two parameters count, `u` and `i`; the result is one small number, so that
 * a stream can keep it without an object.
 */
import { readMember, readSeparator } from './structured-fields.ts';

/** Nothing was asked for, or nothing that can be read. */
export const NOT_ASKED = -1;

/** Urgency 3, not incremental: what holds for a parameter that is not named (§4.1, §4.2). */
export const DEFAULT_PRIORITY: number = packPriority(3, false);

/** Urgency and incremental in one number, 0 to 15. */
export function packPriority(urgency: number, incremental: boolean): number {
  return urgency * 2 + (incremental ? 1 : 0);
}

export function urgencyOf(packed: number): number {
  return packed >> 1;
}

export function incrementalOf(packed: number): boolean {
  return (packed & 1) === 1;
}

/** The packed priority of a field value; NOT_ASKED where it is no Dictionary. Lines of one field are joined with ", ". */
export function readPriority(text: string): number {
  let urgency: unknown = 3;
  let incremental: unknown = false;
  let at = 0;
  let end = text.length;
  while (text[at] === ' ') at += 1;
  while (end > at && text[end - 1] === ' ') end -= 1;
  while (at < end) {
    const member = readMember(text, at, end);
    if (member === null) return NOT_ASKED;
    // The last one of a name counts, also where its value is of no use (RFC 9651 §4.2.2).
    if (member.key === 'u') urgency = member.value;
    if (member.key === 'i') incremental = member.value;
    if (member.end === end) break;
    at = readSeparator(text, member.end, end);
    if (at < 0) return NOT_ASKED;
  }
  return packPriority(isUrgency(urgency) ? urgency : 3, incremental === true);
}

function isUrgency(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 7;
}
