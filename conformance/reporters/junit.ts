/** The report as JUnit XML, the form that CI servers read: a suite for each chapter, failures as failures, errors as errors. */
import type { Report, Result } from '../result.ts';
import { frameLines } from './frames.ts';
import { ruleSentence } from './rule.ts';
import { chapterOf, type Standing, seenOf, standing, subjectName, triesOf } from './standing.ts';
import { visible, visibleLines } from './text.ts';

interface Judged {
  readonly result: Result;
  readonly kind: Standing;
}

export function junit(report: Report, strict = false): string {
  const judged = report.results.map(result => ({ result, kind: standing(result, strict) }));
  const cut = report.selected - report.results.length;
  const totals = tally(judged, cut > 0 ? 1 : 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `${subjectName(report.subject)}: HTTP/2 conformance`, ...totals, time: seconds(report.ms) })}>`,
    ...chapters(judged).flatMap(([chapter, of]) => suite(report, chapter, of)),
    ...(cut > 0 ? cutShort(report) : []),
    '</testsuites>',
    '',
  ].join('\n');
}

function chapters(judged: readonly Judged[]): readonly (readonly [string, readonly Judged[]])[] {
  const groups = new Map<string, Judged[]>();
  for (const entry of judged) {
    const name = chapterOf(entry.result.id);
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups];
}

function tally(judged: readonly Judged[], more = 0): Readonly<Record<string, string>> {
  const of = (...kinds: readonly Standing[]): number => judged.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    tests: `${judged.length + more}`,
    failures: `${of('bad')}`,
    errors: `${of('error') + more}`,
    skipped: `${of('skipped', 'known')}`,
  };
}

function suite(report: Report, chapter: string, judged: readonly Judged[]): readonly string[] {
  const time = seconds(judged.reduce((sum, { result }) => sum + result.ms, 0));
  return [
    `  <testsuite${attributes({ name: chapter, ...tally(judged), time, timestamp: report.started })}>`,
    ...properties(report),
    ...judged.flatMap(({ result, kind }) => testcase(result, kind)),
    '  </testsuite>',
  ];
}

function properties({ subject, kit, registry, seed }: Report): readonly string[] {
  const values = {
    subject: subject.name,
    version: subject.version,
    address: subject.address,
    kit: `${kit.name} ${kit.version}`,
    registry: registry.version,
    seed: `${seed}`,
  };
  const lines = Object.entries(values).map(([name, value]) => `      <property${attributes({ name, value })}/>`);
  return ['    <properties>', ...lines, '    </properties>'];
}

function testcase(result: Result, kind: Standing): readonly string[] {
  const opening = `    <testcase${attributes({ name: result.id, classname: chapterOf(result.id), time: seconds(result.ms) })}`;
  const inside = body(result, kind);
  return inside.length === 0 ? [`${opening}/>`] : [`${opening}>`, ...inside, '    </testcase>'];
}

function body(result: Result, kind: Standing): readonly string[] {
  switch (kind) {
    case 'good':
      return [];
    case 'weak':
      return [element('system-out', {}, `weak: ${result.seen}\n${account(result)}`)];
    case 'bad':
      return [
        element(
          'failure',
          { type: result.verdict === 'pass' ? 'unexpected-pass' : result.verdict, message: seenOf(result) },
          account(result),
        ),
      ];
    case 'error':
      return [element('error', { type: result.reason ?? 'error', message: result.seen }, account(result))];
    case 'skipped':
      return [element('skipped', { message: result.seen })];
    case 'known':
      return [
        element('skipped', { message: `known failure: ${result.known}` }),
        element('system-out', {}, account(result)),
      ];
  }
}

/** Everything that a reader of a CI page needs, the whole conversation included. */
function account(result: Result): string {
  const lines = [
    result.title,
    ...result.requirements.map(id => `rule: ${ruleSentence(id)}`),
    `expected: ${result.expected}`,
    `seen: ${seenOf(result)}`,
    ...(result.tries === undefined ? [] : [`tries: ${triesOf(result)}`]),
    ...(result.disputed === undefined ? [] : [`disputed: ${result.disputed}`]),
    `rerun: ${result.rerun}`,
    ...(result.output === undefined ? [] : ['', 'output of the subject:', ...visibleLines(result.output)]),
    ...(result.transcript.length === 0 ? [] : ['', ...frameLines(result.transcript)]),
  ];
  return lines.join('\n');
}

/** A run that did not finish must not look like one that did. */
function cutShort({ results, selected }: Report): readonly string[] {
  const message = `the run was cut short after ${results.length} of ${selected} cases`;
  return [
    `  <testsuite${attributes({ name: 'run', tests: '1', failures: '0', errors: '1', skipped: '0', time: '0.000' })}>`,
    `    <testcase${attributes({ name: 'all chosen cases were run', classname: 'run', time: '0.000' })}>`,
    element('error', { type: 'cut-short', message }),
    '    </testcase>',
    '  </testsuite>',
  ];
}

function element(name: string, values: Readonly<Record<string, string>>, text = ''): string {
  const opening = `      <${name}${attributes(values)}`;
  return text === '' ? `${opening}/>` : `${opening}>${escaped(visibleLines(text).join('\n'))}</${name}>`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(visible(value))}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** `visible` has already taken out what XML 1.0 forbids; ">" is escaped for the sake of "]]>". */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, c => ENTITIES[c] ?? c);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
