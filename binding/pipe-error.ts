/** What is wrong with a pipe: it is closed for it (MSGI-PROC-9, MSGI-PROC-17). */
export class PipeError extends Error {
  override readonly name = 'PipeError';
  /** Id of the sentence that is broken. */
  readonly rule: `MSGI-PROC-${number}`;

  constructor(rule: `MSGI-PROC-${number}`, what: string) {
    super(`${what} (${rule})`);
    this.rule = rule;
  }
}
