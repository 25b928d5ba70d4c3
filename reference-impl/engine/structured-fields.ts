/**
 * Members of a Dictionary of Structured Fields (RFC 9651 §3.2, §4.2.2), checked in full; values are given where they are an
 * Integer or a Boolean, since nothing else is asked for here. Every octet is read once or twice, whatever the text says.
 */

/** One member: `value` is a number for an Integer, a boolean for a Boolean, null for any other type. */
export interface Member {
  readonly key: string;
  readonly value: number | boolean | null;
  /** Behind the member and its parameters. */
  readonly end: number;
}

/** A value and where it ends. */
type Value = Omit<Member, 'key'>;

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?/y;
const STRING = /"(?:[ !#-[\]-~]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const OCTETS = /:[A-Za-z0-9+/=]*:/y;
const BOOLEAN = /\?[01]/y;
const DATE = /@-?[0-9]{1,15}/y;
const DISPLAY = /%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y;
const SPACES = / */y;
const WHITE_SPACE = /[ \t]*/y;

/** What a pattern takes from `at` on; null where it does not fit or would go beyond `end`. */
function take(pattern: RegExp, text: string, at: number, end: number): string | null {
  pattern.lastIndex = at;
  const [taken] = pattern.exec(text) ?? [];
  return taken === undefined || at + taken.length > end ? null : taken;
}

/** The member that begins at `at`, of a text that ends at `end`; null where none does. */
export function readMember(text: string, at: number, end: number): Member | null {
  const key = take(KEY, text, at, end);
  if (key === null) return null;
  const behind = at + key.length;
  const value = text[behind] === '=' && behind < end ? readValue(text, behind + 1, end) : { value: true, end: behind };
  if (value === null) return null;
  const last = readParameters(text, value.end, end);
  return last < 0 ? null : { key, value: value.value, end: last };
}

/** Where the next member begins, behind a comma; −1 where there is no comma, or nothing behind it. */
export function readSeparator(text: string, at: number, end: number): number {
  const comma = skip(WHITE_SPACE, text, at);
  if (text[comma] !== ',') return -1;
  const next = skip(WHITE_SPACE, text, comma + 1);
  return next < end ? next : -1;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

function readValue(text: string, at: number, end: number): Value | null {
  return text[at] === '(' ? readInnerList(text, at + 1, end) : readBareItem(text, at, end);
}

/** Parameters, possibly none (§4.2.3.2); −1 where they are broken. */
function readParameters(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text[at] === ';') {
    at = skip(SPACES, text, at + 1);
    const key = take(KEY, text, at, end);
    if (key === null) return -1;
    at += key.length;
    if (at >= end || text[at] !== '=') continue;
    const value = readBareItem(text, at + 1, end);
    if (value === null) return -1;
    at = value.end;
  }
  return at;
}

/** Items between brackets (§4.2.1.2); at least one space stands between two. */
function readInnerList(text: string, from: number, end: number): Value | null {
  let at = from;
  for (;;) {
    at = skip(SPACES, text, at);
    if (at >= end) return null;
    if (text[at] === ')') return { value: null, end: at + 1 };
    const item = readBareItem(text, at, end);
    if (item === null) return null;
    at = readParameters(text, item.end, end);
    if (at < 0 || at >= end || (text[at] !== ' ' && text[at] !== ')')) return null;
  }
}

/** A bare item, by its first character (§4.2.3.1). */
function readBareItem(text: string, at: number, end: number): Value | null {
  const first = at < end ? (text[at] as string) : '';
  if (/[-0-9]/.test(first)) return readNumber(text, at, end);
  if (first === '?') return readBoolean(text, at, end);
  if (first === '%') return readDisplay(text, at, end);
  const pattern = first === '"' ? STRING : first === ':' ? OCTETS : first === '@' ? DATE : TOKEN;
  const taken = take(pattern, text, at, end);
  if (taken === null) return null;
  const behind = at + taken.length;
  // A Date is an Integer, and no Decimal (§4.2.9).
  if (pattern === DATE && /[0-9.]/.test(text[behind] ?? '')) return null;
  return { value: null, end: behind };
}

/** An Integer of up to 15 digits, or a Decimal of up to 12 and 3 (§4.2.4). */
function readNumber(text: string, at: number, end: number): Value | null {
  const taken = take(NUMBER, text, at, end);
  if (taken === null || text[at + taken.length] === '.') return null;
  const [whole = '', fraction] = taken.replace('-', '').split('.');
  const behind = at + taken.length;
  if (fraction === undefined) return whole.length > 15 ? null : { value: Number(taken), end: behind };
  return whole.length > 12 || fraction.length > 3 ? null : { value: null, end: behind };
}

function readBoolean(text: string, at: number, end: number): Value | null {
  const taken = take(BOOLEAN, text, at, end);
  return taken === null ? null : { value: taken === '?1', end: at + 2 };
}

/** A Display String: octets of UTF-8, percent-encoded (§4.2.10). */
function readDisplay(text: string, at: number, end: number): Value | null {
  const taken = take(DISPLAY, text, at, end);
  if (taken === null) return null;
  try {
    decodeURIComponent(taken.slice(2, -1));
    return { value: null, end: at + taken.length };
  } catch {
    return null;
  }
}
