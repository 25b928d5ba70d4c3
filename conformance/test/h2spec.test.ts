import { chmodSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type RequirementId, registry, requirementIds } from '../../spec/registry/index.ts';
import { compare, findH2spec, formatComparison, runH2spec } from '../h2spec/index.ts';
import { parseJunit } from '../h2spec/junit.ts';
import { readings } from '../h2spec/readings.ts';
import type { Result, Verdict } from '../result.ts';
import type { Target } from '../targets/index.ts';

/** In the form of h2spec's reports: suites without cases, wrong answers as errors, texts with entities. */
const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="6.5. SETTINGS" package="http2/6.5" id="6.5" tests="3" skipped="1" failures="0" errors="1">
    <testcase package="http2/6.5" classname="Sends a first thing" time="0.0001"></testcase>
    <testcase package="http2/6.5" classname="Sends &#34;quoted&#34; &amp; more" time="2.0010">
      <error>GOAWAY Frame (Error Code: FRAME_SIZE_ERROR)&#xA;Connection closed
Timeout</error>
    </testcase>
    <testcase package="http2/6.5" classname="Sends a third thing" time="0.0001">
      <skipped></skipped>
    </testcase>
  </testsuite>
  <testsuite name="8. HTTP" package="http2/8" id="8" tests="0" skipped="0" failures="0" errors="0"></testsuite>
  <testsuite name="4.2. Maximum Table Size" package="hpack/4.2" id="4.2" tests="1" skipped="0" failures="0" errors="0">
    <testcase package="hpack/4.2" classname="Sends an update" time="0.0001"></testcase>
  </testsuite>
</testsuites>
`;

function resultFor(requirement: RequirementId, verdict: Verdict, id: string = requirement): Result {
  const seen = `saw ${verdict}`;
  return { id, requirements: [requirement], title: '', verdict, expected: '', seen, ms: 1, transcript: [], rerun: '' };
}

/** A rule that the registry links to a case of h2spec. */
function rowOf(id: string): RequirementId {
  const row = requirementIds.find(candidate => registry[candidate].h2spec?.cases.includes(id));
  if (row === undefined) throw new Error(`the registry links no rule to ${id}`);
  return row;
}

const requirementCases = (id: RequirementId): readonly string[] => registry[id].h2spec?.cases ?? [];

t.test('a report is read, and cases are numbered within their section', async t => {
  t.same(parseJunit(JUNIT), [
    { id: 'http2/6.5/1', title: 'Sends a first thing', verdict: 'pass', detail: '' },
    {
      id: 'http2/6.5/2',
      title: 'Sends "quoted" & more',
      verdict: 'fail',
      detail: 'GOAWAY Frame (Error Code: FRAME_SIZE_ERROR)\nConnection closed\nTimeout',
    },
    { id: 'http2/6.5/3', title: 'Sends a third thing', verdict: 'skip', detail: '' },
    { id: 'hpack/4.2/1', title: 'Sends an update', verdict: 'pass', detail: '' },
  ]);
  t.throws(() => parseJunit('<testsuites>'), { name: 'TargetError', message: /not XML/ });
  t.throws(() => parseJunit('<testsuites></testsuites>'), { name: 'TargetError', message: /without a test case/ });
});

t.test('verdicts are compared rule by rule', async t => {
  const [passed, failed] = [rowOf('hpack/4.2/1'), rowOf('http2/6.5/2')];
  const junit = parseJunit(JUNIT);

  const agreed = compare(junit, [
    resultFor(passed, 'weak'),
    resultFor(failed, 'fail'),
    resultFor('rfc9113/2/i1', 'pass'),
  ]);
  t.same([agreed.agreements.length, agreed.disagreements.length, agreed.onlyKit], [2, 0, 1]);

  const differ = compare(junit, [
    resultFor(passed, 'pass', 'a/good'),
    resultFor(passed, 'fail', 'a/bad'),
    resultFor(failed, 'not-applicable'),
    resultFor(failed, 'error'),
    resultFor(failed, 'flaky'),
  ]);
  t.match(differ.disagreements, [
    {
      id: passed,
      h2spec: 'pass',
      kit: 'fail',
      seen: 'saw fail',
      kitCases: ['a/bad', 'a/good'],
      h2specCases: ['hpack/4.2/1'],
    },
  ]);
  t.same(differ.agreements, [], 'what was not judged is not compared');
  const text = formatComparison(differ);
  t.match(text, '1 rules judged by both: 0 agree, 1 disagree.');
  t.match(
    text,
    `${passed}  kit fail, h2spec pass\n  rule    ${registry[passed].rule}\n  kit     saw fail  [a/bad, a/good]`,
  );
  t.match(formatComparison(compare(junit, [resultFor(failed, 'pass')])), 'it saw: Timeout');
});

/** A stand-in for h2spec: a shell script. */
function standIn(t: Test, script: string): string {
  const path = join(t.testdir({ h2spec: `#!/bin/sh\n${script}`, 'report.xml': JUNIT }), 'h2spec');
  chmodSync(path, 0o755);
  return path;
}

const TARGET: Target = {
  facts: { name: 'sample', version: '1', address: '', claims: [] },
  endpoint: { scheme: 'http', host: '127.0.0.1', port: 81 },
  tls: { scheme: 'https', host: 'localhost', port: 82 },
  authority: '',
  fields: [],
  verify: false,
  resources: { small: { path: '/small' } },
  expect: {},
  races: {},
  argument: '',
  crash: () => null,
  restart: async () => {},
  stop: async () => {},
};

t.test('a disagreement comes with how the kit reads the rule', async t => {
  const known = 'rfc9113/5.1.1/4';
  const junit = requirementCases(known).map(id => ({ id, title: '', verdict: 'fail' as const, detail: '' }));
  t.match(
    formatComparison(compare(junit, [resultFor(known, 'weak')])),
    /\n {2}reading HEADERS on a stream that was used/,
  );
  for (const [id, reading] of Object.entries(readings)) {
    t.match(reading, /(?:RFC \d{4} )?sections? \d+(?:\.\d+)*/, `${id}: the reading names its clause`);
    t.notSame(registry[id as RequirementId].h2spec?.cases ?? [], [], `${id}: h2spec has a case to disagree with`);
  }
});

t.test('h2spec is run, and its report read', async t => {
  const copy =
    'for last; do :; done; echo "$@" > "$(dirname "$0")/words"; cp "$(dirname "$0")/report.xml" "$last"; exit 1';
  const binary = standIn(t, copy);
  t.equal((await runH2spec(TARGET, { binary })).length, 4);
  t.match(wordsOf(binary), /^-h 127\.0\.0\.1 -p 81 -P \/small -S -o 2 -j \S+\n$/);
  await runH2spec(TARGET, { binary, tls: true, path: '/x', timeout: 1 });
  t.match(wordsOf(binary), /^-h localhost -p 82 -P \/x -t -k -S -o 1 -j \S+\n$/);
});

function wordsOf(binary: string): string {
  return readFileSync(join(dirname(binary), 'words'), 'utf8');
}

t.test('what goes wrong with h2spec is said', async t => {
  const silent = standIn(t, 'echo Error: nobody there; exit 1');
  await t.rejects(runH2spec(TARGET, { binary: silent }), {
    message: /^h2spec wrote no report: exit status 1\n.*nobody there$/s,
  });
  await t.rejects(runH2spec({ ...TARGET, tls: null }, { binary: silent, tls: true }), {
    message: 'sample has no TLS address',
  });
  const crashed = { ...TARGET, crash: () => ({ how: 'exit status 3', output: 'boom' }) };
  await t.rejects(runH2spec(crashed, { binary: silent }), {
    message: /^sample crashed while h2spec ran \(exit status 3\)/,
  });
  t.throws(() => findH2spec('/no/such/h2spec'), {
    message: 'H2SPEC: /no/such/h2spec is not there or cannot be executed',
  });
});

t.test('how to get h2spec where it is missing', async t => {
  const { PATH, H2SPEC, HOME } = process.env;
  t.teardown(() => Object.assign(process.env, { PATH, HOME }, H2SPEC === undefined ? {} : { H2SPEC }));
  delete process.env['H2SPEC'];
  process.env['PATH'] = process.env['HOME'] = t.testdir({});
  t.throws(() => findH2spec(), { message: /^h2spec is not installed: go install github\.com\/summerwind\/h2spec/ });
});
