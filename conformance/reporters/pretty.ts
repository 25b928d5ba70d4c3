/** The run for people: progress while it goes on, failures at once with the frames that show them, and a summary. */

import { count, type Report, type Result, type SubjectFacts, VERDICTS, type Verdict } from '../result.ts';
import type { Listener } from '../runner/events.ts';
import { excerpt } from './frames.ts';
import { ruleSentence } from './rule.ts';
import { type Standing, seenOf, standing, subjectName, triesOf } from './standing.ts';
import { brokenRules, bySeen, notApplicable, type Tally, verdictSentences } from './summary.ts';
import { type Colour, type Output, type Paint, painter, type Terminal } from './terminal.ts';
import { duration, plural, visible, visibleLines, wrap } from './text.ts';
import { waitSentences, workSentence } from './waits.ts';

export interface PrettyOptions {
  readonly terminal: Terminal;
  readonly strict?: boolean;
  /** Command that repeats the whole run; the seed is put behind it. */
  readonly command?: string;
}

const COLOURS: Readonly<Record<Verdict, Colour>> = {
  pass: 'green',
  weak: 'yellow',
  fail: 'red',
  flaky: 'red',
  crash: 'red',
  'not-applicable': 'dim',
  error: 'red',
};

/** Of a subject's last words, the lines shown. */
const OUTPUT_LINES = 15;

export class Pretty implements Listener {
  readonly #out: Output;
  readonly #options: PrettyOptions;
  readonly #paint: Paint;
  /** What was told of each case as the run went on. */
  readonly #told = new Map<string, string>();
  readonly #bad: Record<'bad' | 'weak' | 'error', number> = { bad: 0, weak: 0, error: 0 };

  constructor(out: Output, options: PrettyOptions) {
    this.#out = out;
    this.#options = options;
    this.#paint = painter(options.terminal.colour);
  }

  start(facts: SubjectFacts, selected: number, seed: number): void {
    this.#line(`${this.#paint('bold', visible(subjectName(facts)))} at ${visible(facts.address)}`);
    this.#line(`${plural(selected, 'case')}, seed ${seed}`);
    this.#line();
    this.#progress(0, selected);
  }

  result(result: Result, done: number, selected: number): void {
    const kind = standing(result, this.#options.strict);
    if (kind === 'bad' || kind === 'weak' || kind === 'error') this.#bad[kind] += 1;
    this.#told.set(result.id, result.seen);
    this.#clear();
    if (kind === 'bad' || kind === 'error') this.#failure(result);
    else if (!this.#options.terminal.live) this.#line(this.#plain(result, kind));
    if (done < selected) this.#progress(done, selected);
  }

  end(report: Report): void {
    this.#clear();
    for (const result of report.results) if (this.#told.get(result.id) !== result.seen) this.#changed(result);
    if (!this.#options.terminal.live) this.#line();
    this.#verdict(report);
    this.#counts(report);
    this.#broken(report.results);
    this.#weaknesses(report.results);
    this.#waits(report);
    this.#again(report);
  }

  // --- while the run goes on -----------------------------------------------------------------------------------------

  #progress(done: number, selected: number): void {
    const { live, columns } = this.#options.terminal;
    if (!live) return;
    const { bad, weak, error } = this.#bad;
    const width = Math.min(30, columns - 40);
    const filled = Math.round((done / selected) * width);
    const bar = `${'█'.repeat(filled)}${this.#paint('dim', '░'.repeat(Math.max(0, width - filled)))}`;
    const tell = (colour: Colour, n: number, what: string): string =>
      n > 0 ? `  ${this.#paint(colour, `${n} ${what}`)}` : '';
    const tallies = tell('red', bad, 'failed') + tell('red', error, 'not judged') + tell('yellow', weak, 'weak');
    this.#out.write(`${bar} ${done} of ${selected}${tallies}`);
  }

  /** Takes the progress line away. */
  #clear(): void {
    if (this.#options.terminal.live) this.#out.write('\r\x1b[2K');
  }

  #plain(result: Result, kind: Standing): string {
    const name = kind === 'known' ? 'known failure' : result.verdict;
    const why = kind === 'known' ? result.known : kind === 'good' ? undefined : result.seen;
    return `${name} ${visible(result.id)}${why === undefined ? '' : `: ${visible(why)}`}`;
  }

  #failure(result: Result): void {
    const name = result.verdict === 'pass' ? 'unexpected pass' : result.verdict;
    const colour = result.verdict === 'pass' ? 'red' : COLOURS[result.verdict];
    this.#line(`${this.#paint(colour, name.toUpperCase())} ${this.#paint('bold', visible(result.id))}`);
    if (result.title !== result.expected) this.#block('', result.title);
    for (const id of result.requirements) this.#block('rule', ruleSentence(id));
    this.#block('expected', result.expected);
    this.#block('seen', seenOf(result) + (result.limited ? ' (this verdict rests on a time limit)' : ''));
    this.#block('tries', triesOf(result));
    this.#block('disputed', result.disputed);
    if (result.verdict !== 'pass') this.#frames(result);
    this.#list('output', visibleLines(result.output ?? '').slice(-OUTPUT_LINES));
    this.#list('rerun', [visible(result.rerun)]);
    this.#line();
  }

  /** A verdict that only the end of the run gave: a late frame, or a violation that another case saw. */
  #changed(result: Result): void {
    const kind = standing(result, this.#options.strict);
    if (kind === 'bad' || kind === 'error') this.#failure(result);
    else if (!this.#options.terminal.live) this.#line(this.#plain(result, kind));
  }

  // --- when it is over -----------------------------------------------------------------------------------------------

  #verdict(report: Report): void {
    const kinds = report.results.map(result => standing(result, this.#options.strict));
    const whole = report.results.length === report.selected;
    const colour: Colour = kinds.includes('bad') ? 'red' : kinds.includes('error') || !whole ? 'yellow' : 'green';
    const [first = '', ...more] = verdictSentences(report);
    for (const line of this.#wrapped(first, 0)) this.#line(this.#paint('bold', this.#paint(colour, line)));
    for (const sentence of more) for (const line of this.#wrapped(sentence, 0)) this.#line(line);
    this.#line();
  }

  #counts({ results }: Report): void {
    const counts = count(results);
    const row = (n: number, what: string): void => this.#line(`${`${n}`.padStart(6)}  ${what}`);
    for (const verdict of VERDICTS) {
      if (counts[verdict] === 0) continue;
      row(counts[verdict], this.#paint(COLOURS[verdict], MEANINGS[verdict]));
      if (verdict === 'not-applicable') this.#whyNot(results);
    }
    if (counts.known > 0) row(counts.known, 'of these are known failures, which the target lists');
    if (counts.limited > 0) row(counts.limited, 'of these rest on a time limit, which their verdict states');
    this.#line();
  }

  #whyNot(results: readonly Result[]): void {
    for (const tally of notApplicable(results)) this.#tally(tally, 12);
  }

  /** The number right-aligned in a column, and what is counted wrapped behind it. */
  #tally({ cases, what }: Tally, column: number): void {
    const [first = '', ...more] = this.#wrapped(visible(what), column + 2);
    this.#line(`${`${cases}`.padStart(column)}  ${first}`);
    for (const line of more) this.#line(`${' '.repeat(column + 2)}${line}`);
  }

  #broken(results: readonly Result[]): void {
    const rules = brokenRules(results);
    if (rules.length === 0) return;
    this.#line(this.#paint('red', 'Rules broken, with the number of cases that show it:'));
    for (const tally of rules) this.#tally(tally, 6);
    this.#line();
  }

  /** A line for what was seen in weak verdicts: they fail nothing, but are what to look at next. */
  #weaknesses(results: readonly Result[]): void {
    const weak = results.filter(result => standing(result, this.#options.strict) === 'weak');
    if (weak.length === 0) return;
    this.#line(this.#paint('yellow', 'Weak, that is allowed but poorer:'));
    for (const [seen, ids] of bySeen(weak)) this.#alike(visible(seen), ids.map(visible));
    this.#line();
  }

  /** One habit of a server shows in many cases: it is told once, with all of them. */
  #alike(seen: string, ids: readonly string[]): void {
    const who = ids.length === 1 ? ids.join() : `${ids.length} cases`;
    this.#line(`  ${who}: ${this.#cut(seen, who.length + 4)}`);
    if (ids.length > 1) for (const line of this.#wrapped(ids.join(', '), 6)) this.#line(`      ${line}`);
  }

  /** Where the time went that was not the kit's. */
  #waits(report: Report): void {
    const work = workSentence(report);
    if (work === null) return;
    this.#line(work);
    const [first, ...more] = waitSentences(report);
    if (first !== undefined) this.#line(first);
    for (const one of more) this.#line(`  ${visible(one)}`);
    this.#line();
  }

  #again({ seed, ms, kit, registry, subject }: Report): void {
    const command = this.#options.command ?? `msgi certify ${subject.name}`;
    this.#line(
      `${duration(ms)}, msgi ${kit.version} with registry ${registry.version}, node ${kit.node}, seed ${seed}`,
    );
    this.#line(`The same again: ${visible(command)} --seed ${seed}`);
  }

  // --- lines ---------------------------------------------------------------------------------------------------------

  #line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** "  seen      …", wrapped under itself. */
  #block(label: string, text: string | undefined): void {
    if (text === undefined || text === '') return;
    const [first = '', ...more] = this.#wrapped(visible(text), 12);
    this.#line(`  ${this.#paint('dim', label.padEnd(label === '' ? 0 : 10))}${first}`);
    for (const line of more) this.#line(`${' '.repeat(label === '' ? 2 : 12)}${line}`);
  }

  /** Lines that are kept as they are. */
  #list(label: string, lines: readonly string[]): void {
    if (lines.join('') === '') return;
    const [first = '', ...more] = lines;
    this.#line(`  ${this.#paint('dim', label.padEnd(10))}${first}`);
    for (const line of more) this.#line(`${' '.repeat(12)}${line}`);
  }

  /** The frames that show it, each on one line: a terminal has no room for more, and the report has it. */
  #frames({ transcript }: Result): void {
    if (transcript.length === 0) return;
    this.#line(`  ${this.#paint('dim', 'frames')}`);
    for (const line of excerpt(transcript)) this.#line(`  ${this.#cut(line, 2)}`);
  }

  #wrapped(text: string, indent: number): readonly string[] {
    return wrap(text, this.#options.terminal.columns - indent);
  }

  /** One line of a terminal at most; in a pipe, all of it. */
  #cut(text: string, indent: number): string {
    const room = Math.max(this.#options.terminal.columns - indent, 20);
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }
}

const MEANINGS: Readonly<Record<Verdict, string>> = {
  pass: 'pass',
  weak: 'weak: allowed but poorer',
  fail: 'fail',
  flaky: 'flaky: not the same verdict each time',
  crash: 'crash: the subject ended',
  'not-applicable': 'not applicable',
  error: "error: the kit's or the set-up's fault, not the subject's",
};
