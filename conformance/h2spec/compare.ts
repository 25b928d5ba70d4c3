/** h2spec's verdicts beside the kit's, rule by rule: the registry says which case of h2spec is about which rule. */
import { type Requirement, type RequirementId, registry, requirementIds } from '../../spec/registry/index.ts';
import type { Result } from '../result.ts';
import type { H2specResult } from './junit.ts';
import { readings } from './readings.ts';

/** What the kit says of a rule: the worst of its cases. */
export type KitVerdict = 'pass' | 'weak' | 'fail' | 'crash';

export interface ComparedRule {
  readonly id: RequirementId;
  readonly rule: string;
  /** How far h2spec's cases cover the rule, and the registry's remark on them. */
  readonly coverage: string;
  readonly note: string | null;
  readonly h2spec: 'pass' | 'fail';
  readonly kit: KitVerdict;
  /** What the kit saw in the case that decides. */
  readonly seen: string;
  /** What h2spec saw in the case that decides; empty where it passes. */
  readonly detail: string;
  /** How the kit reads the rule where servers were seen on which the two disagree. */
  readonly reading: string | null;
  readonly kitCases: readonly string[];
  readonly h2specCases: readonly string[];
}

export interface Comparison {
  readonly agreements: readonly ComparedRule[];
  readonly disagreements: readonly ComparedRule[];
  /** Rules on which only one of the two has a verdict. */
  readonly onlyKit: number;
  readonly onlyH2spec: number;
}

const WORST_FIRST: readonly KitVerdict[] = ['crash', 'fail', 'weak', 'pass'];

/** Cases that did not apply, raced or could not be judged have no voice. */
export function compare(h2specResults: readonly H2specResult[], kitResults: readonly Result[]): Comparison {
  const rules = requirementIds.map(id => ({
    id,
    kit: kitCases(id, kitResults),
    h2spec: h2specCases(id, h2specResults),
  }));
  const both = rules.filter(({ kit, h2spec }) => kit.length > 0 && h2spec.length > 0);
  const compared = both.map(({ id, kit, h2spec }) => compareRule(id, kit, h2spec));
  return {
    agreements: compared.filter(agrees),
    disagreements: compared.filter(rule => !agrees(rule)),
    onlyKit: rules.filter(({ kit, h2spec }) => kit.length > 0 && h2spec.length === 0).length,
    onlyH2spec: rules.filter(({ kit, h2spec }) => kit.length === 0 && h2spec.length > 0).length,
  };
}

/** `weak` is allowed by the RFC, so h2spec agrees where it passes. */
function agrees({ kit, h2spec }: ComparedRule): boolean {
  return (h2spec === 'pass') === (kit === 'pass' || kit === 'weak');
}

function kitCases(id: RequirementId, results: readonly Result[]): readonly Result[] {
  return results.filter(({ requirements, verdict }) => requirements.includes(id) && isKitVerdict(verdict));
}

function isKitVerdict(verdict: string): verdict is KitVerdict {
  return WORST_FIRST.some(known => known === verdict);
}

function h2specCases(id: RequirementId, results: readonly H2specResult[]): readonly H2specResult[] {
  const { cases = [] } = registry[id].h2spec ?? {};
  return results.filter(result => cases.includes(result.id) && result.verdict !== 'skip');
}

function compareRule(id: RequirementId, kit: readonly Result[], h2spec: readonly H2specResult[]): ComparedRule {
  const row: Requirement = registry[id];
  const ranked = [...kit].sort((a, b) => rank(a) - rank(b));
  const decides = ranked[0] as Result;
  const failed = h2spec.find(({ verdict }) => verdict === 'fail');
  return {
    id,
    rule: row.rule,
    coverage: row.h2spec?.coverage ?? 'none',
    note: row.h2spec?.note ?? null,
    h2spec: failed === undefined ? 'pass' : 'fail',
    kit: decides.verdict as KitVerdict,
    seen: decides.seen,
    detail: failed?.detail ?? '',
    reading: readings[id] ?? null,
    kitCases: ranked.map(result => result.id),
    h2specCases: h2spec.map(result => result.id),
  };
}

function rank({ verdict }: Result): number {
  return WORST_FIRST.indexOf(verdict as KitVerdict);
}

/** Lines for people, ending in a newline: the counts, then every disagreement. */
export function formatComparison(comparison: Comparison): string {
  const { agreements, disagreements, onlyKit, onlyH2spec } = comparison;
  const compared = agreements.length + disagreements.length;
  return [
    ...table(comparison),
    '',
    `${compared} rules judged by both: ${agreements.length} agree, ${disagreements.length} disagree.`,
    `${onlyKit} more by the kit alone, ${onlyH2spec} by h2spec alone.`,
    ...disagreements.flatMap(rule => ['', ...formatRule(rule)]),
    '',
  ].join('\n');
}

/** Counts: the kit's verdicts downwards, h2spec's across. */
function table({ agreements, disagreements }: Comparison): readonly string[] {
  const compared = [...agreements, ...disagreements];
  const number = (kit: KitVerdict, h2spec: 'pass' | 'fail') =>
    String(compared.filter(rule => rule.kit === kit && rule.h2spec === h2spec).length).padStart(14);
  const rows = [...WORST_FIRST]
    .reverse()
    .map(kit => `kit ${kit.padEnd(6)}${number(kit, 'pass')}${number(kit, 'fail')}`);
  return [`${' '.repeat(10)}${'h2spec pass'.padStart(14)}${'h2spec fail'.padStart(14)}`, ...rows];
}

const COVERAGE: Readonly<Record<string, string>> = {
  full: 'tests the rule in full',
  partial: 'tests a part of the rule',
  outdated: 'tests the rule as RFC 7540 had it',
};

function formatRule(rule: ComparedRule): readonly string[] {
  const lines = [
    `${rule.id}  kit ${rule.kit}, h2spec ${rule.h2spec}`,
    `  rule    ${rule.rule}`,
    `  kit     ${rule.seen}  [${rule.kitCases.join(', ')}]`,
    `  h2spec  ${COVERAGE[rule.coverage] ?? rule.coverage}  [${rule.h2specCases.join(', ')}]`,
  ];
  const actual = rule.detail.split('\n').at(-1);
  if (actual) lines.push(`          it saw: ${actual}`);
  if (rule.note !== null) lines.push(`          ${rule.note}`);
  lines.push(`  reading ${rule.reading ?? 'none yet: a server on which the two disagree here is new to us'}`);
  return lines;
}
