/**
 * What the kit and its application say to each other, out of band: one TCP connection for each process that hosts the
 * application, one line of JSON for each message (MSGI_CONTROL=host:port). The address of an exchange is its key; it is in
 * the path, or in the authority of a plain CONNECT, and tells the attempt, the name within the case, and a fault.
 */

/** Plain JSON: what an application can report. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a failure looks like from outside. */
export interface ReportedError {
  /** "ExchangeError", "TypeError". */
  readonly name: string;
  readonly message: string;
  /** Of an ExchangeError. */
  readonly code?: number;
  readonly by?: string;
}

/** From the application. `seq` counts the messages of one connection, from 1. */
export type ApplicationMessage = { readonly seq: number } & (
  | { readonly event: 'hello'; readonly pid: number; readonly spec: string; readonly server: string }
  /** The server has called the application: with how many arguments, and as a method of the object or not. */
  | { readonly event: 'invoked'; readonly key: string; readonly arguments: number; readonly method: boolean }
  /** Its promise, or the call that gave none, has ended. */
  | { readonly event: 'settled'; readonly key: string; readonly error: ReportedError | null }
  /** The handler waits at a gate. */
  | { readonly event: 'waits'; readonly key: string; readonly gate: string }
  | { readonly event: 'report'; readonly key: string; readonly name: string; readonly data: Json }
  /** No case answers for the key: the kit's own fault. */
  | { readonly event: 'unknown'; readonly key: string; readonly why: string }
  /** The server has called a member of the application's lifespan. */
  | { readonly event: 'lifespan'; readonly member: 'start' | 'drain' | 'stop' }
  /** A rejection that nobody handled; Node would have ended the process. */
  | { readonly event: 'unhandled'; readonly error: ReportedError }
);

/** From the kit. */
export type KitMessage =
  | { readonly do: 'release'; readonly key: string; readonly gate: string }
  /** A probe of an old interface does this next on the exchange; it reports "did-N" with what came of it. */
  | { readonly do: 'act'; readonly key: string; readonly n: number; readonly verb: string; readonly with: Json }
  /** The attempt is over: whatever waits at its gates goes on. */
  | { readonly do: 'end'; readonly attempt: string };

/** The environment variable with the kit's address. */
export const CONTROL = 'MSGI_CONTROL';

/** The environment variable with the target of an exchange whose case decides what the application's module exports. */
export const EXPORTS = 'MSGI_EXPORTS';

/** The environment variable with the suite of the one case that the process is started for: it loads that of no other. */
export const SUITE = 'MSGI_SUITE';

/** First segment of every path of a gateway case, and last label of the authority of a plain CONNECT. */
export const SPACE = 'msgi-kit';

/** "attempt_name", or "attempt_name~chapter~slug" under the fault "chapter/slug". */
export interface Key {
  readonly attempt: string;
  readonly name: string;
  readonly fault: string | null;
}

export function formatKey({ attempt, name, fault }: Key): string {
  return `${attempt}_${name}${fault === null ? '' : `~${fault.replace('/', '~')}`}`;
}

export function parseKey(key: string): Key {
  const [, attempt = '', name = '', fault] = /^([a-z0-9]+)_([a-z0-9-]+)(?:~(.+))?$/.exec(key) ?? [];
  return { attempt, name, fault: fault === undefined ? null : fault.replace('~', '/') };
}

/** Where an exchange of a case is: "/msgi-kit/multiplexing/concurrent/KEY". */
export function pathOf(caseId: string, key: string): string {
  return `/${SPACE}/${caseId}/${key}`;
}

/** The same for a request whose target has no place for it, as that of a plain CONNECT: "KEY.concurrent.multiplexing.msgi-kit:443". */
export function authorityOf(caseId: string, key: string): string {
  return `${[...caseId.split('/'), key].toReversed().join('.')}.${SPACE}:443`;
}

/** The case and the key that a request names, anywhere in its path, well-formed or not, or in its authority; else null. */
export function addressed(target: string, authority: string): { readonly caseId: string; readonly key: string } | null {
  const [, chapter, slug, key] =
    /(?:^|\/)msgi-kit\/([a-z0-9-]+)\/([a-z0-9-]+)\/([a-z0-9_~-]+)(?:[^a-z0-9_~-]|$)/.exec(target) ?? [];
  if (key !== undefined) return { caseId: `${chapter}/${slug}`, key };
  const [, plain, own, group] = /^([a-z0-9_~-]+)\.([a-z0-9-]+)\.([a-z0-9-]+)\.msgi-kit(?::|$)/.exec(authority) ?? [];
  return plain === undefined ? null : { caseId: `${group}/${own}`, key: plain };
}
