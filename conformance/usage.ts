/** The command line, or the caller of the library, asked for something that cannot be: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Stopped before the first case: there is nothing to report. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor() {
    super('interrupted before the first case');
  }
}
