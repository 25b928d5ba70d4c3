/** Dictionaries of Structured Fields, checked in full (RFC 9651 §3.2, §4.2.2): the kit's own reading of them. */

const KEY = '[a-z*][a-z0-9_.*-]*';
const ITEM = [
  '-?[0-9]{1,12}\\.[0-9]{1,3}',
  '-?[0-9]{1,15}',
  '"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"',
  "[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*",
  ':[A-Za-z0-9+/=]*:',
  '\\?[01]',
  '@-?[0-9]{1,15}',
  '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
].join('|');
const PARAMETERS = `(?:; *${KEY}(?:=(?:${ITEM}))?)*`;
const INNER_LIST = `\\( *(?:(?:${ITEM})${PARAMETERS}(?: +(?:${ITEM})${PARAMETERS})* *)?\\)`;

const MEMBER = new RegExp(`(${KEY})(?:=(${INNER_LIST}|${ITEM}))?${PARAMETERS}`, 'y');
const COMMA = /[ \t]*,[ \t]*/y;

/** Key → value as it is written, "?1" where none is, the last of each key; null where the text is no dictionary. */
export function readDictionary(text: string): ReadonlyMap<string, string> | null {
  const members = new Map<string, string>();
  const trimmed = text.replace(/^ +| +$/g, '');
  for (let at = 0; at < trimmed.length; ) {
    const [member, key = '', value = '?1'] = take(MEMBER, trimmed, at) ?? [''];
    if (member === '') return null;
    members.set(key, value);
    at += member.length;
    if (at === trimmed.length) break;
    const [comma = ''] = take(COMMA, trimmed, at) ?? [];
    at += comma.length;
    if (comma === '' || at === trimmed.length) return null;
  }
  return members;
}

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
