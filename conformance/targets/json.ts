/** JSON (RFC 8259) read together with the place of every member, so that an error can name its line. */

/** Line and column, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface JsonDocument {
  readonly value: unknown;
  /** JSON pointer → where its key stands, or, in arrays and for the whole, its value. */
  readonly places: ReadonlyMap<string, Place>;
  /** Pointers of members that occur twice; the first occurrence is lost. */
  readonly duplicates: readonly string[];
}

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

const BLANK = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** Deeper nesting than a configuration has; a bound, so that no text overflows the stack. */
const MAX_DEPTH = 64;

/** Throws JsonSyntaxError. */
export function readJson(text: string): JsonDocument {
  const places = new Map<string, Place>();
  const duplicates: string[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;

  function fail(message: string): never {
    throw new JsonSyntaxError(message, placeOf(text, at));
  }

  function take(pattern: RegExp): string | null {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  }

  function skip(expected?: string): boolean {
    take(BLANK);
    if (expected === undefined || text[at] !== expected) return false;
    at += 1;
    take(BLANK);
    return true;
  }

  function value(pointer: string, depth: number): unknown {
    if (depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels deep`);
    if (skip('{')) return object(pointer, depth);
    if (skip('[')) return array(pointer, depth);
    const scalar = take(STRING) ?? take(NUMBER) ?? take(WORD);
    return scalar === null ? fail(`a value is due here, not ${shown()}`) : JSON.parse(scalar);
  }

  function object(pointer: string, depth: number): unknown {
    const entries: [string, unknown][] = [];
    if (skip('}')) return {};
    do {
      const place = placeOf(text, at);
      const key = take(STRING) ?? fail(`a key in double quotes is due here, not ${shown()}`);
      const name: string = JSON.parse(key);
      const member = `${pointer}/${escapePointer(name)}`;
      if (places.has(member)) duplicates.push(member);
      places.set(member, place);
      if (!skip(':')) fail(`a colon is due after the key ${key}, not ${shown()}`);
      entries.push([name, value(member, depth + 1)]);
    } while (skip(','));
    if (!skip('}')) fail(`a comma or } is due here, not ${shown()}`);
    return Object.fromEntries(entries);
  }

  function array(pointer: string, depth: number): unknown {
    const items: unknown[] = [];
    if (skip(']')) return items;
    do {
      places.set(`${pointer}/${items.length}`, placeOf(text, at));
      items.push(value(`${pointer}/${items.length}`, depth + 1));
    } while (skip(','));
    if (!skip(']')) fail(`a comma or ] is due here, not ${shown()}`);
    return items;
  }

  function shown(): string {
    if (at >= text.length) return 'the end of the file';
    if (text.startsWith('//', at) || text.startsWith('/*', at)) return 'a comment (JSON has none)';
    if (text[at] === "'") return '\' (JSON quotes with ")';
    if (/,\s*$/.test(text.slice(0, at)) && /[}\]]/.test(text[at] as string))
      return `${text[at]} (after a comma too many)`;
    return JSON.stringify(text.slice(at).match(/^(?:\w+|.)/su)?.[0]);
  }

  skip();
  places.set('', placeOf(text, at));
  const whole = value('', 0);
  skip();
  if (at < text.length) fail(`the end of the file is due here, not ${shown()}`);
  return { value: whole, places, duplicates };
}

function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** A key as one token of a JSON pointer (RFC 6901 §3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
