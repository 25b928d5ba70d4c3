/** Promises that an event settles. */
import type { ExchangeError, Party } from '../../../spec/msgi.ts';

export interface Waiting<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** One that nobody has to wait for: its rejection is never unhandled (MSGI-LIFE-34). */
export function waiting<T>(): Waiting<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

export function rejected(error: unknown): Promise<never> {
  const { promise, reject } = waiting<never>();
  reject(error);
  return promise;
}

export function exchangeError(code: number, by: Party): ExchangeError {
  const error = new Error(`the exchange ended early: code ${code}, by ${by}`);
  error.name = 'ExchangeError';
  return Object.assign(error, { code, by }) as ExchangeError;
}
