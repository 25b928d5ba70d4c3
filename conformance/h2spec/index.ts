/** The external h2spec beside the kit. */
export { type ComparedRule, type Comparison, compare, formatComparison, type KitVerdict } from './compare.ts';
export type { H2specResult } from './junit.ts';
export { findH2spec, type H2specOptions, runH2spec } from './run.ts';
