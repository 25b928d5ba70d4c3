/** Field lists as node:http2 has them, both ways. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import type { Fields } from '../../../spec/msgi.ts';
import { type Request, readRequest } from '../../engine/request-head.ts';

/** Never-indexed whatever the application says (RFC 7541 §7.1.3). */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** Names that node sends one line of, and throws for more: theirs are joined (RFC 9110 §5.3). */
const SINGLE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** Throws Malformed. `section` is flat, as node:http2 gives it beside its object; `headers` knows what was never-indexed. */
export function toRequest(section: readonly string[], headers: IncomingHttpHeaders, extendedConnect: boolean): Request {
  const sensitive = (headers as { [sensitiveHeaders]?: readonly string[] })[sensitiveHeaders] ?? [];
  const list = sensitive.length === 0 ? section : Object.assign([...section], { sensitive });
  return readRequest(list, extendedConnect);
}

/**
 * The lines in their order. An object has one place for each name, but node writes names in lower case: so the second line
 * of a name stands under a key with other letters in capitals.
 */
export function toHeaders(fields: Fields): OutgoingHttpHeaders {
  const headers = Object.create(null) as Record<string | symbol, unknown>;
  const sensitive: string[] = [...(fields.sensitive ?? [])];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (SINGLE.has(name)) headers[name] = `${before}, ${value}`;
    else again(headers, name, value);
    if (SECRET.has(name)) sensitive.push(name);
  }
  if (sensitive.length > 0) headers[sensitiveHeaders] = sensitive;
  return headers as OutgoingHttpHeaders;
}

/** A further line of a name. Where its letters give no more keys it goes with the first one. */
function again(headers: Record<string | symbol, unknown>, name: string, value: string): void {
  for (let nth = 1; nth < 2 ** letters(name); nth += 1) {
    const key = variant(name, nth);
    if (headers[key] !== undefined) continue;
    headers[key] = value;
    return;
  }
  const before = headers[name];
  if (Array.isArray(before)) before.push(value);
  else headers[name] = [before, value];
}

function letters(name: string): number {
  return name.replace(/[^a-z]/g, '').length;
}

/** The name with those letters in capitals whose bits are set in `nth`. */
function variant(name: string, nth: number): string {
  let rest = nth;
  return name.replace(/[a-z]/g, letter => {
    const capital = rest % 2 === 1;
    rest = Math.floor(rest / 2);
    return capital ? letter.toUpperCase() : letter;
  });
}
