/** Field lines as HTTP/1.x has them, to the list that an application sees (section 2.3 of the specification). */
import { parseContentLength } from '../engine/request-head.ts';
import { Refusal } from './refusal.ts';

/** Fields of one connection, beside those that `connection` names (MSGI-FIELD-6). */
const OF_THE_CONNECTION: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
];

/** A field section; of the fields that are taken out, what they said. */
export interface Section {
  readonly fields: readonly string[];
  /** The values of the lines of "host". */
  readonly hosts: readonly string[];
  /** The members of the lists, in lower case but for `upgrade`. */
  readonly connection: readonly string[];
  readonly te: readonly string[];
  readonly transferEncoding: readonly string[];
  readonly upgrade: readonly string[];
  /** −1 where there is none. */
  readonly contentLength: number;
  /** 100-continue. */
  readonly expects: boolean;
}

/** `lines`: flat, names and values in turn, each character one octet. */
export function readFieldLines(lines: readonly string[]): Section {
  const connection = members(lines, 'connection').map(lower);
  const removed = new Set([...OF_THE_CONNECTION, ...connection]);
  return {
    fields: kept(lines, removed),
    hosts: values(lines, 'host'),
    connection,
    te: members(lines, 'te').map(lower),
    transferEncoding: members(lines, 'transfer-encoding').map(lower),
    upgrade: members(lines, 'upgrade'),
    contentLength: lengthOf(values(lines, 'content-length')),
    expects: members(lines, 'expect').map(lower).includes('100-continue'),
  };
}

function kept(lines: readonly string[], removed: ReadonlySet<string>): readonly string[] {
  const fields: string[] = [];
  let cookie = -1;
  for (let i = 0; i < lines.length; i += 2) {
    const name = lower(lines[i] as string);
    const value = trimmed(lines[i + 1] as string);
    if (name === 'host' || removed.has(name)) continue;
    if (name === 'cookie' && cookie >= 0) {
      fields[cookie] = `${fields[cookie]}; ${value}`;
      continue;
    }
    if (name === 'cookie') cookie = fields.length + 1;
    fields.push(name, value);
  }
  return Object.freeze(fields);
}

function values(lines: readonly string[], name: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const text = lines[i] as string;
    if (text.length === name.length && lower(text) === name) found.push(trimmed(lines[i + 1] as string));
  }
  return found;
}

/** The members of a list field over all its lines (RFC 9110 §5.6.1). */
function members(lines: readonly string[], name: string): readonly string[] {
  return values(lines, name)
    .flatMap(value => value.split(','))
    .map(trimmed)
    .filter(member => member !== '');
}

function lengthOf([value]: readonly string[]): number {
  if (value === undefined) return -1;
  try {
    return parseContentLength(value);
  } catch {
    throw new Refusal(400, 'content-length is a decimal number of octets (RFC 9110 section 8.6)');
  }
}

function lower(text: string): string {
  return text.toLowerCase();
}

function trimmed(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, '');
}
