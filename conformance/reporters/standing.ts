/** How a result counts, in the one way that every format and the exit status share (KIT: verdicts, exit status). */
import { isKnownFailure, isUnexpectedPass, type Result, type SubjectFacts } from '../result.ts';

/** `known`: a failure that the manifest lists; it fails nothing. `bad` fails the run, `error` is the kit's own. */
export type Standing = 'good' | 'weak' | 'bad' | 'known' | 'skipped' | 'error';

export function standing(result: Result, strict = false): Standing {
  if (isUnexpectedPass(result)) return 'bad';
  switch (result.verdict) {
    case 'pass':
      return 'good';
    case 'weak':
      return strict && !isKnownFailure(result) ? 'bad' : 'weak';
    case 'fail':
      return isKnownFailure(result) ? 'known' : 'bad';
    case 'flaky':
      return result.known === undefined ? 'bad' : 'known';
    case 'crash':
      return 'bad';
    case 'not-applicable':
      return 'skipped';
    case 'error':
      return 'error';
  }
}

/** What was seen; for a known failure that passes, the sentence that says what to do about it. */
export function seenOf(result: Result): string {
  if (!isUnexpectedPass(result)) return result.seen;
  return `it passes, though the target's list "expect" has it as a known failure (${result.known}): take it off the list`;
}

/** "settings/ack-with-payload" is of chapter "settings". */
export function chapterOf(id: string): string {
  return id.slice(0, Math.max(id.indexOf('/'), 0)) || id;
}

/** "nginx 1.22.1": of what a version command prints, the number alone. */
export function subjectName({ name, version }: SubjectFacts): string {
  const number = /\bv?\d+(\.\d+)+[\w.+-]*/.exec(version)?.[0] ?? version;
  return number === '' || number === 'unknown' ? name : `${name} ${number}`;
}

/** "weak 3, pass 2": how often each verdict came, where a case was tried more than once. */
export function triesOf({ tries }: Result): string | undefined {
  if (tries === undefined) return undefined;
  return Object.entries(tries)
    .map(([verdict, times]) => `${verdict} ${times}`)
    .join(', ');
}
