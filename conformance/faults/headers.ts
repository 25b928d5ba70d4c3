/** Servers that are wrong about HEADERS (RFC 9113 §6.2). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
