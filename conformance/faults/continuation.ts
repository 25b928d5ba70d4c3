/** Servers that are wrong about CONTINUATION (RFC 9113 §6.10). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
