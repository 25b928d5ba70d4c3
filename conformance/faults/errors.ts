/** Servers that are wrong about error handling (RFC 9113 §5.4). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
