/** Static files: GET and HEAD of what lies below a folder, with validators, conditional requests and ranges. */
import { open } from 'node:fs/promises';
import type { App, Exchange } from '../../spec/msgi.ts';
import { field } from '../fields.ts';
import { contentType } from './content-types.ts';
import { type Found, find } from './find.ts';
import { precondition, rangeStands } from './preconditions.ts';
import { parseRange, type Range } from './range.ts';
import { send } from './send.ts';
import { pathOf, segments } from './target.ts';
import { type Validators, validators } from './validators.ts';

export interface FilesOptions {
  /** What stands for a folder, "index.html" by default; null: folders are not found. */
  readonly index?: string | null;
  /** Value of `cache-control`; none by default, and then caches guess (RFC 9111 §4.2.2). */
  readonly cacheControl?: string;
  /** Media types by extension, such as `{ '.wasm': 'application/wasm' }`: they go before those that are built in. */
  readonly types?: Readonly<Record<string, string>>;
}

/**
 * Serves what lies below `directory`. Nothing outside of it is reached: neither by "..", encoded or not, nor by symbolic
 * links; names that begin with a dot do not exist. A folder without its slash is redirected to itself with one. Content is
 * read as the peer takes it. Answers 200, 206, 301, 304, 404, 405, 412 and 416 (RFC 9110 §13, §14); of several ranges in one
 * request the whole is sent, as §14.2 allows.
 */
export function files(directory: string, options: FilesOptions = {}): App {
  const { index = 'index.html' } = options;
  return async x => {
    const { method, target } = x.request;
    if (method !== 'GET' && method !== 'HEAD') return refuse(x, 405, ['allow', 'GET, HEAD']);
    const path = segments(target);
    const found = path === null ? null : await find(directory, path, index);
    if (found === null) return refuse(x, 404);
    if (found.kind === 'folder') return redirect(x);
    await serve(x, found, options);
  };
}

function refuse(x: Exchange, status: number, fields: readonly string[] = []): void {
  x.respond(status, ['content-type', 'text/plain; charset=utf-8', ...fields], `${status}\n`);
}

/** Relative names in a page count from its last slash. */
function redirect(x: Exchange): void {
  const { base, target } = x.request;
  const path = pathOf(target);
  const location = `${base}${path}/${target.slice(path.length)}`;
  refuse(x, 301, ['location', location.replace(/[^\x21-\x7e]/g, octet => encodeOctet(octet))]);
}

function encodeOctet(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}

async function serve(x: Exchange, found: Extract<Found, { kind: 'file' }>, options: FilesOptions): Promise<void> {
  const handle = await open(found.path, found.flags);
  try {
    const stat = await handle.stat({ bigint: true });
    // What stood there when it was looked for may be something else by now.
    if (!stat.isFile()) return refuse(x, 404);
    const size = Number(stat.size);
    const current = validators(stat.size, stat.mtimeNs, Date.now());
    const caching = options.cacheControl === undefined ? [] : ['cache-control', options.cacheControl];
    const status = precondition(x.request.fields, current);
    if (status === 304) return x.respond(304, ['etag', current.etag, ...caching]);
    if (status === 412) return refuse(x, 412);
    const range = wanted(x, current, size);
    if (range === 'unsatisfiable') return refuse(x, 416, ['content-range', `bytes */${size}`]);
    const type = contentType(found.path, options.types);
    await send(x, handle, head(type, current, caching), range ?? { first: 0, length: size }, size, range !== null);
  } finally {
    await handle.close();
  }
}

/** Only GET has ranges (RFC 9110 §14.2), and `if-range` may take them away. */
function wanted(x: Exchange, current: Validators, size: number): Range | 'unsatisfiable' | null {
  const { fields, method } = x.request;
  const value = method === 'GET' ? field(fields, 'range') : undefined;
  if (value === undefined || !rangeStands(fields, current, Date.now())) return null;
  return parseRange(value, size);
}

function head(type: string, { etag, lastModified }: Validators, caching: readonly string[]): readonly string[] {
  const last = new Date(lastModified).toUTCString();
  const common = ['content-type', type, 'x-content-type-options', 'nosniff', 'accept-ranges', 'bytes'];
  return [...common, 'etag', etag, 'last-modified', last, ...caching];
}
