/** {port}, {dir} and the others that a manifest and its templates leave to the kit. */
import { suggestion } from './nearest.ts';
import { TargetError } from './target.ts';

export const PLACEHOLDERS = [
  'port',
  'tlsport',
  'originport',
  'dir',
  'cert',
  'key',
  'node',
  'package',
  'manifest',
  'application',
  'host',
  'probe',
] as const;

export type Values = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

/** Doubled braces escape. A word in braces has lower-case letters only, so that blocks of configuration files are none. */
const WORD = /\{\{([a-z]+)\}\}|\{([a-z]+)\}/g;

/** What is wrong with the first unknown placeholder of `text`, and its line from 1; null where all are known. */
export function unknownPlaceholder(text: string): { readonly line: number; readonly complaint: string } | null {
  for (const { index, 0: whole, 2: word } of text.matchAll(WORD)) {
    if (word === undefined || PLACEHOLDERS.some(name => name === word)) continue;
    const known = PLACEHOLDERS.map(name => `{${name}}`).join(' ');
    const hint = suggestion(word, PLACEHOLDERS) || ':';
    const complaint = `unknown placeholder ${whole}${hint} known are ${known}; a literal ${whole} is written {${whole}}`;
    return { line: text.slice(0, index).split('\n').length, complaint };
  }
  return null;
}

/** Fills in the placeholders of `text`; `where` names the file in errors. Throws TargetError where one is unknown. */
export function fill(text: string, values: Values, where: string): string {
  const unknown = unknownPlaceholder(text);
  if (unknown !== null) throw new TargetError(`${where}:${unknown.line}: ${unknown.complaint}`);
  return text.replace(WORD, (_, escaped: string | undefined, word: keyof Values) =>
    escaped === undefined ? values[word] : `{${escaped}}`,
  );
}

/** Whether `text` leaves `{name}` to the kit. */
export function mentions(text: string, name: keyof Values): boolean {
  return text.replaceAll(`{{${name}}}`, '').includes(`{${name}}`);
}
