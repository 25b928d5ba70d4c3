/** Hosts under the kit: sound ones in two languages pass, and what is no host is told as such. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import schema from '../../spec/schemas/report.schema.json' with { type: 'json' };
import { hostCatalogue } from '../cases/host/index.ts';
import { certifyHost, filled, wordsOf } from '../host/certify.ts';
import { exitStatus, type Report } from '../result.ts';
import { PACKAGE_ROOT } from '../version.ts';

// The hosts are the build: the hooks of the test runner would only slow them down.
process.execArgv.length = 0;
delete process.env['NODE_OPTIONS'];

const OWN = ['{node}', '{package}/dist/msgi.js', 'process', '{application}'];
const HOSTS = join(PACKAGE_ROOT, 'hosts', 'python-host');

const isReport = new Ajv2020({ strict: false }).compile(schema);

/** What is not passed, for a message. */
const failures = ({ results }: Report): readonly string[] =>
  results.filter(({ verdict }) => verdict !== 'pass').map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`);

t.test('msgi process keeps every rule, in any order', { timeout: 240_000 }, async t => {
  const report = await certifyHost(OWN, { seed: 1, timeout: 20_000 });
  t.same(failures(report), []);
  t.equal(report.results.length, hostCatalogue.length);
  t.ok(isReport(JSON.parse(JSON.stringify(report))), 'the report keeps its schema');
  t.match(report, { suites: ['host'], subject: { name: OWN.join(' '), claims: ['host'] } });
});

/** Why the host in Python cannot be used here, or false. */
function withoutPython(): string | false {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  try {
    execFileSync('/usr/bin/python3', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no python3';
  }
}

t.test('a host in Python keeps every rule, three times', { skip: withoutPython(), timeout: 240_000 }, async t => {
  const command = ['/usr/bin/python3', join(HOSTS, 'host.py'), join(HOSTS, 'application.py')];
  const report = await certifyHost(command, { seed: 2, timeout: 20_000, repeat: 3 });
  t.same(failures(report), []);
  t.equal(exitStatus(report.results, report.selected, true), 0);
});

t.test('what is no host is told, and by what', async t => {
  const cases = ['host/heads-wait-for-nobody'];
  const rejects = (command: readonly string[], message: RegExp): Promise<unknown> =>
    t.rejects(certifyHost(command, { cases, timeout: 2000 }), { name: 'TargetError', message });
  await rejects(['/nowhere/host'], /the host cannot be started: .*ENOENT/);
  await rejects(['sh', '-c', 'echo of no use >&2; exit 3'], /ends the pipe.*start of the application[\s\S]*of no use/);
  const web = ['sh', '-c', 'echo "HTTP/1.1 400 Bad Request"; cat > /dev/null'];
  await rejects(web, /there are no frames on the pipe, but "HTTP\/1.1 400/);
  await t.rejects(certifyHost(['x', '{aplication}']), { name: 'UsageError', message: /knows no \{aplication\}/ });
});

t.test('a host that ends under a case is a crash of that, and the run goes on', { timeout: 60_000 }, async t => {
  const file = join(t.testdir(), 'application.mjs');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(
    file,
    `import { application } from ${JSON.stringify(filled('{application}'))};
    const app = x => {
      if (x.request.target.includes('/heads-wait-for-nobody/b')) {
        console.error('good bye');
        process.exit(3);
      }
      return application.app(x);
    };
    export default { ...application, app };`,
  );
  const cases = ['host/heads-wait-for-nobody', 'host/room-is-kept'];
  const report = await certifyHost([...OWN.slice(0, -1), file], { cases, timeout: 10_000, jobs: 1 });
  t.match(
    report.results.map(({ id, verdict, seen, output }) => ({ id, verdict, seen, output })),
    [
      { id: 'host/heads-wait-for-nobody', verdict: 'crash', seen: /ended \(exit status 3\)/, output: /good bye/ },
      { id: 'host/room-is-kept', verdict: 'pass' },
    ],
  );
});

t.test('words of a command', async t => {
  t.same(wordsOf(`node 'a b'/c "d e" {application}`), ['node', 'a b/c', 'd e', '{application}']);
  for (const command of ['', '  ', `node 'a`]) t.throws(() => wordsOf(command), { name: 'UsageError' }, command);
  t.equal(filled('--app={application}').endsWith('/dist/conformance/host/application.js'), true);
});
