/** Servers that are wrong about RST_STREAM (RFC 9113 §6.4). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
