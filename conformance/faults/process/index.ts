/** Servers that are wrong about the pipe to the processes of their application. */
import type { GatewayFault } from '../gateway/fault.ts';

export const processFaults: readonly GatewayFault[] = [];
