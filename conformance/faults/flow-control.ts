/** Servers that are wrong about WINDOW_UPDATE and flow control (RFC 9113 §6.9). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
