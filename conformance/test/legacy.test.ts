/** Old applications: the probes in servers that are sound, what the claims decide, and the talk with a probe. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ApplicationMessage } from '../application/messages.ts';
import { legacyCases } from '../cases/legacy/index.ts';
import { certify } from '../certify.ts';
import { does, retells, tells } from '../faults/legacy/between.ts';
import { legacyFaults } from '../faults/legacy/index.ts';
import { interfaceOf, PROBE_FILES } from '../legacy/interface.ts';
import { sawOf, valuesOf } from '../legacy/saw.ts';
import { type Both, compare } from '../legacy/versions.ts';
import { claimedSuites } from '../selection.ts';
import { bundledTargets, packageRoot } from '../targets/bundled.ts';

for (const target of ['from-node', 'from-fetch', 'wsgi']) {
  const skip = bundledTargets().some(({ name, installed }) => name === target && installed)
    ? false
    : `${target} is not installed`;
  t.test(`${target} keeps what an old application is promised, in any order`, { timeout: 120_000, skip }, async t => {
    for (const seed of [1, 2]) {
      const { results, subject } = await certify(target, { suites: ['legacy'], seed, timeout: 10_000 });
      const face = interfaceOf(subject.claims);
      const own = legacyCases.filter(({ interfaces }) => face !== null && interfaces?.includes(face));
      t.same(
        results.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'not-applicable'),
        [],
      );
      t.equal(results.filter(({ verdict }) => verdict === 'pass').length, own.length, `all that are for ${face}`);
    }
  });
}

t.test('node:http2 is judged by no sentence on adapters', { timeout: 60_000 }, async t => {
  const { results } = await certify('node-handler', { suites: ['legacy'], timeout: 10_000 });
  const judged = results.filter(({ verdict }) => verdict !== 'not-applicable');
  t.ok(judged.length > 15);
  t.same(
    judged.flatMap(({ requirements }) => requirements).filter(id => id.startsWith('MSGI-')),
    [],
  );
  t.same(
    judged
      .filter(({ verdict, known }) => verdict === 'fail' && known === undefined)
      .map(({ id, seen }) => `${id}: ${seen}`),
    [],
  );
  t.ok(
    judged.some(({ known }) => known !== undefined),
    'what nghttp2 drops in silence is found',
  );
});

t.test('the sentences on adapters have cases, each with an interface', async t => {
  const rows = new Set(
    legacyCases.flatMap(({ requirement, also = [], adapter = [] }) => [requirement, ...also, ...adapter]),
  );
  for (const n of [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15])
    t.ok(rows.has(`MSGI-ADAPT-${n}` as never), `ADAPT-${n}`);
  for (let n = 1; n <= 15; n += 1) t.ok(rows.has(`MSGI-WSGI-${n}` as never), `WSGI-${n}`);
  for (const { id, requirement, also = [], claims = [] } of legacyCases) {
    const own = [requirement, ...also].some(row => row.startsWith('MSGI-'));
    t.ok(
      !own || claims.includes('adapter'),
      `${id} binds adapters alone where a sentence of the specification is its row`,
    );
  }
  const ids = new Set(legacyCases.map(({ id }) => id));
  t.ok(legacyFaults.every(({ fails }) => fails.every(id => ids.has(id))));
});

t.test('claims decide the suites and the probe', async t => {
  t.same(claimedSuites(['http2', 'legacy-asgi']), ['http2', 'legacy']);
  t.equal(interfaceOf(['http2']), null);
  t.equal(interfaceOf(new Set(['legacy-fetch'])), 'fetch');
  for (const file of Object.values(PROBE_FILES)) t.ok(readFileSync(join(packageRoot(), file)).length > 0, file);
});

t.test('the probes in Python are of the standard library, and of Python 3.9', async t => {
  const folder = join(packageRoot(), 'conformance/probes');
  const program = `
import ast, sys
for name in ('probe_control', 'wsgi_probe', 'asgi_probe'):
    tree = ast.parse(open(name + '.py').read(), feature_version=(3, 9))
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
        for one in names:
            assert one == 'probe_control' or one.split('.')[0] in sys.stdlib_module_names, one
print('sound')`;
  t.equal(execFileSync('python3', ['-c', program], { cwd: folder, encoding: 'utf8' }).trim(), 'sound');
});

t.test('what a probe says, in the words of HTTP', async t => {
  const wsgi = sawOf('wsgi', {
    environ: {
      REQUEST_METHOD: 'GET',
      PATH_INFO: '/a b',
      QUERY_STRING: 'q',
      HTTP_HOST: 'h',
      HTTP_X_A: '1',
      CONTENT_TYPE: '',
    },
  });
  t.match(wsgi, { method: 'GET', path: '/a b', query: 'q', hosts: ['h'], fields: ['x-a', '1'] });
  const node = sawOf('node', {
    url: '/a?b?c',
    rawHeaders: [':authority', 'h', 'host', 'other', 'Cookie', 'a=b', 'cookie', 'c=d'],
    headers: { cookie: 'a=b; c=d' },
  });
  t.match(node, { path: '/a', query: 'b?c', hosts: ['h'] });
  t.same(valuesOf(node, 'cookie'), ['a=b; c=d']);
  t.same(sawOf('asgi', { headers: ['host', 'h', 'host', 'g'] }).hosts, ['h', 'g']);
  t.match(sawOf('fetch', { url: 'https://h:1/a?b', headers: ['x', 'y'] }), {
    hosts: ['h:1'],
    scheme: 'https',
    query: 'b',
  });
});

t.test('two versions differ in what is theirs, and in nothing else', async t => {
  const saw = sawOf('asgi', { method: 'GET', path: '/k_same/x', headers: ['host', 'h', 'te', 'trailers'] });
  const common = { path: '/x', whole: true, status: 200 };
  const read = { octets: 0, hash: '', text: '', ended: true };
  const two: Both = { ...common, saw, read, fields: [':status', '200', 'b', '2', 'a', '1'], content: '' };
  const one = sawOf('asgi', { method: 'GET', path: '/k_same-1/x', headers: ['host', 'h', 'connection', 'close'] });
  const same: Both = { ...common, saw: one, read, fields: ['a', '1', 'date', 'now', 'b', '2'], content: '' };
  t.same(compare(two, same), []);
  t.same(compare(two, { ...same, fields: ['a', '1'] }), ['fields of the response ["a: 1","b: 2"] and ["a: 1"]']);
  t.same(compare(two, { ...same, status: 201 }), ['status 200 and 201']);
  t.same(compare(two, { ...same, path: '/y', whole: false }), [
    'path "/x" and "/y"',
    'end of the response true and false',
  ]);
});

t.test('a man in the middle of the talk with a probe', async t => {
  const report = (name: string): ApplicationMessage => ({ seq: 1, event: 'report', key: 'n1_a', name, data: { x: 1 } });
  t.match(tells('saw', data => ({ ...data, y: 2 }))().toKit?.(report('saw')), [{ data: { x: 1, y: 2 } }]);
  t.same(tells('saw', () => null)().toKit?.(report('did-1')), [report('did-1')]);
  t.equal(retells('closed', one => [one, one])().toKit?.(report('closed')).length, 2);
  const act = { do: 'act', key: 'n1_a', n: 1, verb: 'answer', with: {} } as const;
  t.match(does(() => ['fail', {}])().toApplication?.(act), [{ verb: 'fail', n: 1 }]);
  t.same(does(() => ['fail', {}])().toApplication?.({ do: 'end', attempt: 'n1' }), [{ do: 'end', attempt: 'n1' }]);
});
