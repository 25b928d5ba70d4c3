/** Servers that are wrong about GOAWAY (RFC 9113 §6.8). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
