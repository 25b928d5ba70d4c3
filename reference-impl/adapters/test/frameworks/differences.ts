/** Where an application does not do the same on every host, and why. What is not in this table must be the same. */
import type { HostName } from './hosts.ts';

export interface Difference {
  readonly framework: string;
  readonly hosts: readonly HostName[];
  /** Names of behaviours; "*" for all of them. */
  readonly behaviours: readonly string[];
  readonly reason: string;
  /** There is no answer at all, so nothing is asked. */
  readonly silent?: true;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    framework: 'express 4',
    hosts: ['node:http2'],
    behaviours: ['*'],
    reason:
      'its prototypes are those of node:http, and the objects of node:http2 are not: the first request ends the process',
    silent: true,
  },
  {
    framework: 'express 5',
    hosts: ['node:http2'],
    behaviours: ['*'],
    reason:
      'its prototypes are those of node:http, and the objects of node:http2 are not: the first request ends the process',
    silent: true,
  },
  {
    framework: 'koa',
    hosts: ['node:http2', 'msgi on HTTP/2'],
    behaviours: [
      'no such page',
      'a page behind a password, without',
      'a range that is not there',
      'a file that is not there',
      'a method that a page does not have',
    ],
    reason:
      'Koa asks for the version: where there is no reason phrase, the page has the number of the status in its place',
  },
  {
    framework: 'koa',
    hosts: ['node:http2'],
    behaviours: ['fields of the connection are not sent'],
    reason: 'node:http2 throws for them, and Koa answers 500',
  },
  {
    framework: 'fastify',
    hosts: ['node:http2'],
    behaviours: ['fields of the connection are not sent'],
    reason: 'node:http2 throws for them when Fastify is past its answer for failures: nothing is sent',
    silent: true,
  },
  {
    framework: 'fastify',
    hosts: ['node:http2'],
    behaviours: ['content that fails is cut'],
    reason: 'Fastify destroys the stream of node:http2 without an error, which ends it with NO_ERROR',
  },
];
