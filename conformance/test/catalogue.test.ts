/** What holds for the catalogue, the faults and the registry as a whole, without a server. */
import t from 'tap';
import { registry, requirementIds, sourceOf } from '../../spec/registry/index.ts';
import { recordOf, vulnerabilities } from '../abuse/sources.ts';
import { applicationCatalogue } from '../cases/application/index.ts';
import { hostCatalogue } from '../cases/host/index.ts';
import { catalogue, provable } from '../cases/index.ts';
import { middlewareCatalogue } from '../cases/middleware/index.ts';
import { applicationFaults } from '../faults/applications/index.ts';
import { hostFaults } from '../faults/host/index.ts';
import { faults } from '../faults/index.ts';
import { coverage, openErrors } from '../open-rows.ts';
import { allCases, select, suites } from '../selection.ts';

t.test('every row has a case, a reason, or stands in open.json', async t => {
  t.same(openErrors(allCases), []);
  const { covered, reasoned, waiting } = coverage(allCases);
  t.equal(covered.length + reasoned.length + waiting.length, requirementIds.length, 'and none is counted twice');
});

t.test('a row says what a reader needs', async t => {
  const rows = requirementIds.filter(id => id.startsWith('rfc'));
  for (const id of rows) {
    const row = registry[id];
    const own = sourceOf(id) === 'MSGI';
    const placed = own || id.startsWith(`${sourceOf(id).replace('RFC ', 'rfc')}/${row.section}/`);
    const whole = row.rule !== '' && row.section !== '' && row.title !== '' && placed;
    if (own && whole) continue;
    const judged = row.judged === 'wire' || row.judged === 'gateway';
    const explained = judged ? row.verdict !== undefined && row.stimulus !== undefined : row.reason !== undefined;
    if (!whole || !explained) t.fail(`${id} is not whole`, { row });
  }
  const old = rows.filter(id => id.startsWith('rfc3875/') || id === 'rfc9110/6/i1');
  const semantics = rows.filter(id => (id.startsWith('rfc9110/') || id.startsWith('rfc8297/')) && !old.includes(id));
  t.equal(rows.length - semantics.length - old.length, 536, 'of HTTP/2, HPACK and their extensions');
  t.equal(semantics.length, 34, 'of the semantics that a response shows, counted apart');
  t.equal(old.length, 4, 'of what old interfaces rest on');
});

t.test('a sentence of MSGI is a row, too', async t => {
  for (const id of requirementIds.filter(one => one.startsWith('MSGI-'))) {
    const { rule, section, title, judged, reason } = registry[id];
    const whole = rule !== '' && /^\d+(\.\d+)?$/.test(section) && title !== '';
    if (!whole || (judged === 'none') !== (reason !== undefined)) t.fail(`${id} is not whole`, { row: registry[id] });
  }
  t.match(registry['MSGI-APP-1'], { section: '1.6', title: 'What an application owes', judged: 'application' });
});

t.test('case ids are slugs, used once, in their chapter', async t => {
  const ids = allCases.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length, 'no id is used twice');
  for (const { id, chapter, title } of allCases) {
    t.match(id, /^[a-z0-9-]+\/[a-z0-9-]+$/);
    t.ok(id.startsWith(`${chapter}/`), id);
    t.match(title, /^[A-Z].*\.$/, `${id}: a title is a sentence`);
  }
});

t.test('every case has a fault, and every fault a case', async t => {
  const ids = new Set(provable.map(({ id }) => id));
  const proved = new Set(faults.flatMap(({ fails }) => fails));
  t.same(
    [...ids].filter(id => !proved.has(id)),
    [],
    'cases without a fault',
  );
  t.same(
    [...proved].filter(id => !ids.has(id)),
    [],
    'faults of cases that do not exist',
  );
  t.equal(new Set(faults.map(({ id }) => id)).size, faults.length, 'no fault id is used twice');
  for (const { id, clause, deviation } of faults) {
    t.match(clause, /^(RFC \d+|PEP 3333, |ASGI, |MSGI-[A-Z]+-\d+$)/, `${id} names its clause`);
    t.match(deviation, /^[A-Z].*\.$/, `${id}: a deviation is a sentence`);
  }
});

t.test('every case on programs has a bad program, and every bad program a case', async t => {
  const cases = [...applicationCatalogue, ...middlewareCatalogue];
  const ids = cases.map(({ id }) => id);
  const proved = applicationFaults.flatMap(({ fails }) => fails);
  t.strictSame([...new Set(proved)].sort(), [...ids].sort());
  t.equal(new Set(applicationFaults.map(({ id }) => id)).size, applicationFaults.length, 'no fault id is used twice');
  for (const { id, clause, deviation, fails } of applicationFaults) {
    t.match(deviation, /^[A-Z].*\.$/, `${id}: a deviation is a sentence`);
    for (const one of cases.filter(({ id }) => fails.includes(id)))
      t.equal(one.requirement, clause, `${id} breaks the sentence that ${one.id} is about`);
  }
});

t.test('every case on hosts has a wrong host, and every wrong host a case', async t => {
  const proved = hostFaults.flatMap(({ fails }) => fails);
  t.strictSame([...new Set(proved)].sort(), hostCatalogue.map(({ id }) => id).sort());
  t.equal(new Set(hostFaults.map(({ id }) => id)).size, hostFaults.length, 'no fault id is used twice');
  for (const { id, clause, deviation, fails } of hostFaults) {
    t.match(deviation, /^[A-Z].*\.$/, `${id}: a deviation is a sentence`);
    t.ok(fails.length <= 5, `${id} fails few`);
    for (const { requirement, also = [] } of hostCatalogue.filter(one => fails.includes(one.id)))
      t.ok([requirement, ...also].includes(clause as typeof requirement), `${id} breaks the sentence of its cases`);
  }
});

t.test('an abuse says what it sends, and is in no suite but its own', async t => {
  const abuses = suites['abuse'] ?? [];
  t.ok(abuses.length > 0);
  for (const { id, abuse } of abuses) t.match(abuse?.bound, /^[0-9]/, `${id} has a bound`);
  const others = Object.entries(suites).filter(([name]) => name !== 'abuse');
  for (const [name, cases] of others)
    t.notOk(
      cases.some(({ abuse }) => abuse !== undefined),
      name,
    );
  for (const claims of [['http2'], ['http2', 'gateway', 'process']])
    t.notOk(select({}, claims).some(({ abuse }) => abuse !== undefined));
  t.notOk(select({ cases: ['rfc9113/10.5*', '*reset*'] }).some(({ abuse }) => abuse !== undefined));
  t.ok(select({ cases: ['abuse/rapid-reset'] }).length === 1, 'but to who names it');
  const named = new Set(abuses.flatMap(({ abuse }) => abuse?.cve ?? []));
  t.strictSame([...named].sort(), Object.keys(vulnerabilities).sort(), 'every vulnerability has a case');
  t.match(recordOf('CVE-2025-8671'), /\/cves\/2025\/8xxx\/CVE-2025-8671\.json$/);
});

t.test('few cases may rest on a time limit', async t => {
  t.ok(catalogue.filter(({ limited }) => limited).length <= 5);
});
