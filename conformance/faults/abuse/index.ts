/** Servers that fall to an abuse. This module is loaded in the process of the faulty application, too. */
import type { GatewayFault } from '../gateway/fault.ts';
import controlFrames from './control-frames.ts';
import resets from './resets.ts';

export const abuseFaults: readonly GatewayFault[] = [...resets, ...controlFrames];
