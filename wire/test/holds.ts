/** Properties as tap assertions: a failure shows the shrunk example, and the seed and path that bring it back. */
import fc from 'fast-check';
import type { Test } from 'tap';

export function holds<Ts>(t: Test, what: string, property: fc.IProperty<Ts>, numRuns = 300): void {
  const result = fc.check(property, { numRuns });
  t.notOk(result.failed, result.failed ? `${what}: ${fc.defaultReportMessage(result)}` : `${what}: ${numRuns} runs`);
}
