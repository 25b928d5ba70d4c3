/** Servers that fall to an abuse. This module is loaded in the process of the faulty application, too. */
import type { GatewayFault } from '../gateway/fault.ts';
import controlFrames from './control-frames.ts';
import emptyFrames from './empty-frames.ts';
import fieldBlocks from './field-blocks.ts';
import pushes from './pushes.ts';
import resets from './resets.ts';
import silence from './silence.ts';
import windows from './windows.ts';

export const abuseFaults: readonly GatewayFault[] = [
  ...resets,
  ...controlFrames,
  ...emptyFrames,
  ...fieldBlocks,
  ...windows,
  ...silence,
  ...pushes,
];
