/** Servers that are wrong about what the server sends of its own accord. */
import type { Fault } from './fault.ts';

export default [] satisfies readonly Fault[];
