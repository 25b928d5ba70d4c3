/**
 * From the chapters to rows of the registry. A normative sentence begins with its id, `**[MSGI-FLOW-3]**`, ends with the
 * next full stop, and has one BCP 14 word, which is its level; its subject says who is bound. `<!-- no case: reason -->`
 * behind it says why none can exist. README.md has the rules; what breaks them comes back as a problem with file and line.
 */

/** One file of the text. */
export interface Chapter {
  /** Its name in spec/, such as "5-flow-control.md". */
  readonly file: string;
  readonly text: string;
}

/** One rule of the text. */
export interface Row {
  /** File without its ending: "5-flow-control". */
  readonly chapter: string;
  /** Heading that the sentence stands under: "5.1 Receiving: the allowance". */
  readonly section: string;
  readonly level: Level;
  readonly binds: string;
  /** The sentence. */
  readonly rule: string;
  /** At a server that hosts the kit's application, at an application that the kit drives, or nowhere. */
  readonly judged: 'gateway' | 'application' | 'none';
  /** Why no case can exist; given where `judged` is "none". */
  readonly reason?: string;
}

export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY';

export interface Extract {
  /** By id, in the order of the text. */
  readonly rows: Readonly<Record<string, Row>>;
  /** "spec/5-flow-control.md:12: what is wrong". */
  readonly problems: readonly string[];
}

const MARK = /\*\*\[([^\]]*)\]\*\*/g;
const ID = /^MSGI-([A-Z]+)-([1-9][0-9]*)$/;
const KEY_WORD =
  /\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|MAY|SHALL NOT|SHALL|REQUIRED|NOT RECOMMENDED|RECOMMENDED|OPTIONAL)\b/g;
const LEVELS: readonly string[] = ['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY'];
const NO_CASE = /^\s*<!-- no case: (.+?) -->/;

/** How a sentence may begin, who is bound then, and where that is judged; the longer beginning stands first. */
const SUBJECTS: readonly (readonly [begins: string, binds: string, judged: 'gateway' | 'application'])[] = [
  ['A server and a host ', 'server and host', 'gateway'],
  ['A server ', 'server', 'gateway'],
  ['An adapter ', 'adapter', 'gateway'],
  ['A host ', 'host', 'application'],
  ['An application ', 'application', 'application'],
  ['Middleware ', 'middleware', 'application'],
];

/** Reads the chapters in the given order. `retired` are ids that were used once and never are again. */
export function extract(chapters: readonly Chapter[], retired: readonly string[]): Extract {
  const found = chapters.flatMap(readChapter);
  const rows: Record<string, Row> = {};
  const problems: string[] = [];
  const places = new Map<string, string>();
  for (const { id, place, row, faults } of found) {
    problems.push(...faults.map(fault => `${place}: ${fault}`));
    if (id === null) continue;
    const before = places.get(id);
    if (before !== undefined) problems.push(`${place}: ${id} stands at ${before} already`);
    if (retired.includes(id)) problems.push(`${place}: ${id} is retired and never used again`);
    places.set(id, place);
    if (row !== null) rows[id] = row;
  }
  return { rows, problems: [...problems, ...gaps(places, retired)] };
}

/** Ids of an area count from 1 without a gap; retired ones keep their number. */
function gaps(places: ReadonlyMap<string, string>, retired: readonly string[]): readonly string[] {
  const known = new Set([...places.keys(), ...retired]);
  const missing: string[] = [];
  for (const [id, place] of places) {
    const [, area = '', digits = ''] = ID.exec(id) ?? [];
    const before = `MSGI-${area}-${Number(digits) - 1}`;
    if (digits !== '1' && !known.has(before)) missing.push(`${place}: ${id} follows on nothing: there is no ${before}`);
  }
  return missing;
}

interface Found {
  /** null where only faults were found. */
  readonly id: string | null;
  readonly place: string;
  readonly row: Row | null;
  readonly faults: readonly string[];
}

function readChapter({ file, text }: Chapter): readonly Found[] {
  const found: Found[] = [];
  let section = '';
  let fenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    const place = `spec/${file}:${index + 1}`;
    if (line.startsWith('```')) fenced = !fenced;
    else if (fenced) continue;
    else if (/^##? /.test(line)) section = line.replace(/^#+ /, '');
    else found.push(...readLine(line, place, file.replace(/\.md$/, ''), section));
  }
  return found;
}

/** A paragraph is a line; a sentence runs from its mark to the next full stop that ends a word. */
function readLine(line: string, place: string, chapter: string, section: string): readonly Found[] {
  const found: Found[] = [];
  let outside = '';
  let from = 0;
  for (const mark of line.matchAll(MARK)) {
    if (mark.index < from) {
      found.push({ id: null, place, row: null, faults: [`${mark[1]} stands inside another sentence`] });
      continue;
    }
    outside += line.slice(from, mark.index);
    const rest = line.slice(mark.index + mark[0].length);
    const end = /\.(?=\s|$)/.exec(rest)?.index ?? rest.length;
    const noCase = NO_CASE.exec(rest.slice(end + 1));
    found.push(readSentence(mark[1] as string, rest.slice(0, end + 1).trim(), noCase?.[1], place, chapter, section));
    from = mark.index + mark[0].length + end + 1 + (noCase?.[0].length ?? 0);
  }
  outside += line.slice(from);
  if (outside.includes('<!-- no case')) {
    found.push({
      id: null,
      place,
      row: null,
      faults: ['"no case" stands directly behind the sentence that it is about'],
    });
  }
  const loud = withoutCode(outside).match(KEY_WORD);
  if (loud !== null)
    found.push({ id: null, place, row: null, faults: [`${loud[0]} in capitals outside a sentence with an id`] });
  return found;
}

function readSentence(
  id: string,
  rule: string,
  reason: string | undefined,
  place: string,
  chapter: string,
  section: string,
): Found {
  const words = withoutCode(rule).match(KEY_WORD) ?? [];
  const subject = SUBJECTS.find(([begins]) => rule.startsWith(begins));
  const [level = ''] = words;
  const faults: string[] = [];
  if (!ID.test(id)) faults.push(`${id} is no id: MSGI-AREA-1 is`);
  if (!rule.endsWith('.')) faults.push(`${id} does not end with a full stop`);
  if (words.length !== 1) faults.push(`${id} has ${words.length} BCP 14 words, not one`);
  else if (!LEVELS.includes(level)) faults.push(`${id} says ${level}: this text uses ${LEVELS.join(', ')}`);
  if (subject === undefined)
    faults.push(`${id} binds nobody: it begins with one of ${SUBJECTS.map(([s]) => s.trim()).join(', ')}`);
  if (section === '') faults.push(`${id} stands under no heading`);
  if (faults.length > 0 || subject === undefined) return { id: ID.test(id) ? id : null, place, row: null, faults };
  const judged = reason === undefined ? subject[2] : 'none';
  const row: Row = { chapter, section, level: level as Level, binds: subject[1], rule, judged };
  return { id, place, row: reason === undefined ? row : { ...row, reason }, faults };
}

/** Names in code may be in capitals. */
function withoutCode(text: string): string {
  return text.replace(/`[^`]*`/g, '``');
}

/** The registry file's text. */
export function asJson(rows: Readonly<Record<string, Row>>): string {
  return `${JSON.stringify(rows, null, 1)}\n`;
}
