/** What a run comes to, in words that need no knowledge of the kit. */
import { count, isKnownFailure, isUnexpectedPass, type Report, type Result } from '../result.ts';
import { ruleSentence } from './rule.ts';
import { subjectName } from './standing.ts';
import { plural, visible } from './text.ts';

/** Rules of the registry that the results settle. */
interface Rules {
  readonly checked: number;
  readonly broken: number;
  /** Broken only in cases that the manifest lists as known failures. */
  readonly known: number;
  readonly weak: number;
}

function rulesOf(results: readonly Result[]): Rules {
  const of = (chosen: (result: Result) => boolean): ReadonlySet<string> =>
    new Set(results.filter(chosen).flatMap(({ requirements }) => requirements));
  const broken = of(isBroken);
  const unexpected = of(result => isBroken(result) && !isKnownFailure(result));
  const weak = of(({ verdict }) => verdict === 'weak');
  return {
    checked: of(({ verdict }) => verdict !== 'not-applicable' && verdict !== 'error').size,
    broken: broken.size,
    known: broken.size - unexpected.size,
    weak: [...weak].filter(id => !broken.has(id)).length,
  };
}

function isBroken({ verdict }: Result): boolean {
  return verdict === 'fail' || verdict === 'flaky' || verdict === 'crash';
}

/** "nginx 1.22.1 breaks 7 of the 112 rules that were checked.", and what else must be known beside it. */
export function verdictSentences(report: Report): readonly string[] {
  const { results, selected } = report;
  const { crash, error } = count(results);
  const unexpected = results.filter(isUnexpectedPass);
  return [
    rulesSentence(visible(subjectName(report.subject)), rulesOf(results)),
    ...(crash > 0 ? [`It crashed in ${plural(crash, 'case')}.`] : []),
    ...(unexpected.length > 0 ? [unexpectedSentence(unexpected.length)] : []),
    ...(error > 0 ? [`${plural(error, 'case')} could not be judged, by no fault of the subject's.`] : []),
    ...(results.length < selected ? [`The run was cut short after ${results.length} of ${selected} cases.`] : []),
  ];
}

function rulesSentence(name: string, rules: Rules): string {
  if (rules.checked === 0) return `${name} was not judged: no rule could be checked.`;
  return `${name} ${rules.broken === 0 ? kept(rules) : broken(rules)}.`;
}

function kept({ checked, weak }: Rules): string {
  const all = checked === 1 ? 'the one rule that was' : `${checked === 2 ? 'both' : `all ${checked}`} rules that were`;
  const poorer = weak === checked ? ', but only weakly' : `, ${weak} of them only weakly`;
  return `keeps ${all} checked${weak === 0 ? '' : poorer}`;
}

function broken({ checked, broken, known, weak }: Rules): string {
  const some = checked === 1 ? 'the one rule that was checked' : `${broken} of the ${checked} rules that were checked`;
  const listed = known === broken ? ' (known failures)' : ` (${known} of them known failures)`;
  return `breaks ${some}${known === 0 ? '' : listed}${weak === 0 ? '' : `, and keeps ${weak} only weakly`}`;
}

function unexpectedSentence(cases: number): string {
  const them = cases === 1 ? 'it' : 'them';
  return `${plural(cases, 'known failure')} ${cases === 1 ? 'passes' : 'pass'} now: take ${them} off the target's list "expect".`;
}

/** Rules that some case found broken, in the order of the results, with the number of those cases. */
export function brokenRules(results: readonly Result[]): readonly Tally[] {
  const tallies = new Map<string, number>();
  for (const id of results.filter(isBroken).flatMap(({ requirements }) => requirements))
    tallies.set(id, (tallies.get(id) ?? 0) + 1);
  return [...tallies].map(([id, cases]) => ({ cases, what: ruleSentence(id) }));
}

/** Reasons told each by itself. */
const REASONS = 8;

export interface Tally {
  readonly cases: number;
  readonly what: string;
}

/** Why cases were not applicable, the most frequent reason first. */
export function notApplicable(results: readonly Result[]): readonly Tally[] {
  const tallies = new Map<string, number>();
  for (const result of results) {
    if (result.verdict !== 'not-applicable') continue;
    tallies.set(result.seen, (tallies.get(result.seen) ?? 0) + 1);
  }
  const all = [...tallies].map(([what, cases]) => ({ cases, what })).sort((a, b) => b.cases - a.cases);
  const rest = all.slice(REASONS).reduce((sum, { cases }) => sum + cases, 0);
  return rest === 0
    ? all
    : [...all.slice(0, REASONS), { cases: rest, what: 'for other reasons, which the report has' }];
}

/** The ids of the results by what was seen, in the order in which each was seen first. */
export function bySeen(results: readonly Result[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const { id, seen } of results) ids.set(seen, [...(ids.get(seen) ?? []), id]);
  return ids;
}
