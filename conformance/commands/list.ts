/** `msgi list`: the cases by chapter, or the rules by section of their RFC. */
import { Command, Option } from 'commander';
import {
  open,
  type Requirement,
  type RequirementId,
  registry,
  requirementIds,
  sourceOf,
} from '../../spec/registry/index.ts';
import type { NamedCase } from '../case.ts';
import { plural } from '../reporters/text.ts';
import { allCases, allSuites, requirementsOf, selectFrom } from '../selection.ts';
import { names } from './arguments.ts';

const EXAMPLES = `
Examples:
  msgi list                             every case, by chapter
  msgi list --suite application         the cases about applications
  msgi list --requirements              how much of each RFC and of MSGI is judged
  msgi list --format json | jq '.[].id'`;

interface Flags {
  readonly suite?: readonly string[];
  readonly requirements?: true;
  readonly format: 'pretty' | 'json';
}

export function listCommand(): Command {
  return new Command('list')
    .summary('list the cases, or the rules and how they are covered')
    .description('List the cases by chapter, or the rules by section with what judges them.')
    .option(
      '--suite <name,...>',
      'only the cases of these suites: http2, gateway, an area of it, process, legacy, abuse, application, middleware, host (default: all)',
      names,
    )
    .option('--requirements', 'the rules by section of their RFC')
    .addOption(new Option('--format <name>', 'what to print').choices(['pretty', 'json']).default('pretty'))
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => {
      const cases = flags.suite === undefined ? allCases : selectFrom(allSuites, { suites: flags.suite });
      process.stdout.write(`${flags.requirements ? requirements(cases, flags.format) : list(cases, flags.format)}\n`);
    });
}

function list(cases: readonly NamedCase[], format: Flags['format']): string {
  return format === 'json' ? JSON.stringify(cases.map(facts), null, 2) : chapters(cases).join('\n');
}

function facts(one: NamedCase): object {
  const { id, chapter, title, needs, limited, passive, disputed } = one;
  return { id, chapter, title, requirements: requirementsOf(one), needs, limited, passive, disputed };
}

function chapters(cases: readonly NamedCase[]): readonly string[] {
  const names = [...new Set(cases.map(({ chapter }) => chapter))];
  const ids = Math.max(0, ...cases.map(({ id }) => id.length));
  const rows = Math.max(0, ...cases.map(({ requirement }) => requirement.length));
  const rules = new Set(cases.flatMap(requirementsOf));
  const lines = names.flatMap(name => {
    const own = cases.filter(({ chapter }) => chapter === name);
    const line = (one: NamedCase): string => `  ${one.id.padEnd(ids)}  ${one.requirement.padEnd(rows)}  ${one.title}`;
    return [`${name} (${own.length})`, ...own.map(line), ''];
  });
  return [
    ...lines,
    `${plural(cases.length, 'case')} in ${plural(names.length, 'chapter')}, about ${plural(rules.size, 'rule')}`,
  ];
}

// --- rules -----------------------------------------------------------------------------------------------------------

/** How the rules of a section are judged. */
interface Coverage {
  readonly source: string;
  readonly section: string;
  readonly title: string;
  readonly rules: number;
  readonly wire: number;
  readonly gateway: number;
  readonly application: number;
  /** Rules that some case is about. */
  readonly covered: number;
  /** Rules on the list of those that have no case yet. */
  readonly open: number;
  /** Neither a case, nor on that list, nor a reason why no case can exist: a defect of the kit. */
  readonly unexplained: number;
}

function requirements(cases: readonly NamedCase[], format: Flags['format']): string {
  const covered: ReadonlySet<string> = new Set(cases.flatMap(requirementsOf));
  const sections = sectionsOf(requirementIds).map(ids => coverage(ids, covered));
  const totals = coverage(requirementIds, covered);
  if (format === 'json') {
    const { source, section, title, ...counts } = totals;
    return JSON.stringify({ sections, totals: counts, rules: requirementIds.map(id => standing(id, cases)) }, null, 2);
  }
  return table(sections, totals).join('\n');
}

/** What judges a rule, or why nothing does. */
function standing(id: RequirementId, cases: readonly NamedCase[]): object {
  const { judged, reason } = registry[id];
  const own = cases.filter(one => requirementsOf(one).includes(id)).map(one => one.id);
  return { id, judged, cases: own, open: open.has(id), ...(reason === undefined ? {} : { reason }) };
}

/** Ids of the same section, in the order of the registry. */
function sectionsOf(ids: readonly RequirementId[]): readonly (readonly RequirementId[])[] {
  const groups = new Map<string, RequirementId[]>();
  for (const id of ids) {
    const key = `${sourceOf(id)} ${registry[id].section}`;
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups.values()];
}

function coverage(ids: readonly RequirementId[], covered: ReadonlySet<string>): Coverage {
  const first = ids[0] as RequirementId;
  const count = (chosen: (id: RequirementId, row: Requirement) => boolean): number =>
    ids.filter(id => chosen(id, registry[id])).length;
  return {
    source: sourceOf(first),
    section: registry[first].section,
    title: registry[first].title,
    rules: ids.length,
    wire: count((_, { judged }) => judged === 'wire'),
    gateway: count((_, { judged }) => judged === 'gateway'),
    application: count((_, { judged }) => judged === 'application'),
    covered: count(id => covered.has(id)),
    open: count(id => open.has(id)),
    unexplained: count((id, { reason }) => !covered.has(id) && !open.has(id) && reason === undefined),
  };
}

const COLUMNS = ['rules', 'wire', 'gateway', 'application', 'covered', 'open', 'unexplained'] as const;

function table(sections: readonly Coverage[], totals: Coverage): readonly string[] {
  const name = ({ section, title }: Coverage): string => `  ${section.padEnd(8)}${title}`;
  const width = Math.max(...sections.map(one => name(one).length)) + 2;
  const row = (label: string, one: Coverage): string =>
    label.padEnd(width) + COLUMNS.map(column => `${one[column] || '-'}`.padStart(column.length + 2)).join('');
  const sources = [...new Set(sections.map(({ source }) => source))];
  return [
    ''.padEnd(width) + COLUMNS.map(column => `  ${column}`).join(''),
    ...sources.flatMap(source => [
      source,
      ...sections.filter(one => one.source === source).map(one => row(name(one), one)),
    ]),
    row('all', totals),
    '',
    "wire: judged by what the server sends; gateway: only with the kit's application behind it; application: at an",
    'application; the others bind clients, or leave a choice. covered: some case is about it; open: no case yet;',
    'unexplained: neither, and no reason given.',
  ];
}
