/** Servers that are wrong about PRIORITY (RFC 9113 §6.3). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
