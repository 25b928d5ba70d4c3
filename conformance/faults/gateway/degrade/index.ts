/** Servers that are wrong about versions and capabilities. */
import type { GatewayFault } from '../fault.ts';
import members from './members.ts';
import octets from './octets.ts';

export default [...members, ...octets] satisfies readonly GatewayFault[];
