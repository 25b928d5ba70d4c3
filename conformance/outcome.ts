/** How a case ends early: thrown where it is known, turned into a verdict in one place (runner/attempt.ts). */
import type { Reason } from './result.ts';

export class Failed extends Error {
  override readonly name = 'Failed';
  readonly reason: Reason | undefined;
  readonly limited: boolean;
  constructor(seen: string, reason?: Reason, limited = false) {
    super(seen);
    this.reason = reason;
    this.limited = limited;
  }
}

export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
  readonly reason: Reason;
  constructor(why: string, reason: Reason = 'not-exercised') {
    super(why);
    this.reason = reason;
  }
}

/** The kit's own fault, or the set-up's: never counted against the subject. */
export class KitError extends Error {
  override readonly name = 'KitError';
  readonly reason: Reason;
  constructor(why: string, reason: Reason = 'kit') {
    super(why);
    this.reason = reason;
  }
}

/** The case's one deadline passed while `what` was awaited. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}
