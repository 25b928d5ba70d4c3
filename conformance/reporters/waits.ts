/** Where the time went that the subject took, in words. */
import type { Report } from '../result.ts';
import { duration, plural } from './text.ts';

/** Kinds of waits told each by itself. */
const KINDS = 6;

/** A run of less needs no explanation, milliseconds. */
const USUAL_MS = 5000;

/** "The kit itself took 3.1 s of processor time in 21.4 s.": a subject that is slow all along shows in no wait. */
export function workSentence({ ms, cpu }: Report): string | null {
  if (cpu === undefined || ms < USUAL_MS) return null;
  return `The kit itself took ${duration(cpu)} of processor time in ${duration(ms)}.`;
}

/** "In 6.0 s of 9.3 s some case waited for the server, half a second and more at a time:", then what for; none for a short run. */
export function waitSentences({ ms, waited, results }: Report): readonly string[] {
  if (waited === undefined || ms < USUAL_MS) return [];
  const kinds = new Map<string, { ms: number; cases: number }>();
  for (const { waits = [] } of results) {
    const own = new Map(waits.map(wait => [kindOf(wait.for), wait.ms]));
    for (const [kind, longest] of own) {
      const known = kinds.get(kind) ?? { ms: 0, cases: 0 };
      kinds.set(kind, { ms: Math.max(known.ms, longest), cases: known.cases + 1 });
    }
  }
  const rows = [...kinds].sort(([, a], [, b]) => b.ms * b.cases - a.ms * a.cases);
  const told = rows.slice(0, KINDS).map(([kind, { ms: longest, cases }]) => {
    const time = `${cases > 1 ? 'up to ' : ''}${duration(longest)}`;
    return `${kind}: ${time}, ${plural(cases, 'case')}`;
  });
  const rest = rows.length - told.length;
  return [
    `In ${duration(waited)} of ${duration(ms)} some case waited for the subject, half a second and more at a time:`,
    ...told,
    ...(rest > 0 ? [`${plural(rest, 'other thing')}, which the report has`] : []),
  ];
}

/** "the end of the answer on stream n": it is the same wait whatever the number. */
function kindOf(what: string): string {
  return what.replace(/\b\d+\b/g, 'n');
}
