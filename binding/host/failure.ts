/** The error that applications meet when an exchange fails, and promises that never end the process. */
import type { ExchangeError, Party } from '../../spec/msgi.ts';

export class Failure extends Error implements ExchangeError {
  override readonly name = 'ExchangeError';
  readonly code: number;
  readonly by: Party;

  /** `what` quotes nothing that the peer sent (MSGI-ERR-7). */
  constructor(code: number, by: Party, what: string) {
    super(`code ${code} by ${by}: ${what}`);
    this.code = code;
    this.by = by;
  }
}

export function ignore(): void {}

/** A rejected promise that is never an unhandled rejection (MSGI-LIFE-34). */
export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

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
