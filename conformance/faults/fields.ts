/** Servers that are wrong about field names, values and connection-specific fields (RFC 9113 §8.2). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
