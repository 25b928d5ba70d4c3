/** What some frameworks leave to the application: a file with ranges and conditions, forms in parts, content that comes slowly. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { STREAMED, sha256 } from './behaviour.ts';

export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 404 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** null where there is no content. */
  readonly content: Readable | null;
}

/** Of `name`, a single segment. `asked` gives a field of the request. */
export function fileAnswer(
  directory: string,
  name: string,
  method: string,
  asked: (name: string) => string | undefined,
): FileAnswer {
  const path = join(directory, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { status: 404, headers: {}, content: null };
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'last-modified': stats.mtime.toUTCString() };
  if (isFresh(stats, asked('if-modified-since'))) return { status: 304, headers, content: null };
  const range = /^bytes=(\d+)-(\d*)$/.exec(asked('range') ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(stats.size - 1, Number(range?.[2] || stats.size - 1));
  if (start > end) return { status: 416, headers: { 'content-range': `bytes */${stats.size}` }, content: null };
  const part = range === null ? {} : { 'content-range': `bytes ${start}-${end}/${stats.size}` };
  return {
    status: range === null ? 200 : 206,
    headers: { ...headers, 'content-length': String(end + 1 - start), ...part },
    content: method === 'HEAD' ? null : createReadStream(path, { start, end }),
  };
}

function isFresh({ mtimeMs }: Stats, since: string | undefined): boolean {
  return since !== undefined && Math.floor(mtimeMs / 1000) * 1000 <= Date.parse(since);
}

/** One text field and one file, as their parts say. */
export function readParts(content: Uint8Array, contentType: string): Record<string, unknown> {
  const [, boundary] = /boundary=(.+)$/.exec(contentType) ?? [];
  const parts = Buffer.from(content).toString('latin1').split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(parts.map(readPart));
}

function readPart(part: string): readonly [string, unknown] {
  const [head = '', ...rest] = part.split('\r\n\r\n');
  const content = Buffer.from(rest.join('\r\n\r\n').slice(0, -2), 'latin1');
  const [, name = ''] = / name="([^"]*)"/.exec(head) ?? [];
  const [, file] = / filename="([^"]*)"/.exec(head) ?? [];
  if (file === undefined) return [name, content.toString()];
  return [name, { name: file, octets: content.length, sha256: sha256(content) }];
}

/** Many pieces, with turns of the event loop between them. */
export function slowly(): Readable {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let octets = 0; octets < STREAMED; octets += 20_000) {
      yield Buffer.alloc(20_000, 0x61);
      await new Promise(resolve => setImmediate(resolve));
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

/** Some content, and then a failure. */
export function failing(): Readable {
  async function* pieces(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(1000, 0x61);
    await new Promise(resolve => setImmediate(resolve));
    throw new Error('the source of the content fails');
  }
  return Readable.from(pieces(), { objectMode: false });
}

export async function hashOf(content: AsyncIterable<Uint8Array>): Promise<{ octets: number; sha256: string }> {
  const hash: Hash = createHash('sha256');
  let octets = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    octets += chunk.length;
  }
  return { octets, sha256: hash.digest('hex') };
}
