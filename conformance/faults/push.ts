/** Servers that are wrong about PUSH_PROMISE (RFC 9113 §6.6, 8.4). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
