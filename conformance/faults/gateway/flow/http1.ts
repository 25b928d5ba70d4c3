/** Servers that are wrong about coarse credit. */
import type { GatewayFault } from '../fault.ts';
import { ForwardedSource, facing, withMembers } from '../wrap.ts';

class Deaf extends ForwardedSource {
  override credit(): void {}
}

export default [
  {
    id: 'flow/reads-on-over-http1',
    deviation: 'The server reads the socket of an HTTP/1 connection on, and keeps what the allowance does not cover.',
    clause: 'MSGI-FLOW-30',
    fails: ['flow/a-socket-is-read-by-allowance'],
    seen: /all 67108864 octets are taken of the socket, where the allowance is \d+/,
    http1: () => ({ hoards: true }),
  },
  {
    id: 'flow/never-reads-on-over-http1',
    deviation: 'The server that has stopped reading a socket does not read on when there is credit again.',
    clause: 'MSGI-FLOW-30',
    fails: ['flow/a-socket-is-read-by-allowance'],
    seen: /waited for more than the \d+ octets that the socket holds/,
    waits: true,
    wrap: facing(x => withMembers(x, { body: new Deaf(x.body) })),
  },
] satisfies readonly GatewayFault[];
