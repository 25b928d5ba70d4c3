/** Fields that a handler of node:http has set, as an exchange takes them. */
import { type OutgoingHttpHeaders, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Fields } from '../../../spec/msgi.ts';
import { OF_THE_CONNECTION, withoutNamed } from '../connection-fields.ts';

/** What `writeHead` takes: an object, a flat list, or a list of pairs. */
export type Given = OutgoingHttpHeaders | readonly unknown[] | undefined;

/** The head that is due: of `setHeader` where it was used (`writeHead` has added its own to it then), else as given. */
export function fieldsOf(response: ServerResponse, given: Given): Fields {
  const fields: string[] = [];
  const names = response.getHeaderNames();
  if (names.length > 0) for (const name of names) add(fields, name, response.getHeader(name));
  else if (Array.isArray(given)) addList(fields, given);
  else if (given !== undefined && given !== null) {
    for (const [name, value] of Object.entries(given)) addChecked(fields, name, value);
  }
  return withoutNamed(fields, String(response.getHeader('connection') ?? ''));
}

function addList(fields: string[], list: readonly unknown[]): void {
  if (Array.isArray(list[0])) {
    for (const [name, value] of list as readonly (readonly [string, unknown])[]) addChecked(fields, name, value);
    return;
  }
  for (let i = 0; i < list.length; i += 2) addChecked(fields, String(list[i]), list[i + 1]);
}

/** Node checks what `setHeader` is given, and what `writeHead` is only when it makes lines of it. */
function addChecked(fields: string[], name: string, value: unknown): void {
  validateHeaderName(name);
  for (const line of Array.isArray(value) ? value : [value]) validateHeaderValue(name, line as string);
  add(fields, name, value);
}

function add(fields: string[], written: string, value: unknown): void {
  const name = written.toLowerCase();
  if (OF_THE_CONNECTION.has(name) || value === undefined) return;
  if (!Array.isArray(value)) fields.push(name, text(value));
  else for (const line of value) fields.push(name, text(line));
}

/** HTTP/1.1 would cut the white space at either end on arrival. */
function text(value: unknown): string {
  const string = String(value);
  const first = string.charCodeAt(0);
  const last = string.charCodeAt(string.length - 1);
  return first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09
    ? string.replace(/^[ \t]+|[ \t]+$/g, '')
    : string;
}

/** The lines that `addTrailers` has made. */
export function trailersOf(response: ServerResponse): Fields | undefined {
  const lines = (response as { _trailer?: string })._trailer;
  if (!lines) return undefined;
  const fields: string[] = [];
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) add(fields, line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
