/** Servers that are wrong about PING (RFC 9113 §6.7). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
