/** Servers that are wrong about header compression (RFC 7541). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
