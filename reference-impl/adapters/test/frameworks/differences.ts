/** Where an application does not do the same on every host, in what, and why. What is not in this table must be the same. */
import type { HostName } from './hosts.ts';

export interface Difference {
  readonly framework: string;
  readonly hosts: readonly HostName[];
  /** Names of behaviours and of steps; "*" for all of them. */
  readonly behaviours: readonly string[];
  /** As `differing` names them. Where behaviours are named, each of them differs in each of these. */
  readonly parts: readonly string[];
  readonly reason: string;
  /** There is no answer at all, so nothing is asked. */
  readonly silent?: true;
}

/** Where Koa shows the reason phrase. */
const PHRASES: readonly string[] = [
  'no such page',
  'a page behind a password, without',
  'a range that is not there',
  'a file that is not there',
  'a method that a page does not have',
  'an author: asks for a method that is not there',
];

export const DIFFERENCES: readonly Difference[] = [
  {
    framework: 'express 4',
    hosts: ['node:http2'],
    behaviours: ['*'],
    parts: [],
    reason:
      'its prototypes are those of node:http, and the objects of node:http2 are not: the first request ends the process',
    silent: true,
  },
  {
    framework: 'express 5',
    hosts: ['node:http2'],
    behaviours: ['*'],
    parts: [],
    reason:
      'its prototypes are those of node:http, and the objects of node:http2 are not: the first request ends the process',
    silent: true,
  },
  ...['koa', 'hono'].map(framework => ({
    framework,
    hosts: ['node:http2'] as const,
    behaviours: ['*'],
    parts: ['content-length'],
    reason: 'node:http2 adds no length: the end of the stream says as much',
  })),
  {
    framework: 'koa',
    hosts: ['node:http2'],
    behaviours: PHRASES,
    parts: ['content'],
    reason:
      'Koa asks for the version: where there is no reason phrase, the page has the number of the status in its place',
  },
  {
    framework: 'koa',
    hosts: ['msgi on HTTP/2'],
    behaviours: PHRASES,
    parts: ['content', 'content-length'],
    reason: 'the same: Koa asks for the version',
  },
  {
    framework: 'koa',
    hosts: ['node:http2'],
    behaviours: ['fields of the connection are not sent'],
    parts: ['status', 'content', 'x-middleware'],
    reason: 'node:http2 throws for them, and Koa answers 500',
  },
  {
    framework: 'fastify',
    hosts: ['node:http2'],
    behaviours: ['fields of the connection are not sent'],
    parts: [],
    reason: 'node:http2 throws for them when Fastify is past its answer for failures: nothing is sent',
    silent: true,
  },
  {
    framework: 'fastify',
    hosts: ['node:http2'],
    behaviours: ['a visitor: trailers'],
    parts: [],
    reason: 'Fastify sets transfer-encoding for trailers, and node:http2 throws for it where nobody catches',
    silent: true,
  },
  {
    framework: 'fastify',
    hosts: ['node:http2'],
    behaviours: ['content that fails is cut'],
    parts: [],
    reason: 'Fastify destroys the stream of node:http2 without an error, which ends it with NO_ERROR',
  },
  {
    framework: 'hono',
    hosts: ['msgi on HTTP/2', 'msgi on HTTP/1.1'],
    behaviours: ['*'],
    parts: ['content-length'],
    reason:
      'the bridge to node:http writes all content as a stream, fromFetch sends what is there whole with its length',
  },
];

/** Those that are about it. */
export function listed(framework: string, host: HostName, behaviour: string): readonly Difference[] {
  return DIFFERENCES.filter(
    row =>
      row.framework === framework &&
      row.hosts.includes(host) &&
      (row.behaviours.includes(behaviour) || row.behaviours.includes('*')),
  );
}
