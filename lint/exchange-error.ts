/** The early end of an exchange, as a server tells it (chapter 4). */
import type { Exchange, ExchangeError, Party } from '../spec/msgi.ts';
import { isInteger, isTypeError, type Judge } from './judge.ts';

const PARTIES: readonly unknown[] = ['peer', 'app', 'server', 'transport'] satisfies Party[];
const MAX_CODE = 0xffff_ffff;

/** Judges the shape; false where it is not worth looking further. */
export function judgeError(judge: Judge, where: string, error: unknown): error is ExchangeError {
  if (isTypeError(error)) {
    judge.server('MSGI-LIFE-2', `${where} rejected with a TypeError, which is thrown: ${error.message}`);
    return false;
  }
  if (!(error instanceof Error) || error.name !== 'ExchangeError') {
    judge.server('MSGI-ERR-1', `${where} gave what is no ExchangeError: ${String(error)}`);
    return false;
  }
  const { code, by } = error as ExchangeError;
  const own = Object.hasOwn(error, 'code') && Object.hasOwn(error, 'by');
  if (own && isCode(code) && isParty(by)) return true;
  judge.server('MSGI-ERR-1', `${where} gave an ExchangeError with code ${String(code)} by ${String(by)}`);
  return false;
}

/** The error with which the exchange has failed: `signal` has aborted with the very same. */
export function judgeFailure(judge: Judge, where: string, error: unknown, exchange: Exchange): void {
  if (!judgeError(judge, where, error)) return;
  const { signal } = exchange;
  if (!signal.aborted) judge.server('MSGI-LIFE-48', `${where} gave the error, and signal has not aborted`);
  else if (signal.reason !== error) judge.server('MSGI-ERR-2', `${where} gave another error than signal.reason`);
}

export function isCode(code: unknown): code is number {
  return isInteger(code, 0, MAX_CODE);
}

export function isParty(by: unknown): by is Party {
  return PARTIES.includes(by);
}
