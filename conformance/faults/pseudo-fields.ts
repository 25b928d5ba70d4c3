/** Servers that are wrong about control data (RFC 9113 §8.3). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
