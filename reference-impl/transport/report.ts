/** Where failures go that nobody else hears of. */
import { inspect } from 'node:util';
import type { Host } from '../gateway/gateway.ts';

export function reportToStderr(error: unknown, what: string): void {
  process.stderr.write(`msgi: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
}

/** Nor may what the operator does with it. */
export function reporting(failed: Host['failed'] | undefined, report: Host['report']): Host['failed'] {
  return failure => {
    try {
      failed?.(failure);
    } catch (error) {
      report(error, 'a failure of a connection');
    }
  };
}

/** A report that fails must not take the exchange with it, or the server. */
export function safely(report: Host['report']): Host['report'] {
  return (error, what) => {
    try {
      report(error, what);
    } catch {
      process.stderr.write(`msgi: ${what}: a failure that could not be reported\n`);
    }
  };
}
