/** What holds for the catalogue, the faults and the registry as a whole, without a server. */
import t from 'tap';
import { registry, requirementIds, sourceOf } from '../../spec/registry/index.ts';
import { catalogue } from '../cases/index.ts';
import { faults } from '../faults/index.ts';
import { coverage, openErrors } from '../open-rows.ts';

t.test('every row has a case, a reason, or stands in open.json', async t => {
  t.same(openErrors(catalogue), []);
  const { covered, reasoned, waiting } = coverage(catalogue);
  t.equal(covered.length + reasoned.length + waiting.length, requirementIds.length, 'and none is counted twice');
});

t.test('a row says what a reader needs', async t => {
  for (const id of requirementIds) {
    const row = registry[id];
    const own = sourceOf(id) === 'MSGI';
    const placed = own || id.startsWith(`${sourceOf(id).replace('RFC ', 'rfc')}/${row.section}/`);
    const whole = row.rule !== '' && row.section !== '' && row.title !== '' && placed;
    if (own && whole) continue;
    const judged = row.judged === 'wire' || row.judged === 'gateway';
    const explained = judged ? row.verdict !== undefined && row.stimulus !== undefined : row.reason !== undefined;
    if (!whole || !explained) t.fail(`${id} is not whole`, { row });
  }
  t.equal(requirementIds.filter(id => sourceOf(id) !== 'MSGI').length, 536);
});

t.test('case ids are slugs, used once, in their chapter', async t => {
  const ids = catalogue.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length, 'no id is used twice');
  for (const { id, chapter, title } of catalogue) {
    t.match(id, /^[a-z0-9-]+\/[a-z0-9-]+$/);
    t.ok(id.startsWith(`${chapter}/`), id);
    t.match(title, /^[A-Z].*\.$/, `${id}: a title is a sentence`);
  }
});

t.test('every case has a fault, and every fault a case', async t => {
  const ids = new Set(catalogue.map(({ id }) => id));
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
    t.match(clause, /^(RFC \d+|MSGI-[A-Z]+-\d+$)/, `${id} names its clause`);
    t.match(deviation, /^[A-Z].*\.$/, `${id}: a deviation is a sentence`);
  }
});

t.test('few cases may rest on a time limit', async t => {
  t.ok(catalogue.filter(({ limited }) => limited).length <= 4);
});
