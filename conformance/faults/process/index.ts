/** Servers that are wrong about the pipe to the processes of their application. */
import type { GatewayFault } from '../gateway/fault.ts';
import exchanges from './exchanges.ts';
import frames from './frames.ts';

export const processFaults: readonly GatewayFault[] = [...frames, ...exchanges];
