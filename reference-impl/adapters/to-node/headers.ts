/** Field lists as node:http2 has them, both ways. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import type { Fields } from '../../../spec/msgi.ts';
import { type Request, readRequest } from '../../engine/request-head.ts';

/** Never-indexed whatever the application says (RFC 7541 §7.1.3). */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** Throws Malformed. `section` is flat, as node:http2 gives it beside its object; `headers` knows what was never-indexed. */
export function toRequest(section: readonly string[], headers: IncomingHttpHeaders, extendedConnect: boolean): Request {
  const sensitive = (headers as { [sensitiveHeaders]?: readonly string[] })[sensitiveHeaders] ?? [];
  const list = sensitive.length === 0 ? section : Object.assign([...section], { sensitive });
  return readRequest(list, extendedConnect);
}

/** Lines of one name stand together, at the place of the first: an object has one place for each name. */
export function toHeaders(fields: Fields): OutgoingHttpHeaders {
  const headers = Object.create(null) as Record<string | symbol, unknown>;
  const sensitive: string[] = [...(fields.sensitive ?? [])];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const before = headers[name];
    if (before === undefined) headers[name] = fields[i + 1];
    else if (Array.isArray(before)) before.push(fields[i + 1]);
    else headers[name] = [before, fields[i + 1]];
    if (SECRET.has(name)) sensitive.push(name);
  }
  if (sensitive.length > 0) headers[sensitiveHeaders] = sensitive;
  return headers as OutgoingHttpHeaders;
}
