/** From a request target to names of files: decoded once, checked, and never joined before. */

/** The path of a target, without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/**
 * The names that a target has between its slashes, decoded; the last is "" where the path ends in a slash, and there is none
 * where the path is empty. null for what can be no file: a name that is empty, begins with a dot, or holds a slash, a
 * backslash or a control character, and what is no percent-encoding or no UTF-8.
 */
export function segments(target: string): readonly string[] | null {
  const path = pathOf(target);
  if (path === '') return [];
  if (!path.startsWith('/')) return null;
  const names = path.slice(1).split('/').map(decode);
  const last = names.length - 1;
  return names.every((name, at) => (name === '' ? at === last : name !== null && isName(name)))
    ? (names as readonly string[])
    : null;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment.replace(/[\x80-\xff]/g, octet => `%${octet.charCodeAt(0).toString(16)}`));
  } catch {
    return null;
  }
}

/** "." and ".." begin with a dot as well. A colon is a drive or a stream where the backslash separates. */
function isName(name: string): boolean {
  for (const character of name) if (character < ' ' || character === '\x7f' || '/\\'.includes(character)) return false;
  return !name.startsWith('.') && (process.platform !== 'win32' || !name.includes(':'));
}
