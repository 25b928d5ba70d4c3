/** `msgi explain`: a case, or a rule, in words. */
import { Command } from 'commander';
import { open, type Requirement, type RequirementId, registry, requirementIds } from '../../spec/registry/index.ts';
import { recordOf, vulnerabilities } from '../abuse/sources.ts';
import type { Case, NamedCase } from '../case.ts';
import type { Fault } from '../faults/fault.ts';
import type { GatewayFault } from '../faults/gateway/fault.ts';
import { readings } from '../h2spec/readings.ts';
import { ruleSentence, sectionName } from '../reporters/rule.ts';
import { wrap } from '../reporters/text.ts';
import { allCases, allSuites, requirementsOf, similar } from '../selection.ts';
import { UsageError } from '../usage.ts';

const EXAMPLES = `
Examples:
  msgi explain settings/ack-with-payload     a case
  msgi explain rfc9113/6.5/5                 a rule
  msgi explain MSGI-APP-5                    a sentence of the MSGI specification`;

export function explainCommand(): Command {
  return new Command('explain')
    .summary('explain a case or a rule')
    .description('Explain a case or a rule: what is demanded, of whom, how it is judged, and what makes it fail.')
    .argument('<id>', 'id of a case or of a requirement (msgi list shows them)')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string) => {
      const { faults } = await import('../faults/index.ts');
      const { applicationFaults } = await import('../faults/applications/index.ts');
      const { hostFaults } = await import('../faults/host/index.ts');
      process.stdout.write(`${explain(id, [...faults, ...applicationFaults, ...hostFaults]).join('\n')}\n`);
    });
}

/** Throws UsageError for an id that is neither. */
export function explain(id: string, faults: readonly AnyFault[]): readonly string[] {
  const found = allCases.find(one => one.id === id);
  if (found !== undefined) return explainCase(found, faults);
  if (Object.hasOwn(registry, id)) return explainRule(id as RequirementId);
  const near = similar(id, [...allCases.map(one => one.id), ...requirementIds]);
  const hint = near.length > 0 ? `: near it are ${near.join(', ')}` : '';
  throw new UsageError(`there is no case and no rule "${id}"${hint} (msgi list shows all cases)`);
}

type AnyFault = Pick<Fault | GatewayFault, 'id' | 'deviation' | 'fails'>;

type Part = readonly [label: string, texts: readonly (string | undefined)[]];

/** What only cases of gateways have. */
type Hosted = Partial<Pick<Case, 'app' | 'alone'>>;

function explainCase(one: NamedCase & Hosted, faults: readonly AnyFault[]): readonly string[] {
  const { id, title, needs = [], limited, passive, handshake, disputed } = one;
  const { abuse } = one;
  const hosted = abuse === undefined ? one.app !== undefined : abuse.hosted === true;
  const claimed = hosted || abuse !== undefined ? [...(hosted ? ['gateway'] : []), ...(one.claims ?? [])] : [];
  const remarks = [
    passive ? 'what the subject sends on its own in any other case counts here too' : undefined,
    handshake ? 'looks at the handshake alone' : undefined,
    one.alone === undefined ? undefined : 'has an instance of the subject to itself',
    limited ? 'may rest on a time limit, so it runs last' : undefined,
  ];
  return [
    `${id}: ${title}`,
    '',
    ...paragraphs([
      ...requirementsOf(one).map((row): Part => ['rule', [ruleSentence(row), sectionName(row)]]),
      ['verdict', [registry[one.requirement].verdict]],
      ['disputed', [disputed]],
      ['sends', [abuse?.bound]],
      ['after', abuse?.cve.map(cve => `${cve}: ${vulnerabilities[cve]} (${recordOf(cve)})`) ?? []],
      ['needs', [...needs.map(need => NEEDS[need]), ...claimed.map(claim => `a target that claims "${claim}"`)]],
      ['remarks', remarks],
      ['fault', faults.filter(({ fails }) => fails.includes(id)).map(fault => `${fault.deviation} (${fault.id})`)],
      ['run it', [`msgi certify ${SUBJECTS[suiteOf(one)] ?? 'TARGET'} --case ${id}`]],
    ]),
  ];
}

/** What a suite is about, as `certify` is told it. */
const SUBJECTS: Readonly<Record<string, string>> = {
  application: '--app FILE',
  middleware: '--middleware FILE',
  host: "--host 'COMMAND'",
};

function suiteOf(one: NamedCase): string {
  return Object.keys(allSuites).find(name => allSuites[name]?.includes(one)) ?? '';
}

const NEEDS: Readonly<Record<NonNullable<NamedCase['needs']>[number], string>> = {
  large: 'a resource of at least 100,000 octets (--resource large=/path)',
  upload: 'a resource that reads the whole body of a POST (--resource upload=/path)',
  other: 'a resource with another answer (--resource other=/path)',
  tls: 'an address with TLS',
};

function explainRule(id: RequirementId): readonly string[] {
  const row = registry[id];
  const cases = allCases.filter(one => requirementsOf(one).includes(id));
  return [
    `${id}: ${row.rule}`,
    '',
    ...paragraphs([
      ['section', [sectionName(id)]],
      ['level', [`${row.level}; binds the ${row.binds === 'both' ? 'client and the server' : row.binds}`]],
      ['judged', [JUDGED[row.judged], row.reason]],
      ['stimulus', [row.stimulus]],
      ['verdict', [row.verdict]],
      ['needs', [row.needs?.join(', ')]],
      ['changed', [row.changed]],
      ['h2spec', [h2specSentence(row)]],
      ['reading', [readings[id]]],
      ['cases', cases.length > 0 ? cases.map(one => `${one.id}: ${one.title}`) : [caseless(id, row)]],
    ]),
  ];
}

const JUDGED: Readonly<Record<Requirement['judged'], string>> = {
  wire: 'by what the server sends',
  gateway: "only with the kit's application behind the server",
  application: 'at an application, which the kit hosts',
  client: 'only at a client',
  none: 'not at all',
};

function h2specSentence({ h2spec }: Requirement): string | undefined {
  if (h2spec === undefined) return undefined;
  const cases = h2spec.cases.length > 0 ? `: ${h2spec.cases.join(', ')}` : '';
  const note = h2spec.note === undefined ? '' : ` (${h2spec.note})`;
  return h2spec.coverage === 'none'
    ? `does not cover it${note}`
    : `${COVERAGE[h2spec.coverage] ?? h2spec.coverage}${cases}${note}`;
}

const COVERAGE: Readonly<Record<string, string>> = {
  full: 'covers it',
  partial: 'covers a part of it',
  outdated: 'covers it as RFC 7540 had it',
};

function caseless(id: string, { reason }: Requirement): string {
  if (open.has(id)) return 'none yet: it is on the list of open rules';
  return reason === undefined ? 'none yet' : 'none, for the reason above';
}

/** "label     text", texts below each other and wrapped under themselves; labels without a text are left out. */
function paragraphs(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(([label, texts]) => {
    const width = Math.max(process.stdout.columns ?? 100, 40) - LABEL;
    const lines = texts.flatMap(text => (text === undefined ? [] : wrap(text, width)));
    return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(LABEL)}${line}`);
  });
}

const LABEL = 10;
