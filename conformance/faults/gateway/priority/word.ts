/** Servers that are wrong about `prioritize`. */
import type { GatewayFault } from '../fault.ts';
import { facing, withMembers } from '../wrap.ts';

export default [
  {
    id: 'priority/takes-any-argument',
    deviation: 'A call of prioritize takes what comes nearest to its arguments.',
    clause: 'MSGI-PRIO-15',
    fails: ['priority/prioritize-checks-its-arguments'],
    seen: /is "taken"/,
    wrap: facing(x =>
      withMembers(x, {
        prioritize: (urgency, incremental) =>
          x.prioritize(Math.min(7, Math.max(0, Math.trunc(Number(urgency) || 0))), Boolean(incremental)),
      }),
    ),
  },
  {
    id: 'priority/shows-the-word',
    deviation: 'What the application has said shows in priority.',
    clause: 'MSGI-PRIO-17',
    fails: ['priority/prioritize-is-not-the-peers-word'],
    seen: /after of a is "urgency 7"/,
    wrap: facing(x => {
      let { priority } = x;
      return withMembers(x, {
        get priority() {
          return priority;
        },
        prioritize(urgency, incremental = false) {
          x.prioritize(urgency, incremental);
          priority = { ...priority, scheme: 'urgency', urgency, incremental };
        },
      });
    }),
  },
  {
    id: 'priority/nothing-to-order',
    deviation: 'A call of prioritize throws where there is nothing to order.',
    clause: 'MSGI-PRIO-21',
    fails: ['priority/prioritize-on-http1'],
    seen: /ended before it came to "taken": Error: no priority on HTTP\/1/,
    wrap: facing(x =>
      withMembers(x, {
        prioritize(urgency, incremental) {
          if (x.request.version !== '2') throw new Error('no priority on HTTP/1');
          x.prioritize(urgency, incremental);
        },
      }),
    ),
  },
  {
    id: 'priority/no-ear-for-the-application',
    deviation: 'A call of prioritize has no effect, and the server orders by what the peer asks.',
    clause: 'MSGI-PRIO-16',
    fails: ['priority/word-of-the-application-wins'],
    seen: /octets of the exchange with prioritize\(0\), (?!0 )\d+ of that with u=1/,
    wrap: facing(x => withMembers(x, { prioritize: () => {} })),
  },
] satisfies readonly GatewayFault[];
