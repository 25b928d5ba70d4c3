/** Every case about applications. */
import type { ApplicationCase } from '../../application/case.ts';
import answers from './answers.ts';
import calls from './calls.ts';
import drain from './drain.ts';
import failures from './failures.ts';
import flow from './flow.ts';
import memory from './memory.ts';
import versions from './versions.ts';

export const applicationCatalogue: readonly ApplicationCase[] = [
  ...answers,
  ...calls,
  ...failures,
  ...flow,
  ...memory,
  ...versions,
  ...drain,
];
