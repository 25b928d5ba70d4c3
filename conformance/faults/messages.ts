/** Servers that are wrong about message framing and malformed messages (RFC 9113 §8.1). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
