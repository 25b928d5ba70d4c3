/** Servers that send in another order than they were asked to. */
import { parsePayload, priority } from '../../../../wire/index.ts';
import { depending } from '../../dependencies.ts';
import { alters, mendsRequests, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { withMembers } from '../wrap.ts';

const without = (fields: readonly string[]): readonly string[] =>
  fields.filter((_, i, all) => all[i - (i % 2)] !== 'priority');

/** Every request asks for this. */
const asking = (value: string): Wire => mendsRequests(({ fields }) => [...without(fields), 'priority', value]);

export default [
  {
    id: 'priority/order-of-arrival',
    deviation: 'The server sends one response after the other, the first first, whatever was asked.',
    clause: 'MSGI-PRIO-18',
    fails: ['priority/more-urgent-first', 'priority/incremental-ones-share', 'priority/equal-shares-in-silence'],
    seen: /octets/,
    grade: 'weak',
    wire: asking('u=3'),
  },
  {
    id: 'priority/always-in-turns',
    deviation: 'The server lets all streams share, whatever was asked.',
    clause: 'MSGI-PRIO-19',
    fails: ['priority/one-after-the-other'],
    seen: /the two share the connection/,
    grade: 'weak',
    wire: asking('u=2, i'),
  },
  {
    id: 'priority/no-parents',
    deviation: 'The server takes every stream for a dependent of the root.',
    clause: 'MSGI-PRIO-18',
    fails: ['priority/parents-first'],
    seen: /octets beyond slack while stream/,
    grade: 'weak',
    wire: alters(frame => depending(frame, fields => ({ ...fields, dependency: 0 }))),
  },
  {
    id: 'priority/pushes-beside-the-parent',
    deviation: 'The server puts pushed streams below the root.',
    clause: 'RFC 7540 §5.3.5',
    fails: ['priority/pushed-behind-its-parent'],
    seen: /octets beyond slack while stream/,
    grade: 'weak',
    wire: link => ({
      toClient: frame => {
        const payload = parsePayload(frame);
        if (payload.type === 'PUSH_PROMISE') link.toServer(priority(payload.promised, { dependency: 0, weight: 16 }));
        return [frame];
      },
    }),
  },
  {
    id: 'priority/starves-the-least-urgent',
    deviation: 'The server gives what is due to the least urgent to the most urgent.',
    clause: 'MSGI-PRIO-20',
    fails: ['priority/nobody-starves'],
    seen: /^0 octets of urgency 7/,
    grade: 'weak',
    wrap: app => async x => {
      if (!x.request.fields.includes('u=7')) return app(x);
      const respond: typeof x.respond = (status, fields, body) => {
        void x.start(status, fields).write(body?.slice(0, 1) ?? '');
      };
      await app(withMembers(x, { respond }));
      await new Promise<void>(resolve => x.watch(notice => notice.type === 'close' && resolve()));
    },
  },
] satisfies readonly GatewayFault[];
