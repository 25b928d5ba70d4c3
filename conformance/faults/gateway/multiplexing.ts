/** Servers that are wrong about many exchanges at a time. */
import type { GatewayFault } from './fault.ts';

export default [
  {
    id: 'multiplexing/one-at-a-time',
    deviation: 'The server calls the application on the next request when the exchange before it has settled.',
    clause: 'MSGI-MODEL-8',
    fails: ['multiplexing/all-invoked-while-held'],
    seen: /waited for the application of b to come to gate "go"/,
    waits: true,
    wrap: app => {
      let last: Promise<unknown> = Promise.resolve();
      return x => {
        const turn = last.then(() => app(x));
        last = turn.catch(() => {});
        return turn;
      };
    },
  },
] satisfies readonly GatewayFault[];
