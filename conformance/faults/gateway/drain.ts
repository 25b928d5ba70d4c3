/** Servers that are wrong about their end. */
import type { GatewayFault } from './fault.ts';

export default [
  {
    id: 'drain/forgets-the-application',
    deviation: 'The server tells its exchanges of a drain, and not the application.',
    clause: 'MSGI-SPAN-6',
    fails: ['drain/the-application-is-told-first'],
    seen: /waited for the application to be told "drain"/,
    waits: true,
    host: ({ drain: _, ...rest }) => rest,
  },
] satisfies readonly GatewayFault[];
