/** Values of flags: each parser takes the word and gives the value, or says what a right one looks like. */
import { InvalidArgumentError } from 'commander';
import type { Shard } from '../selection.ts';

/** A whole number from `least` on. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (word: string) => number {
  return word => {
    const value = /^[0-9]+$/.test(word) ? Number(word) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `Give a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}.`,
    );
  };
}

/** "2/5" is the second of five shares. */
export function shard(word: string): Shard {
  const [, index = 0, of = 0] = (/^([0-9]+)\/([0-9]+)$/.exec(word) ?? []).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new InvalidArgumentError('Give i/n with i from 1 to n: 2/5 is the second of five shares.');
}

/** "a,b" or the flag twice. */
export function names(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...word.split(',').filter(name => name !== '')];
}

/** The flag may stand several times. */
export function several(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

/** "upload=/path". Which names there are is for the target to say. */
export function resource(
  word: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = word.indexOf('=');
  if (at > 0) return { ...before, [word.slice(0, at)]: word.slice(at + 1) };
  throw new InvalidArgumentError(
    'Give name=/path, as in upload=/upload; the names are small, large, upload and other.',
  );
}

/** The words of a command as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
