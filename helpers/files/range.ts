/** The field `range` for one representation (RFC 9110 §14). */

/** Octets from `first` on. */
export interface Range {
  readonly first: number;
  readonly length: number;
}

/**
 * The range that is asked for, of a representation of `size` octets. null where the field is to be ignored and the whole is
 * sent: another unit, a set that is no set, several ranges.
 */
export function parseRange(value: string, size: number): Range | 'unsatisfiable' | null {
  const set = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i.exec(value);
  if (set === null) return null;
  const [, first, last, suffix] = set;
  return suffix === undefined ? between(Number(first), last ?? '', size) : ending(Number(suffix), size);
}

function between(first: number, last: string, size: number): Range | 'unsatisfiable' | null {
  if (last !== '' && Number(last) < first) return null;
  if (first >= size) return 'unsatisfiable';
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return { first, length: end - first };
}

/** The last octets. Of nothing there is no part that `content-range` could name: the whole is sent. */
function ending(octets: number, size: number): Range | 'unsatisfiable' | null {
  if (octets === 0) return 'unsatisfiable';
  if (size === 0) return null;
  const length = Math.min(octets, size);
  return { first: size - length, length };
}
