/** Every wrong host: deviations of its pipe, of what its application sees, and of its process. */
import beginnings from './beginnings.ts';
import calls from './calls.ts';
import content from './content.ts';
import ends from './ends.ts';
import type { HostFault } from './fault.ts';

export const hostFaults: readonly HostFault[] = [...beginnings, ...calls, ...content, ...ends];
