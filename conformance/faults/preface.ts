/** Servers that are wrong about the connection preface (RFC 9113 §3.4). */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
