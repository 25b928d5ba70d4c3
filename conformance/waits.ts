/**
 * Where the time of a run goes that is not the kit's own: waits for the subject. Short ones are no news, and on a busy
 * machine as much the kit's as the subject's.
 */

/** Milliseconds from which on a wait is told. */
export const LONG_MS = 500;

export interface Wait {
  /** What was waited for: "the close". */
  readonly what: string;
  /** Milliseconds since the process began. */
  readonly start: number;
  readonly ms: number;
}

/** Equal waits of the tries of a case, as the report has them. */
export interface LongWait {
  readonly for: string;
  /** The longest of them, in milliseconds. */
  readonly ms: number;
  readonly times: number;
}

/** The long waits of one try. */
export class Waits {
  readonly long: Wait[] = [];

  /** A wait is over that began at `start`, well or not. */
  over(what: string, start: number): void {
    const ms = performance.now() - start;
    if (ms >= LONG_MS) this.long.push({ what, start, ms });
  }
}

/** By what was waited for, the longest first. */
export function summed(waits: readonly Wait[]): readonly LongWait[] {
  const sums = new Map<string, LongWait>();
  for (const { what, ms } of waits) {
    const known = sums.get(what) ?? { for: what, ms: 0, times: 0 };
    sums.set(what, { for: what, ms: Math.max(known.ms, Math.round(ms)), times: known.times + 1 });
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}

/** Milliseconds that went by in them; what passed side by side counts once. */
export function elapsed(waits: readonly Wait[]): number {
  let sum = 0;
  let until = 0;
  for (const { start, ms } of waits.toSorted((a, b) => a.start - b.start)) {
    sum += Math.max(0, start + ms - Math.max(start, until));
    until = Math.max(until, start + ms);
  }
  return Math.round(sum);
}
