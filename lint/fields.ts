/** Field lists, of either side (section 2.3). */
import type { Fields } from '../spec/msgi.ts';
import { argument, type Judge, type Wrong } from './judge.ts';
import type { RuleId } from './lint-error.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const LOWER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that the rule names
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const OCTETS = /^[\0-\xff]*$/;
const PADDED = /^[\t ]|[\t ]$/;
const DIGITS = /^[0-9]+$/;

const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
]);

/** The list of MSGI-FIELD-11, as it stands there. */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set(
  (
    'age authorization cache-control content-encoding content-length content-range content-type cookie date expect ' +
    'expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te ' +
    'trailer vary www-authenticate'
  ).split(' '),
);

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether a `te` line may stand in the list: in that of `push` (MSGI-FIELD-10). */
export function wrongFields(fields: unknown, te = false): Wrong | null {
  if (fields === undefined) return null;
  if (!Array.isArray(fields)) return argument('MSGI-FIELD-8', 'a field list that is no array');
  if (fields.length % 2 !== 0) return argument('MSGI-FIELD-8', 'a field list of odd length');
  for (let i = 0; i < fields.length; i += 2) {
    const wrong = wrongLine(fields[i], fields[i + 1], te);
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongLine(name: unknown, value: unknown, te: boolean): Wrong | null {
  if (typeof name !== 'string' || !LOWER_TOKEN.test(name)) {
    return argument('MSGI-FIELD-8', `the field name ${JSON.stringify(name)}, which is no token in lower case`);
  }
  if (typeof value !== 'string' || !OCTETS.test(value)) {
    return argument('MSGI-FIELD-8', `a value of ${name} that is not a string of U+0000 to U+00FF`);
  }
  if (CONTROL.test(value) || PADDED.test(value)) {
    return argument('MSGI-FIELD-9', `a value of ${name} with a control character, or whitespace at one of its ends`);
  }
  if (!CONNECTION_SPECIFIC.has(name) || (te && name === 'te' && value === 'trailers')) return null;
  return argument('MSGI-FIELD-10', `${name}, which is connection-specific`);
}

export function wrongTrailers(fields: unknown): Wrong | null {
  const wrong = wrongFields(fields);
  if (wrong !== null || fields === undefined) return wrong;
  const list = fields as Fields;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    if (NOT_IN_TRAILERS.has(name)) return argument('MSGI-FIELD-11', `${name}, which has no place in trailers`);
  }
  return null;
}

/** MSGI-LEN-1. Whether two lines that agree are one number is left open. */
export function wrongLength(fields: Fields | undefined): Wrong | null {
  let before: string | null = null;
  for (let i = 0; fields !== undefined && i < fields.length; i += 2) {
    if (fields[i] !== 'content-length') continue;
    const value = fields[i + 1] as string;
    const same = before === null || before === value;
    if (!same || !DIGITS.test(value) || !Number.isSafeInteger(Number(value))) {
      return argument('MSGI-LEN-1', 'a content-length that is not one decimal number');
    }
    if (before !== null) return { ...argument('MSGI-LEN-1', 'a second content-length'), open: true };
    before = value;
  }
  return null;
}

/** The content-length of a right list; −1 where it has none. */
export function lengthOf(fields: Fields | undefined): number {
  for (let i = 0; fields !== undefined && i < fields.length; i += 2) {
    if (fields[i] === 'content-length') return Number(fields[i + 1]);
  }
  return -1;
}

/** A list that a server gives: the head's, or, with `malformed` MSGI-TRAIL-4, the trailers'. */
export function judgeFields(judge: Judge, fields: Fields, version: string, trailers = false) {
  if (!Array.isArray(fields) || fields.length % 2 !== 0) {
    return judge.server(trailers ? 'MSGI-TRAIL-4' : 'MSGI-MODEL-1', 'the field list is not pairs of names and values');
  }
  const { sensitive } = fields as Fields;
  if (sensitive !== undefined && !(Array.isArray(sensitive) && sensitive.every(name => typeof name === 'string'))) {
    judge.server('MSGI-MODEL-1', 'sensitive is no list of names');
  }
  let cookies = 0;
  let lengths = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name: unknown = fields[i];
    const broken = brokenLine(name, fields[i + 1], version);
    if (broken !== null) judge.server(trailers ? trailerRule(broken) : broken, `the field ${JSON.stringify(name)}`);
    if (name === 'cookie' && ++cookies === 2) judge.server('MSGI-FIELD-3', 'two lines of cookie');
    if (name === 'content-length' && !judgeLength(judge, fields[i + 1] as string, ++lengths)) return;
  }
}

function judgeLength(judge: Judge, value: string, count: number): boolean {
  if (count === 1 && DIGITS.test(value)) return true;
  judge.server('MSGI-HEAD-16', count > 1 ? 'two lines of content-length' : 'a content-length that is no number');
  return false;
}

function trailerRule(id: RuleId): RuleId {
  return id === 'MSGI-FIELD-5' || id === 'MSGI-HEAD-12' ? 'MSGI-TRAIL-5' : 'MSGI-TRAIL-4';
}

function brokenLine(name: unknown, value: unknown, version: string): RuleId | null {
  if (typeof name !== 'string' || typeof value !== 'string') return 'MSGI-MODEL-1';
  if (name.startsWith(':')) return 'MSGI-FIELD-5';
  if (!TOKEN.test(name)) return 'MSGI-HEAD-12';
  if (!LOWER_TOKEN.test(name)) return 'MSGI-FIELD-1';
  if (!OCTETS.test(value)) return 'MSGI-FIELD-4';
  if (CONTROL.test(value)) return 'MSGI-HEAD-12';
  if (PADDED.test(value)) return 'MSGI-HEAD-13';
  if (name === 'host') return 'MSGI-HEAD-5';
  return specific(name, value, version);
}

/** On HTTP/1.x they are taken out, elsewhere they make the request malformed; `te: trailers` stays there. */
function specific(name: string, value: string, version: string): RuleId | null {
  if (!CONNECTION_SPECIFIC.has(name)) return null;
  if (version.startsWith('1.')) return 'MSGI-FIELD-6';
  return name === 'te' && value === 'trailers' ? null : 'MSGI-HEAD-13';
}
