/** Servers that are wrong about coarse credit. */
import type { GatewayFault } from '../fault.ts';

export default [
  {
    id: 'flow/reads-on-over-http1',
    deviation: 'The server reads the socket of an HTTP/1 connection on, and keeps what the allowance does not cover.',
    clause: 'MSGI-FLOW-30',
    fails: ['flow/a-socket-is-read-by-allowance'],
    seen: /all 67108864 octets are taken of the socket, where the allowance is \d+/,
    http1: () => ({ hoards: true }),
  },
] satisfies readonly GatewayFault[];
