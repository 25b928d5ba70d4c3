/**
 * The checker that stands between any MSGI server and any MSGI application and judges both, by the ids of the specification.
 * It imports nothing else, has no policy and keeps no clock.
 * @module
 */
export type { Report } from './judge.ts';
export { type LintOptions, lint } from './lint.ts';
export { formatLint, LintError, type RuleId, type Side } from './lint-error.ts';
