/** Servers that are wrong about frame format and frame size (RFC 9113 §4.1, 4.2). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
