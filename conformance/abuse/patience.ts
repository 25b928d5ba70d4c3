/** Waits of an abuse case that must not be in vain. */
import { DeadlinePassed, Failed, KitError } from '../outcome.ts';

/**
 * Waits, and where the case's deadline comes before: fails with `seen`, if the wait alone took at least `least` milliseconds.
 * One that had only just begun proves nothing against the server: then the machine was too slow for the case.
 */
export async function inTime<T>(wait: Promise<T>, least: number, seen: (ms: number) => string): Promise<T> {
  const start = performance.now();
  try {
    return await wait;
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    const ms = Math.round(performance.now() - start);
    if (ms < least)
      throw new KitError(`the time of the case is over while the kit waits for ${error.message}`, 'deadline');
    throw new Failed(seen(ms), 'deadline', true);
  }
}

/** Any other wait that the deadline cuts short: it says nothing about the server. */
export async function orUndecided(run: Promise<void>): Promise<void> {
  await inTime(run, Number.POSITIVE_INFINITY, () => '');
}
