/** Applications and middleware under the kit: sound ones pass, bad ones are found out, and none takes the kit down. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import schema from '../../spec/schemas/report.schema.json' with { type: 'json' };
import { certifyApplication, certifyMiddleware } from '../application/certify.ts';
import { requestsOf } from '../application/requests.ts';
import { exitStatus, type Report, type Result } from '../result.ts';
import { PACKAGE_ROOT } from '../version.ts';

// The processes of the cases run the build: the hooks of the test runner would only slow them down.
process.execArgv.length = 0;
delete process.env['NODE_OPTIONS'];

const isReport = new Ajv2020({ strict: false }).compile(schema);

function program(t: Test, text: string): string {
  const file = join(t.testdir(), 'program.mjs');
  writeFileSync(file, text);
  return file;
}

function resultOf(report: Report, id: string): Result {
  const found = report.results.find(one => one.id === id);
  if (found === undefined) throw new Error(`no result of ${id}`);
  return found;
}

for (const name of ['hello', 'echo', 'upload-limit']) {
  t.test(`examples/${name}.js keeps every rule`, async t => {
    const cases = ['app-answers', 'app-calls', 'app-failures', 'app-versions/http-1-0', 'app-memory'];
    const file = join(PACKAGE_ROOT, 'examples', `${name}.js`);
    const report = await certifyApplication(file, { cases, jobs: 3, timeout: 8000, seed: 1 });
    t.equal(exitStatus(report.results, report.selected, true), 0);
    t.equal(report.results.length, 15);
    for (const { id, verdict, seen } of report.results)
      t.ok(verdict === 'pass' || verdict === 'not-applicable', `${id}: ${verdict}, ${seen}`);
    t.ok(isReport(JSON.parse(JSON.stringify(report))), 'the report keeps its schema');
    const { transcript } = resultOf(report, 'app-answers/ended-when-settled');
    t.match(transcript[0], { direction: '>', type: 'request', payload: 'HTTP/2 GET /' });
    t.ok(transcript.some(({ direction, type }) => direction === '<' && /respond|start/.test(type)));
  });
}

t.test('an application that ends its process is a crash of the cases under it, and the run goes on', async t => {
  const file = program(
    t,
    `export default async x => {
      x.signal.addEventListener('abort', () => { console.error('good bye'); process.exit(3); });
      for await (const _ of x.body);
      x.respond(200);
    };`,
  );
  const cases = ['app-failures/reset-while-reading', 'app-answers/ended-when-settled'];
  const report = await certifyApplication(file, { cases, timeout: 8000 });
  t.match(resultOf(report, 'app-failures/reset-while-reading'), {
    verdict: 'crash',
    seen: 'the process of the application ended (exit status 3) under this case',
    output: 'good bye\n',
  });
  t.equal(resultOf(report, 'app-answers/ended-when-settled').verdict, 'pass');
  t.equal(exitStatus(report.results, report.selected), 1);
});

t.test('an application that never gives the event loop back fails the case, and the run goes on', async t => {
  const file = program(
    t,
    `export default async x => {
      x.signal.addEventListener('abort', () => { for (;;); });
      for await (const _ of x.body);
      x.respond(200);
    };`,
  );
  const cases = ['app-failures/reset-while-reading', 'app-answers/ended-when-settled'];
  const report = await certifyApplication(file, { cases, timeout: 3000, jobs: 1 });
  t.match(resultOf(report, 'app-failures/reset-while-reading'), {
    verdict: 'fail',
    reason: 'deadline',
    limited: true,
    seen: /does not give the event loop back: nothing for 3000 ms/,
  });
  t.equal(resultOf(report, 'app-answers/ended-when-settled').verdict, 'pass');
});

t.test('what breaks a rule in one case counts for the case that is about the rule', async t => {
  const file = program(
    t,
    `export default async x => {
      if (x.request.version === '1.1') x.respond(200, ['Upper', 'case']);
      else x.respond(200);
    };`,
  );
  const cases = ['app-versions/http-1-1', 'app-calls/right-arguments'];
  const report = await certifyApplication(file, { cases, timeout: 8000, requests: ['GET /'] });
  t.match(resultOf(report, 'app-calls/right-arguments'), {
    verdict: 'fail',
    reason: 'passive',
    seen: /"Upper".*\(MSGI-APP-3, seen in app-versions\/http-1-1\)/,
  });
});

t.test('what cannot be judged at all is said', async t => {
  const rejects = (text: string, message: RegExp): Promise<unknown> =>
    t.rejects(certifyApplication(program(t, text), { timeout: 2000 }), { name: 'TargetError', message });
  await rejects('export const app = 1;', /no application as its default export/);
  await rejects('export default 3 +;', /cannot be loaded: SyntaxError/);
  await rejects('export default () => new Promise(() => {});', /GET \/: no response within 1200 ms.*--request/);
  await rejects('process.exit(4);', /its process ended \(exit status 4\)/);
  await rejects('export default { app() {}, start() { throw new Error("no database"); } };', /no database/);
  await t.rejects(certifyApplication('/nowhere.js'), { message: '/nowhere.js: there is no such file' });
  await t.rejects(certifyMiddleware(program(t, 'export default 1;')), { message: /there is no middleware/ });
});

t.test('middleware that answers everything itself has nothing to be judged by', async t => {
  const file = program(t, 'export const middleware = () => x => x.respond(401);');
  const report = await certifyMiddleware(file, { cases: ['middleware/prefix-is-kept'], timeout: 8000 });
  t.match(report.results, [{ verdict: 'not-applicable', seen: /answers every request itself/ }]);
});

t.test('requests', async t => {
  t.match(requestsOf(undefined), [
    { method: 'GET', target: '/', content: null },
    { method: 'HEAD', target: '/', content: null },
    { method: 'POST', target: '/' },
  ]);
  t.match(requestsOf(['PUT /a?b', { target: '/c', fields: ['x-a', 'b'] }]), [
    { method: 'PUT', target: '/a?b', content: Uint8Array },
    { method: 'GET', target: '/c', fields: ['x-a', 'b'], content: null },
  ]);
  for (const line of ['/path', 'GET path', 'GET / HTTP/1.1', 'CONNECT /', 'G(T /'])
    t.throws(() => requestsOf([line]), { name: 'UsageError' }, line);
});
