/** Abuses of a server, each within a bound (RFC 9113 §10.5). This module is loaded in the subject's process, too. */
import type { AbuseCase } from '../../abuse/case.ts';
import controlFrames from './control-frames.ts';
import emptyFrames from './empty-frames.ts';
import fieldBlocks from './field-blocks.ts';
import pushes from './pushes.ts';
import resets from './resets.ts';
import silence from './silence.ts';
import windows from './windows.ts';

export const abuseCases: readonly AbuseCase[] = [
  ...resets,
  ...controlFrames,
  ...emptyFrames,
  ...fieldBlocks,
  ...windows,
  ...pushes,
  ...silence,
];
