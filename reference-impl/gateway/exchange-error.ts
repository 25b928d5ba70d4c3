/** The error that applications meet when an exchange fails: known by its name, with code and party. */
import type { ExchangeError } from '../../spec/msgi.ts';
import { errorName } from '../../wire/index.ts';
import type { Party } from '../engine/stream.ts';

export class Failure extends Error implements ExchangeError {
  override readonly name = 'ExchangeError';
  readonly code: number;
  readonly by: Party;

  /** `rule` quotes nothing that the peer sent. */
  constructor(code: number, by: Party, rule: string) {
    super(`${errorName(code)} by ${by}: ${rule}`);
    this.code = code;
    this.by = by;
  }
}

/** A rejected promise that is never an unhandled rejection: the next call meets the error as well. */
export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

export function ignore(): void {}

/** A promise with its ends, marked as handled. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = ignore;
  let reject: (error: Error) => void = ignore;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}
