/** Servers that are wrong about stream states, identifiers and concurrency (RFC 9113 §5.1). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
