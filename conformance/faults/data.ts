/** Servers that are wrong about DATA (RFC 9113 §6.1). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
