/** Servers that are wrong about extending HTTP/2 (RFC 9113 §5.5). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
