/** Which cases a run is about: suites, patterns over ids, and a share of them. */
import { randomInt } from 'node:crypto';
import { requirementIds } from '../spec/registry/index.ts';
import type { Case, NamedCase } from './case.ts';
import { abuseCases } from './cases/abuse/index.ts';
import { applicationCatalogue } from './cases/application/index.ts';
import { gatewayCases, gatewaySuites } from './cases/gateway/index.ts';
import { hostCatalogue } from './cases/host/index.ts';
import { catalogue, http2Cases } from './cases/index.ts';
import { legacyCases } from './cases/legacy/index.ts';
import { middlewareCatalogue } from './cases/middleware/index.ts';
import { processCases } from './cases/process/index.ts';
import { interfaceOf } from './legacy/interface.ts';
import { nearest } from './targets/nearest.ts';
import { UsageError } from './usage.ts';

/** Every suite of servers with its cases: what the wire shows, what needs the kit's application, each area of the latter, all. */
export const suites: Readonly<Record<string, readonly Case[]>> = {
  http2: http2Cases,
  gateway: gatewayCases,
  ...gatewaySuites,
  process: processCases,
  legacy: legacyCases,
  all: catalogue,
  abuse: abuseCases,
};

/** A pattern of cases of the suite that must be named to be run. */
const NAMES_ABUSE = /^abuse(\/|$)/;

/** The suites that the target claims. */
export function claimedSuites(claims: readonly string[]): readonly string[] {
  const named = ['gateway', 'process'].filter(claim => claims.includes(claim));
  return ['http2', ...named, ...(interfaceOf(claims) === null ? [] : ['legacy'])];
}

/** Every suite there is, as lists show them; those of programs and hosts are run by `certify --app`, `--middleware` and `--host`. */
export const allSuites: Readonly<Record<string, readonly NamedCase[]>> = {
  ...suites,
  application: applicationCatalogue,
  middleware: middlewareCatalogue,
  host: hostCatalogue,
};

/** Every case of every suite. */
export const allCases: readonly NamedCase[] = [...new Set(Object.values(allSuites).flat())];

export interface Shard {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

export interface Selection {
  readonly suites?: readonly string[];
  /** Globs over case ids, or ids of requirements or the beginning of them; none: all cases. */
  readonly cases?: readonly string[];
  readonly shard?: Shard;
}

/**
 * The cases chosen, in the order of the catalogue: of all of them where neither suites nor claims are given. Throws
 * UsageError for whatever chooses nothing.
 */
export function select(selection: Selection = {}, claims?: readonly string[]): readonly Case[] {
  return selectFrom(suites, { ...selection, suites: selection.suites ?? usualSuites(selection.cases ?? [], claims) });
}

/** The suites of a run that names none. Whoever names a case means it, claimed or not. */
export function usualSuites(cases: readonly string[], claims?: readonly string[]): readonly string[] {
  const usual = claims === undefined || cases.length > 0 ? ['all'] : claimedSuites(claims);
  return cases.some(pattern => NAMES_ABUSE.test(pattern)) ? [...usual, 'abuse'] : usual;
}

/** The same out of suites of another kind. */
export function selectFrom<T extends NamedCase>(
  from: Readonly<Record<string, readonly T[]>>,
  { suites: names = ['all'], cases = [], shard }: Selection,
): readonly T[] {
  const all = [...new Set(names.flatMap(name => suite(from, name)))];
  const matched = cases.map(pattern => matching(all, pattern));
  const chosen = cases.length === 0 ? all : all.filter(one => matched.some(some => some.includes(one)));
  return shard === undefined ? chosen : share(chosen, shard);
}

function suite<T>(from: Readonly<Record<string, readonly T[]>>, name: string): readonly T[] {
  const cases = Object.hasOwn(from, name) ? from[name] : undefined;
  if (cases === undefined) {
    throw new UsageError(`there is no suite "${name}": the suites are ${Object.keys(from).join(', ')}`);
  }
  return cases;
}

/** Cases in turn, as at a table: the shares differ by one case at most, and together they are the whole. */
function share<T>(cases: readonly T[], { index, of }: Shard): readonly T[] {
  const dealt = cases.filter((_, i) => i % of === index - 1);
  if (dealt.length > 0) return dealt;
  throw new UsageError(`shard ${index}/${of} has no case, for only ${cases.length} are chosen: use fewer shards`);
}

function matching<T extends NamedCase>(cases: readonly T[], pattern: string): readonly T[] {
  const matches = matcher(pattern);
  const found = cases.filter(one => matches(one.id) || requirementsOf(one).some(matches));
  if (found.length > 0) return found;
  throw new UsageError(`no case matches "${pattern}"${nearMatches(cases, pattern)}`);
}

export function requirementsOf({ requirement, also = [], adapter = [] }: NamedCase): readonly string[] {
  return [requirement, ...also, ...adapter];
}

/** "*" stands for anything; without one, the whole id or the beginning of it up to a "/" or ".". */
function matcher(pattern: string): (id: string) => boolean {
  if (!pattern.includes('*')) {
    const whole = pattern.replace(/[/.]$/, '');
    return id => id === whole || id.startsWith(`${whole}/`) || id.startsWith(`${whole}.`);
  }
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const glob = new RegExp(`^${parts.join('.*')}$`);
  return id => glob.test(id);
}

function nearMatches(cases: readonly NamedCase[], pattern: string): string {
  if (requirementIds.some(matcher(pattern))) return ': there are such rules, but no case is about them';
  const near = similar(
    pattern,
    cases.map(({ id }) => id),
  );
  return near.length > 0
    ? `; near it are ${near.join(', ')} (msgi list shows all)`
    : ': msgi list shows the ids of all cases';
}

/** Ids that share a word with what was asked for, and the one that is nearest in its letters. */
export function similar(asked: string, ids: readonly string[], most = 5): readonly string[] {
  const words = asked
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .filter(word => word.length > 2);
  const shared = (id: string): number => words.filter(word => id.includes(word)).length;
  const ranked = ids.filter(id => shared(id) > 0).sort((a, b) => shared(b) - shared(a));
  const best = nearest(asked, ids);
  return [...new Set([...(best === null ? [] : [best]), ...ranked])].slice(0, most);
}

/** A seed of 31 bits that nobody chose. */
export function randomSeed(): number {
  return randomInt(2 ** 31);
}
