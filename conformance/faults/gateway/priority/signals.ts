/** Servers that get wrong what the peer asks for. */
import type { Exchange, Priority } from '../../../../spec/msgi.ts';
import { FRAME_TYPE, priorityUpdate, SETTING, settings } from '../../../../wire/index.ts';
import { alters, hides, spoilsResponses } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { facing, withMembers } from '../wrap.ts';

/** An exchange with another priority, as a getter that looks each time. */
const asking = (x: Exchange, change: (priority: Priority) => Priority): Exchange =>
  withMembers(x, {
    get priority() {
      return change(x.priority);
    },
  });

/** The lines of the field, joined. */
function field(x: Exchange): string | null {
  const { fields } = x.request;
  const lines = fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === 'priority');
  return lines.length === 0 ? null : lines.join(', ');
}

export default [
  {
    id: 'priority/says-urgency-and-takes-both',
    deviation: 'The member caps.priority is "urgency", and no setting has said so.',
    clause: 'MSGI-PRIO-1',
    fails: ['priority/setting-is-the-policy'],
    seen: /caps.priority is "urgency", the setting is 0/,
    wrap: facing(x => withMembers(x, { caps: { ...x.caps, priority: 'urgency' } })),
  },
  {
    id: 'priority/overlooks-the-setting',
    deviation: 'The server does not look at SETTINGS_NO_RFC7540_PRIORITIES of the client.',
    clause: 'MSGI-PRIO-2',
    fails: [
      'priority/client-switches-the-tree-off',
      'priority/caps-say-what-counts',
      'priority/no-tree-where-it-does-not-count',
    ],
    seen: /asked of a is "tree 7|counts of b is "(?:both|tree)"|null of b is \[false,false\]/,
    wire: alters((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.filter(([id]) => id !== SETTING.NO_RFC7540_PRIORITIES))
        : frame,
    ),
  },
  {
    id: 'priority/keeps-the-field-to-itself',
    deviation: 'The server takes the priority field out of requests, as if it were of the connection.',
    clause: 'RFC 9218 §5',
    fails: ['priority/field-reaches-the-application'],
    seen: /field of a is null/,
    wrap: facing(x => {
      const fields = x.request.fields.filter((_, i, all) => all[i - (i % 2)] !== 'priority');
      return withMembers(x, { request: { ...x.request, fields } });
    }),
  },
  {
    id: 'priority/drops-the-field-of-responses',
    deviation: 'The server keeps the priority field of responses back.',
    clause: 'RFC 9218 §8',
    fails: ['priority/field-of-the-response-reaches-the-client'],
    seen: /no priority field/,
    wire: spoilsResponses(({ fields }) => fields.filter((_, i, all) => all[i - (i % 2)] !== 'priority')),
  },
  {
    id: 'priority/always-urgency',
    deviation: 'The scheme is "urgency" for exchanges that nobody has asked anything for.',
    clause: 'MSGI-PRIO-4',
    fails: ['priority/scheme-urgency-by-the-field', 'priority/scheme-tree-from-the-first-signal'],
    seen: /is "urgency 3/,
    wrap: facing(x => asking(x, priority => ({ ...priority, scheme: 'urgency' }))),
  },
  {
    id: 'priority/tree-before-urgency',
    deviation: 'Where the client uses the tree, the field does not count.',
    clause: 'MSGI-PRIO-4',
    fails: ['priority/urgency-before-the-tree'],
    seen: /asked of a is "tree 0/,
    wrap: facing(x =>
      asking(x, priority =>
        priority.node?.weight === 256 ? { ...priority, scheme: 'tree', urgency: 0, incremental: true } : priority,
      ),
    ),
  },
  {
    id: 'priority/ignores-updates',
    deviation: 'The server does not look at PRIORITY_UPDATE.',
    clause: 'MSGI-PRIO-5',
    fails: [
      'priority/update-wins-over-the-field',
      'priority/early-update-wins-over-the-field',
      'priority/update-replaces-all-parameters',
    ],
    seen: /is "urgency [01]"/,
    wire: hides(({ type }) => type === FRAME_TYPE.PRIORITY_UPDATE),
  },
  {
    id: 'priority/updates-add-up',
    deviation: 'A PRIORITY_UPDATE leaves the urgency that it does not name as it was.',
    clause: 'MSGI-PRIO-5',
    fails: ['priority/update-replaces-all-parameters'],
    seen: /later of a is "urgency 0 incremental"/,
    wire: alters((frame, payload) =>
      payload.type === 'PRIORITY_UPDATE' && payload.value === 'i'
        ? priorityUpdate(payload.prioritized, 'u=0, i')
        : frame,
    ),
  },
  {
    id: 'priority/remembers-the-first-look',
    deviation: 'The priority of an exchange stays what it was when it began.',
    clause: 'MSGI-PRIO-8',
    fails: ['priority/update-wins-over-the-field', 'priority/scheme-tree-from-the-first-signal'],
    seen: /later of a is "(?:urgency 1|none 3)"/,
    wrap: facing(x => withMembers(x, { priority: x.priority })),
  },
  {
    id: 'priority/reads-by-a-pattern',
    deviation: 'The server looks for "u=" and a digit, and for an "i", anywhere in the field.',
    clause: 'MSGI-PRIO-6',
    fails: ['priority/field-is-a-dictionary', 'priority/unreadable-field-is-none'],
    seen: /asked of f\d+ is "urgency \d/,
    wrap: facing(x => {
      const value = field(x);
      if (value === null) return x;
      const urgency = Number(/u=(\d)/.exec(value)?.[1] ?? 3);
      return asking(x, priority => ({ ...priority, scheme: 'urgency', urgency, incremental: /\bi\b/.test(value) }));
    }),
  },
  {
    id: 'priority/no-field-on-http1',
    deviation: 'On HTTP/1.1 the server does not look at the field.',
    clause: 'MSGI-PRIO-6',
    fails: ['priority/field-on-http1'],
    seen: /asked of a is "none 3"/,
    wrap: facing(x =>
      x.request.version === '2' ? x : asking(x, () => ({ scheme: 'none', urgency: 3, incremental: false, node: null })),
    ),
  },
  {
    id: 'priority/rounds-the-weight',
    deviation: 'The urgency of a weight is rounded to the nearest power of two.',
    clause: 'MSGI-PRIO-7',
    fails: ['priority/urgency-of-a-weight'],
    seen: /asked of w\d+ is "tree \d incremental", not/,
    wrap: facing(x =>
      asking(x, priority =>
        priority.node === null
          ? priority
          : { ...priority, urgency: Math.max(0, 7 - Math.round(Math.log2(priority.node.weight))) },
      ),
    ),
  },
] satisfies readonly GatewayFault[];
