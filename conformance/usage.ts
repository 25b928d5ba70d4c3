/** The command line, or the caller of the library, asked for something that cannot be: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
