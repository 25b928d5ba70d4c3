/** Servers that keep the tree wrongly. */
import type { PriorityNode } from '../../../../spec/msgi.ts';
import { FRAME_TYPE } from '../../../../wire/index.ts';
import { depending } from '../../dependencies.ts';
import { alters, hides } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { facing, withMembers } from '../wrap.ts';

const DEFAULT = { dependency: 0, weight: 16 };

/** The node as if it stood elsewhere. */
const elsewhere = (node: PriorityNode, members: Partial<PriorityNode>): PriorityNode => ({
  id: node.id,
  weight: node.weight,
  parent: node.parent,
  children: node.children,
  ...members,
});

export default [
  {
    id: 'priority/weight-less-one',
    deviation: 'The server takes the octet on the wire for the weight.',
    clause: 'MSGI-PRIO-10',
    fails: ['priority/default-place'],
    seen: /"weight":15/,
    wrap: facing(x =>
      withMembers(x, {
        get priority() {
          const { node } = x.priority;
          return { ...x.priority, node: node === null ? null : elsewhere(node, { weight: node.weight - 1 }) };
        },
      }),
    ),
  },
  {
    id: 'priority/no-exclusive',
    deviation: 'The server overlooks the exclusive flag.',
    clause: 'MSGI-PRIO-10',
    fails: ['priority/insertion-and-exclusive-insertion'],
    seen: /place of a is \{"parent":\d+/,
    wire: alters(frame => depending(frame, fields => ({ ...fields, exclusive: false }))),
  },
  {
    id: 'priority/refuses-rings',
    deviation: 'The server ignores a PRIORITY that puts a stream below its own descendant.',
    clause: 'MSGI-PRIO-10',
    fails: ['priority/below-its-own-descendant'],
    seen: /place of a is \{"parent":0,"weight":10/,
    wire: hides((_, payload) => payload.type === 'PRIORITY' && payload.dependency > 0),
  },
  {
    id: 'priority/forgets-idle-nodes',
    deviation: 'The server keeps no node of a stream that is idle.',
    clause: 'MSGI-PRIO-11',
    fails: ['priority/nodes-of-idle-and-closed-streams-stay'],
    seen: /place of late-1 is \{"parent":0,"weight":16/,
    wire: () => {
      const forgotten = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type !== FRAME_TYPE.PRIORITY)
            return [depending(frame, fields => (forgotten.has(fields.dependency) ? DEFAULT : fields))];
          forgotten.add(frame.stream);
          return [];
        },
      };
    },
  },
  {
    id: 'priority/nodes-that-can-be-written',
    deviation: 'The nodes are records of the tree itself: whoever sets a member changes it.',
    clause: 'MSGI-PRIO-13',
    fails: ['priority/nodes-cannot-change-the-tree'],
    seen: /after of a is \{"parent":null/,
    wrap: facing(x => {
      let record: PriorityNode | null = null;
      return withMembers(x, {
        get priority() {
          const { node } = x.priority;
          if (node !== null) record ??= elsewhere(node, {});
          return { ...x.priority, node: record };
        },
      });
    }),
  },
  {
    id: 'priority/pushes-below-the-root',
    deviation: 'A pushed exchange stands below the root.',
    clause: 'MSGI-PRIO-14',
    fails: ['priority/pushed-below-its-parent'],
    seen: /place of child is \{"parent":0/,
    wrap: app => x => {
      if (!x.pushed) return app(x);
      const { node } = x.priority;
      const placed = node === null ? null : elsewhere(node, { parent: x.connection.tree });
      return app(withMembers(x, { priority: { ...x.priority, node: placed } }));
    },
  },
] satisfies readonly GatewayFault[];
