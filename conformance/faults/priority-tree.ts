/** Servers that do not send by the tree of RFC 7540 §5.3. */
import { FLAG, FRAME_TYPE, headers } from '../../wire/index.ts';
import { depending } from './dependencies.ts';
import { alters, endsConnection, type Fault } from './fault.ts';

export default [
  {
    id: 'priority-tree/hears-nothing',
    deviation: 'The server looks neither at PRIORITY nor at the priority fields of HEADERS.',
    clause: 'RFC 7540 §5.3',
    fails: [
      'priority-tree/parents-before-dependents',
      'priority-tree/exclusive-dependency-comes-first',
      'priority-tree/self-dependency',
      'priority-tree/shares-by-weight',
      'priority-tree/weight-is-one-more-than-its-octet',
      'priority-tree/three-ways-to-say-a-weight',
      'priority-tree/moves-while-it-waits',
      'priority-tree/dependents-move-along',
      'priority-tree/exclusive-move',
      'priority-tree/below-its-own-descendant',
      'priority-tree/weight-of-a-stream-that-leaves',
      'priority-tree/idle-streams-group',
      'priority-tree/many-idle-nodes-stay',
      'priority-tree/silence-is-weight-sixteen',
    ],
    why: 'whoever hears no signal follows none',
    seen: /octets beyond slack while stream|share as .*, not |on itself is ignored/,
    grade: 'weak',
    wire: alters((frame, payload) => {
      if (payload.type === 'PRIORITY') return [];
      if (payload.type !== 'HEADERS' || payload.priority === null) return frame;
      return headers(frame.stream, payload.fragment, { endStream: (frame.flags & FLAG.END_STREAM) !== 0 });
    }),
  },
  {
    id: 'priority-tree/root-for-an-unknown-parent',
    deviation: 'The server puts a stream below the root that depends on an unknown one, with the weight that was said.',
    clause: 'RFC 7540 §5.3.1',
    fails: ['priority-tree/unknown-parent-is-the-default'],
    seen: /share as .*, not 0.50, 0.50/,
    grade: 'weak',
    wire: alters(frame => depending(frame, fields => (fields.weight === 256 ? { ...fields, dependency: 0 } : fields))),
  },
  {
    id: 'priority-tree/wants-older-parents',
    deviation: 'The server takes a dependency on a younger stream for an error.',
    clause: 'RFC 7540 §5.3.1',
    fails: ['priority-tree/every-shape-completes'],
    seen: /GOAWAY PROTOCOL_ERROR|no response|the response/,
    wire: endsConnection(
      'PROTOCOL_ERROR',
      ({ type, stream }, p) => type === FRAME_TYPE.PRIORITY && p.type === 'PRIORITY' && p.dependency > stream,
    ),
  },
] satisfies readonly Fault[];
