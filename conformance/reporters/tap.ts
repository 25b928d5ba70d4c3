/** The report as TAP 14 (testanything.org): one test point a case, with what was seen as a YAML diagnostic. */
import type { Report, Result } from '../result.ts';
import { frameLines } from './frames.ts';
import { ruleSentence } from './rule.ts';
import { type Standing, seenOf, standing, subjectName, triesOf } from './standing.ts';
import { duration, visible } from './text.ts';

export function tap(report: Report, strict = false): string {
  const { results, selected } = report;
  const head = [
    'TAP version 14',
    `# ${visible(subjectName(report.subject))} at ${visible(report.subject.address)}, judged by msgi ${report.kit.version}`,
    `# seed ${report.seed}, ${duration(report.ms)}`,
    `1..${selected}`,
  ];
  const points = results.flatMap((result, i) => point(result, i + 1, standing(result, strict)));
  const cut =
    results.length < selected ? [`Bail out! the run was cut short after ${results.length} of ${selected} cases`] : [];
  return `${[...head, ...points, ...cut].join('\n')}\n`;
}

function point(result: Result, number: number, kind: Standing): readonly string[] {
  const ok = kind === 'good' || kind === 'weak' || kind === 'skipped' ? 'ok' : 'not ok';
  const line = `${ok} ${number} - ${literal(`${result.id}: ${result.title}`)}${directive(result, kind)}`;
  const comment = kind === 'weak' ? [`# weak: ${visible(result.seen)}`] : [];
  return [line, ...diagnostic(result, ok === 'not ok'), ...comment];
}

function directive(result: Result, kind: Standing): string {
  if (kind === 'skipped') return ` # SKIP ${literal(result.seen)}`;
  return kind === 'known' ? ` # TODO ${literal(result.known ?? '')}` : '';
}

/** `#` begins a directive and `\` an escape: both are escaped in the words of others. */
function literal(text: string): string {
  return visible(text).replace(/[\\#]/g, c => `\\${c}`);
}

function diagnostic(result: Result, failed: boolean): readonly string[] {
  const lines: string[] = [`verdict: ${result.verdict}`, `duration_ms: ${Math.round(result.ms * 10) / 10}`];
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') lines.push(`${key}: ${quoted(value)}`);
  };
  add('reason', result.reason);
  add('waits', result.waits?.map(one => `${one.for}: ${one.ms} ms`).join('; '));
  if (result.limited) lines.push('limited: true');
  if (failed || result.verdict === 'weak') {
    lines.push('requirements:', ...result.requirements.map(id => `  - ${quoted(ruleSentence(id))}`));
    add('expected', result.expected);
    add('seen', seenOf(result));
    add('tries', triesOf(result));
    add('disputed', result.disputed);
    add('rerun', result.rerun);
  }
  if (failed) {
    add('output', result.output);
    const frames = frameLines(result.transcript).map(line => `  - ${quoted(line)}`);
    lines.push(...(frames.length > 0 ? ['transcript:', ...frames] : []));
  }
  return ['---', ...lines, '...'].map(line => `  ${line}`);
}

/** A JSON string is a YAML string; what JSON leaves bare and YAML or a terminal does not is escaped as well. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
