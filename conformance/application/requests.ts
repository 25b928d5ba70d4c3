/** What the application is asked: by flags, by the module's own export `certify`, or by what fits any application. */
import type { RequestHead } from '../../spec/msgi.ts';
import { UsageError } from '../usage.ts';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  /** null: the request ends with its head. */
  readonly content: Uint8Array | null;
}

/** As a module exports it in `certify.requests`; a string is "GET /path". */
export type Wish =
  | string
  | {
      readonly method?: string;
      readonly target: string;
      readonly fields?: readonly string[];
      readonly content?: string | Uint8Array;
    };

/** Characters of two and more octets, so that a cut between chunks goes through some of them. */
const TEXT = 'The quick brown fox — für 3 € — jumps over the lazy dog.\n'.repeat(16);

const DEFAULTS: readonly Wish[] = ['GET /', 'HEAD /', { method: 'POST', target: '/', content: TEXT }];

/** Throws UsageError for what is no request. */
export function requestsOf(wishes: readonly Wish[] | undefined): readonly Asked[] {
  const chosen = wishes === undefined || wishes.length === 0 ? DEFAULTS : wishes;
  return chosen.map(wish => (typeof wish === 'string' ? fromLine(wish) : fromParts(wish)));
}

function fromLine(line: string): Asked {
  const [method = '', target, ...rest] = line.split(' ');
  if (target === undefined || rest.length > 0)
    throw new UsageError(`${JSON.stringify(line)} is no request: write it like 'GET /path' or 'POST /path @file'`);
  return fromParts({ method, target, ...(['POST', 'PUT', 'PATCH'].includes(method) ? { content: TEXT } : {}) });
}

function fromParts({ method = 'GET', target, fields = [], content }: Exclude<Wish, string>): Asked {
  const right =
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method) && /^\/[\x21-\x7e]*$/.test(target) && method !== 'CONNECT';
  if (!right)
    throw new UsageError(
      `"${method} ${target}" is no request: a token that is not CONNECT, and a path that starts with /`,
    );
  const octets = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { method, target, fields, content: octets ?? null };
}

export function describe({ method, target }: Asked): string {
  return `${method} ${target}`;
}

export function headOf(asked: Asked, version: RequestHead['version']): RequestHead {
  const { method, target, fields } = asked;
  const lines = [...fields];
  if (asked.content !== null && !lines.includes('content-length'))
    lines.push('content-length', `${asked.content.length}`);
  if (asked.content !== null && !lines.includes('content-type'))
    lines.push('content-type', 'text/plain; charset=utf-8');
  return { version, method, scheme: 'https', authority: 'kit.test', target, base: '', protocol: '', fields: lines };
}
