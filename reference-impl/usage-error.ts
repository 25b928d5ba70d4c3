/** What the user can put right: printed in one line, without a stack. */
export class UsageError extends Error {}
