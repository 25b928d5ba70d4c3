/** Servers that are wrong about field blocks (RFC 9113 §4.3). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
