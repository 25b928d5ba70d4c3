/** Each format held against a reader that is not ours: ajv, tap-parser, fast-xml-parser. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { t } from 'tap';
import { Parser, type Result as TapResult } from 'tap-parser';
import { requirementIds } from '../../spec/registry/index.ts';
import schema from '../../spec/schemas/report.schema.json' with { type: 'json' };
import { FORMATS, json, junit, type ReporterOptions, reporter, tap, terminalOf } from '../reporters/index.ts';
import { type Report, type Result, VERDICTS } from '../result.ts';
import { entry, everyKind, HOSTILE, report, result } from './report.ts';

const everything = report(everyKind);

const hostile = report(
  [
    result('data/padding', {
      verdict: 'fail',
      title: HOSTILE,
      expected: HOSTILE,
      seen: HOSTILE,
      output: HOSTILE,
      disputed: HOSTILE,
      rerun: HOSTILE,
      transcript: [entry(1, '<', HOSTILE, HOSTILE, { note: HOSTILE })],
    }),
    result('data/weak', { verdict: 'weak', title: HOSTILE, seen: HOSTILE }),
    result('data/known', { verdict: 'fail', title: HOSTILE, known: HOSTILE }),
    result('data/error', { verdict: 'error', title: HOSTILE, seen: HOSTILE }),
    result('data/skipped', { verdict: 'not-applicable', title: HOSTILE, seen: HOSTILE }),
  ],
  { subject: { name: HOSTILE, version: HOSTILE, address: HOSTILE, claims: ['http2'] } },
);

/** What a reporter writes in a run with these results. */
function written(whole: Report, format: (typeof FORMATS)[number], options: ReporterOptions = {}): string {
  let text = '';
  const listener = reporter(format, { write: part => (text += part) }, options);
  listener.start?.(whole.subject, whole.selected, whole.seed);
  whole.results.forEach((one, i) => {
    listener.result?.(one, i + 1, whole.selected);
  });
  listener.end?.(whole);
  return text;
}

/** Characters that act on a terminal: the newline is the only control that a report may have. */
const ACTS = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;

function isTame(text: string): boolean {
  return !ACTS.test(text.replaceAll('\n', ''));
}

// --- JSON ------------------------------------------------------------------------------------------------------------

const ajv = new Ajv2020({ allErrors: true, strict: true });
const validate = ajv.compile(schema);

function complaints(value: unknown): string {
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

t.test('JSON keeps its schema and loses nothing', async t => {
  for (const whole of [everything, hostile, report([])]) {
    const read = JSON.parse(json(whole));
    t.equal(complaints(read), '');
    t.strictSame(read, whole);
  }
});

t.test('JSON has one order of keys, whatever the order in which they were set', async t => {
  const backwards = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(backwards);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, backwards(inner)]),
    );
  };
  const whole = report(everyKind.filter(({ tries }) => tries === undefined));
  t.equal(json(backwards(whole) as Report), json(whole));
  t.match(json(whole), /^\{\n {2}"subject": \{\n {4}"name": "nginx",/);
});

t.test('the schema knows every verdict and every requirement, and nothing that is not in a report', async t => {
  t.strictSame(schema.$defs.verdict.enum, VERDICTS);
  const ids = new RegExp(schema.$defs.requirement.pattern);
  t.strictSame(
    requirementIds.filter(id => !ids.test(id)),
    [],
  );
  const [first] = everyKind as readonly [Result];
  const wrong: readonly [string, unknown][] = [
    ['a key too many', { ...everything, extra: 1 }],
    ['a key too many in a result', report([{ ...first, extra: 1 } as unknown as Result])],
    [
      'a key too many in a frame',
      report([{ ...first, transcript: [entry(0, '<', 'DATA', '', { extra: 1 } as object)] }]),
    ],
    ['an unknown verdict', report([{ ...first, verdict: 'good' as 'pass' }])],
    ['an unknown reason', report([{ ...first, reason: 'because' as 'kit' }])],
    ['a requirement that is none', report([{ ...first, requirements: ['6.5' as never] }])],
    ['raw that is no hexadecimal', report([{ ...first, transcript: [entry(0, '<', 'DATA', '', { raw: '0' })] }])],
    ['limited: false', report([{ ...first, limited: false as unknown as true }])],
    ['a local time', report([], { started: '2026-11-22T10:30:00+01:00' })],
  ];
  for (const [what, value] of wrong) t.notOk(validate(value), what);
  for (const key of Object.keys(everything)) {
    const { [key as keyof Report]: _, ...rest } = everything;
    t.notOk(validate(rest), `without ${key}`);
  }
});

// --- TAP -------------------------------------------------------------------------------------------------------------

interface TapRead {
  readonly ok: boolean;
  readonly points: readonly TapResult[];
  readonly comments: readonly string[];
  readonly strange: readonly string[];
  readonly version: number;
  readonly bailout: string;
}

function readTap(text: string): TapRead {
  const parser = new Parser({ strict: true });
  const points: TapResult[] = [];
  const comments: string[] = [];
  const strange: string[] = [];
  let version = 0;
  let bailout = '';
  parser.on('assert', point => points.push(point));
  parser.on('comment', comment => comments.push(comment));
  parser.on('extra', extra => strange.push(extra));
  parser.on('version', n => {
    version = n;
  });
  parser.on('bailout', why => {
    bailout = why;
  });
  parser.end(text);
  return { ok: parser.ok, points, comments, strange, version, bailout };
}

t.test('TAP: ok, not ok, SKIP and TODO as the verdicts say, with what was seen', async t => {
  const { ok, points, comments, strange, version } = readTap(tap(everything));
  t.notOk(ok);
  t.equal(version, 14);
  t.strictSame(strange, [], 'no line that is not TAP');
  const outcome = ({ ok, skip, todo }: TapResult): string =>
    `${ok ? 'ok' : 'not ok'}${skip ? ' SKIP' : ''}${todo ? ' TODO' : ''}`;
  t.strictSame(points.map(outcome), [
    'ok',
    'not ok',
    'ok',
    'not ok',
    'not ok',
    'ok SKIP',
    'not ok',
    'not ok TODO',
    'not ok',
  ]);
  t.equal(points[5]?.skip, everyKind[5]?.seen);
  t.equal(points[7]?.todo, 'nginx ignores it');
  t.match(comments.join(''), /weak: the connection is closed without GOAWAY/);
  t.match(points[1]?.diag, {
    verdict: 'fail',
    limited: true,
    expected: 'GOAWAY FRAME_SIZE_ERROR',
    seen: 'the connection stays open: two PINGs were answered',
    transcript: Array,
  });
  t.equal(points[1]?.time, 12.5);
  t.equal(points[1]?.diag.transcript.length, everyKind[1]?.transcript.length);
  t.equal(points[2]?.diag.tries, 'weak 3, pass 2');
});

t.test(
  'TAP: known failures, skips and weak verdicts alone are a success; weak ones are none with --strict',
  async t => {
    const sound = everyKind.filter(({ id }) => ['settings/ack-alone', 'upload/window', 'data/closed'].includes(id));
    t.ok(readTap(tap(report(sound))).ok);
    const weak = report([...sound, ...everyKind.filter(({ verdict }) => verdict === 'weak')]);
    t.ok(readTap(tap(weak)).ok);
    t.notOk(readTap(tap(weak, true)).ok);
  },
);

t.test('TAP: a run that was cut short bails out', async t => {
  const { ok, bailout } = readTap(tap(report([result('a/b')], { selected: 3 })));
  t.notOk(ok);
  t.equal(bailout, 'the run was cut short after 1 of 3 cases');
});

t.test('TAP: hostile words stay words', async t => {
  const text = tap(hostile);
  t.ok(isTame(text), 'no control characters');
  const { points, strange } = readTap(text);
  t.strictSame(strange, []);
  t.equal(points.length, hostile.results.length);
  t.strictSame(
    points.map(({ skip }) => Boolean(skip)),
    [false, false, false, false, true],
  );
  t.equal(points[0]?.diag.seen, HOSTILE);
  t.equal(points[0]?.diag.output, HOSTILE);
  t.match(points[0]?.diag.transcript[0], '\u{1f600}');
  t.match(points[0]?.name, 'end ]]> &amp; <b> # SKIP');
});

// --- JUnit -----------------------------------------------------------------------------------------------------------

interface XmlNode {
  readonly [key: string]: string | readonly XmlNode[];
}

function readXml(text: string): XmlNode {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    alwaysCreateTextNode: true,
    isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
  });
  return parser.parse(text);
}

function children(node: XmlNode, name: string): readonly XmlNode[] {
  return (node[name] ?? []) as readonly XmlNode[];
}

function readJunit(text: string): {
  readonly root: XmlNode;
  readonly suites: readonly XmlNode[];
  readonly tests: readonly XmlNode[];
} {
  const [root] = children(readXml(text), 'testsuites') as readonly [XmlNode];
  const suites = children(root, 'testsuite');
  return { root, suites, tests: suites.flatMap(suite => children(suite, 'testcase')) };
}

t.test('JUnit: failures are failures, errors are errors, each test has a name and a time', async t => {
  const text = junit(everything);
  t.equal(XMLValidator.validate(text), true);
  const { root, suites, tests } = readJunit(text);
  const having = (name: string): readonly string[] =>
    tests.filter(test => children(test, name).length > 0).map(({ name }) => `${name}`);
  t.strictSame(having('failure'), [
    'settings/ack-with-payload',
    'ping/on-a-stream',
    'hpack/bomb',
    'goaway/last-stream',
  ]);
  t.strictSame(having('error'), ['data/padding']);
  t.strictSame(having('skipped'), ['upload/window', 'data/closed']);
  t.strictSame(having('system-out'), ['settings/unknown-setting', 'data/closed']);
  t.match(root, { tests: '9', failures: '4', errors: '1', skipped: '2', time: '3.210' });
  for (const key of ['tests', 'failures', 'errors', 'skipped']) {
    const sum = suites.reduce((total, suite) => total + Number(suite[key]), 0);
    t.equal(sum, Number(root[key]), `the suites' ${key} add up`);
  }
  t.strictSame(tests.map(({ name }) => name).sort(), everyKind.map(({ id }) => id).sort());
  for (const test of tests) t.match(test, { time: /^\d+\.\d{3}$/, classname: /^[a-z]+$/ });
  const [failure] = children(tests.find(({ name }) => name === 'settings/ack-with-payload') as XmlNode, 'failure');
  t.match(failure, { type: 'fail', message: 'the connection stays open: two PINGs were answered' });
  t.match(failure?.['#text'], '1 < PING stream 0 ACK  6d73676901000001');
  t.match(failure?.['#text'], 'A SETTINGS ACK with payload is a connection error.');
});

t.test('JUnit: a run that was cut short is an error', async t => {
  const { root, tests } = readJunit(junit(report([result('a/b')], { selected: 3 })));
  t.match(root, { tests: '2', failures: '0', errors: '1' });
  t.equal(tests.length, 2);
});

t.test('JUnit: weak verdicts fail with --strict, and only then', async t => {
  const weak = report(everyKind.filter(({ verdict }) => verdict === 'weak'));
  t.match(readJunit(junit(weak)).root, { failures: '0' });
  t.match(readJunit(junit(weak, true)).root, { failures: '1' });
});

t.test('JUnit: hostile words stay words', async t => {
  const text = junit(hostile);
  t.equal(XMLValidator.validate(text), true);
  t.ok(isTame(text), 'no character that XML 1.0 forbids');
  const { tests } = readJunit(text);
  t.equal(tests.length, hostile.results.length);
  const [failure] = children(tests[0] as XmlNode, 'failure');
  t.match(failure?.['message'], 'quote " apostrophe \' end ]]> &amp; <b> # SKIP \\ \\x00\\x07\\x1b[31mred');
  t.match(failure?.['message'], '\\ud800 \\ufffe \u{1f600} é\\r\\nnot ok 99');
  t.match(failure?.['#text'], '\u{1f600}');
});

// --- pretty ----------------------------------------------------------------------------------------------------------

t.test('pretty without a terminal: plain lines, failures with their frames, a verdict in one sentence', async t => {
  const text = written(everything, 'pretty', { command: 'msgi certify nginx --case x' });
  t.ok(isTame(text), 'no escape codes');
  for (const line of [
    'nginx 1.22.1 at http://127.0.0.1:8080',
    'pass settings/ack-alone',
    'FAIL settings/ack-with-payload',
    '  rule      rfc9113/6.5/5, MUST: A SETTINGS ACK with payload is a connection error.',
    '  expected  GOAWAY FRAME_SIZE_ERROR',
    '  rerun     msgi certify nginx --case settings/ack-with-payload --seed 7',
    'known failure data/closed: nginx ignores it',
    'nginx 1.22.1 breaks 1 of the 2 rules that were checked, and keeps 1 only weakly.',
    '           1  no upload resource (--resource upload=/path)',
    '  settings/unknown-setting: the connection is closed without GOAWAY',
    'The same again: msgi certify nginx --case x --seed 7',
  ]) {
    t.ok(text.split('\n').includes(line), line);
  }
  t.match(text, '1.82 ms  1 < PING stream 0 ACK  6d73676901000001');
});

t.test('pretty: the sentence of the verdict', async t => {
  const rules = requirementIds.slice(0, 112);
  const first = (results: readonly Result[], rest: Partial<Report> = {}): string =>
    written(report(results, rest), 'pretty')
      .split('\n')
      .filter(line => /^nginx 1.22.1 (?!at )/.test(line))
      .join();
  const kept = rules.map((id, i) => result(`a/b${i}`, { requirements: [id] }));
  const weak = kept.map((one, i): Result => (i < 5 ? { ...one, verdict: 'weak' } : one));
  const broken = weak.map((one, i): Result => (i > 104 ? { ...one, verdict: 'fail' } : one));
  const known = kept.map((one, i): Result => (i > 104 ? { ...one, verdict: 'fail', known: 'why' } : one));
  t.equal(first(kept), 'nginx 1.22.1 keeps all 112 rules that were checked.');
  t.equal(first(weak), 'nginx 1.22.1 keeps all 112 rules that were checked, 5 of them only weakly.');
  t.equal(first(broken), 'nginx 1.22.1 breaks 7 of the 112 rules that were checked, and keeps 5 only weakly.');
  t.equal(first(known), 'nginx 1.22.1 breaks 7 of the 112 rules that were checked (known failures).');
  t.equal(first(kept.slice(0, 1)), 'nginx 1.22.1 keeps the one rule that was checked.');
  t.equal(first([]), 'nginx 1.22.1 was not judged: no rule could be checked.');
  t.match(written(report(kept, { selected: 200 }), 'pretty'), 'The run was cut short after 112 of 200 cases.');
});

t.test('pretty: a verdict that changes at the end is told', async t => {
  let text = '';
  const listener = reporter('pretty', { write: part => (text += part) });
  listener.result?.(result('a/b'), 1, 1);
  listener.end?.(report([result('a/b', { verdict: 'fail', reason: 'passive', seen: 'DATA on stream 0' })]));
  t.match(text, /pass a\/b\nFAIL a\/b\n(.*\n)*? *seen {6}DATA on stream 0/);
});

t.test('pretty: what was seen in several weak cases is told once, with all of them', async t => {
  const weak = ['a/b', 'a/c', 'a/d'].map(id => result(id, { verdict: 'weak', seen: 'the connection is still open' }));
  const [first, , third] = weak as [Result, Result, Result];
  const lines = written(report([first, { ...third, id: 'x/y', seen: 'no GOAWAY' }, ...weak.slice(1)]), 'pretty').split(
    '\n',
  );
  const at = lines.indexOf('  3 cases: the connection is still open');
  t.same(lines.slice(at, at + 3), [
    '  3 cases: the connection is still open',
    '      a/b, a/c, a/d',
    '  x/y: no GOAWAY',
  ]);
});

t.test('pretty: hostile words do not reach the terminal', async t => {
  t.ok(isTame(written(hostile, 'pretty')));
});

t.test('colour and progress: only on a terminal, never in CI; NO_COLOR takes the colour', async t => {
  const screen = { write: () => true, isTTY: true, columns: 100 };
  const pretty = (env: Record<string, string>, out: object = screen): string =>
    written(everything, 'pretty', { terminal: terminalOf(out as typeof screen, env) });
  const colour = '\x1b[31m';
  const progress = '\r\x1b[2K';
  t.match(pretty({}), colour);
  t.match(pretty({}), progress);
  t.match(pretty({ NO_COLOR: '' }), colour, 'an empty NO_COLOR is none (no-color.org)');
  t.notMatch(pretty({ NO_COLOR: '1' }), colour);
  t.match(pretty({ NO_COLOR: '1' }), progress);
  for (const env of [{ CI: 'true' }, { CI: '1' }, { TERM: 'dumb' }])
    t.notMatch(pretty(env), '\x1b', JSON.stringify(env));
  t.notMatch(pretty({}, { write: () => true }), '\x1b', 'a pipe');
  t.match(pretty({ CI: 'false' }), colour);
});

t.test('every format is a listener', async t => {
  for (const format of FORMATS) t.match(written(everything, format), 'settings/ack-with-payload', format);
});
