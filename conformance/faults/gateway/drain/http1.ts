/** Servers that drain HTTP/1.1 in a wrong way. */
import type { GatewayFault } from '../fault.ts';

export default [
  {
    id: 'drain/closes-without-a-word',
    deviation: 'The server closes a draining HTTP/1.1 connection without Connection: close.',
    clause: 'MSGI-SPAN-15',
    fails: ['drain/connection-close-on-http1', 'drain/connection-close-with-the-next-one'],
    seen: /(?:a|next) has no connection field/,
    http1: () => ({ toClient: text => text.replace(/connection: close\r\n/i, '') }),
  },
] satisfies readonly GatewayFault[];
