/** Servers that do not send by the tree of RFC 7540 §5.3. */
import { FLAG, FRAME_TYPE, type Frame, headers, parsePayload, rstStream } from '../../wire/index.ts';
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
      'priority-tree/place-below-a-stream-that-is-over',
      'priority-tree/share-of-a-blocked-stream',
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
  {
    id: 'priority-tree/waits-for-its-parent',
    deviation: 'The server sends nothing of a stream while the one that it depends on cannot go on.',
    clause: 'RFC 7540 §5.3.1',
    fails: ['priority-tree/dependents-of-a-blocked-stream'],
    seen: /waits for stream \d+, which has no window/,
    grade: 'weak',
    wire: () => {
      const parents = new Map<number, number>();
      let held: Frame[] = [];
      return {
        toServer: frame => {
          const payload = parsePayload(frame);
          if (payload.type === 'HEADERS') parents.set(frame.stream, payload.priority?.dependency ?? 0);
          if (payload.type !== 'WINDOW_UPDATE' || frame.stream === 0) return [frame];
          if (parents.get(frame.stream) !== 0) {
            held.push(frame);
            return [];
          }
          const behind = held;
          held = [];
          return [frame, ...behind];
        },
      };
    },
  },
  {
    id: 'priority-tree/leaves-what-is-over-where-it-was',
    deviation: 'The server ignores PRIORITY on a stream that is over.',
    clause: 'RFC 7540 §5.3.4',
    fails: ['priority-tree/moving-a-stream-that-is-over'],
    seen: /share as .*, not 0.94, 0.06/,
    grade: 'weak',
    wire: () => {
      const over = new Set<number>();
      return {
        toServer: frame => (frame.type === FRAME_TYPE.PRIORITY && over.has(frame.stream) ? [] : [frame]),
        toClient: frame => {
          if (frame.stream > 0 && frame.flags & FLAG.END_STREAM) over.add(frame.stream);
          return [frame];
        },
      };
    },
  },
  {
    id: 'priority-tree/resets-behind-many-signals',
    deviation: 'The server resets requests once it has read a thousand PRIORITY frames.',
    clause: 'RFC 7540 §5.3.4',
    fails: ['priority-tree/ten-thousand-signals'],
    seen: /RST_STREAM INTERNAL_ERROR/,
    wire: link => {
      let signals = 0;
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.PRIORITY) signals += 1;
          if (frame.type === FRAME_TYPE.PRIORITY && signals > 1000) return [];
          if (frame.type !== FRAME_TYPE.HEADERS || signals <= 1000) return [frame];
          link.toClient(rstStream(frame.stream, 'INTERNAL_ERROR'));
          return [];
        },
      };
    },
  },
] satisfies readonly Fault[];
