/** Servers that do not send in the order that RFC 9218 asks for. */
import { FRAME_TYPE, priorityUpdate, SETTING, settings, windowUpdate } from '../../wire/index.ts';
import { alters, type Fault, mendsRequests, type Wire } from './fault.ts';

const without = (fields: readonly string[]): readonly string[] =>
  fields.filter((_, i, all) => all[i - (i % 2)] !== 'priority');

/** No signal of urgency reaches the server. */
const deaf: Wire = link => {
  const requests = mendsRequests(({ fields }) => without(fields))(link);
  return {
    toServer: frame => (frame.type === FRAME_TYPE.PRIORITY_UPDATE ? [] : (requests.toServer?.(frame) ?? [frame])),
  };
};

/** Of the stream that was opened last nothing goes on behind the first octet: others are sent in its place. */
const starving: Wire = link => {
  let last = 0;
  let contended = false;
  return {
    toServer: frame => {
      // The stream that empties the window is reset before the others are opened.
      if (frame.type === FRAME_TYPE.RST_STREAM) contended = true;
      if (frame.type === FRAME_TYPE.HEADERS) last = frame.stream;
      return [frame];
    },
    toClient: frame => {
      const { length } = frame.payload;
      if (!contended || frame.type !== FRAME_TYPE.DATA || frame.stream !== last || length < 1024) return [frame];
      link.toServer(windowUpdate(0, length));
      return [];
    },
  };
};

/** The stream on which the client sends content is a tunnel: nothing goes on there behind the first octet. */
const tunnelsLast: Wire = link => {
  const tunnels = new Set<number>();
  return {
    toServer: frame => {
      if (frame.type === FRAME_TYPE.DATA) tunnels.add(frame.stream);
      return [frame];
    },
    toClient: frame => {
      const { length } = frame.payload;
      if (frame.type !== FRAME_TYPE.DATA || !tunnels.has(frame.stream) || length < 1024) return [frame];
      link.toServer(windowUpdate(0, length));
      return [];
    },
  };
};

export default [
  {
    id: 'urgency/hears-nothing',
    deviation: 'The server looks neither at the priority field nor at PRIORITY_UPDATE.',
    clause: 'RFC 9218 §10',
    fails: [
      'urgency/more-urgent-first',
      'urgency/defaults-in-the-middle',
      'urgency/in-the-order-of-requests',
      'urgency/update-moves-a-response',
      'urgency/latest-early-update-counts',
      'urgency/flags-and-reserved-bit-of-updates',
    ],
    why: 'whoever hears no signal follows none',
    seen: /octets beyond slack while stream/,
    grade: 'weak',
    wire: deaf,
  },
  {
    id: 'urgency/never-side-by-side',
    deviation: 'The server takes every response for one that is not incremental.',
    clause: 'RFC 9218 §10',
    fails: ['urgency/incremental-ones-share'],
    seen: /get \d+, \d+, \d+ octets/,
    grade: 'weak',
    wire: mendsRequests(({ fields }) => [...without(fields), 'priority', 'u=2']),
  },
  {
    id: 'urgency/incremental-ones-last',
    deviation: 'The server sends what is incremental when nothing else is left.',
    clause: 'RFC 9218 §10',
    fails: ['urgency/neither-kind-starves'],
    seen: /and 0 of the incremental one/,
    grade: 'weak',
    wire: starving,
  },
  {
    id: 'urgency/tunnels-last',
    deviation: 'The server sends what tunnels have when nothing else is left.',
    clause: 'RFC 9218 §10.1',
    fails: ['urgency/tunnels-get-their-part'],
    seen: /the tunnel gets 0 octets/,
    grade: 'weak',
    wire: tunnelsLast,
  },
  {
    id: 'urgency/tree-for-everybody',
    deviation: 'The server orders by the tree for clients that do without it.',
    clause: 'RFC 9218 §2.1',
    fails: ['urgency/no-tree-for-who-does-without'],
    seen: /the first stream gets \d+ octets below the second/,
    wire: alters((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.filter(([id]) => id !== SETTING.NO_RFC7540_PRIORITIES))
        : frame,
    ),
  },
  {
    id: 'urgency/orders-by-the-tree-all-the-same',
    deviation:
      'The server says that it looks at no signal of the tree, and puts a stream behind the one that it depends on.',
    clause: 'RFC 9218 §2.1',
    fails: ['urgency/no-tree-where-the-server-says-so'],
    seen: /the first stream gets \d+ octets below the second/,
    // The sound server hears of the tree in words that it follows.
    wire: alters((frame, payload) =>
      payload.type === 'PRIORITY' && payload.dependency !== frame.stream
        ? [priorityUpdate(frame.stream, 'u=7, i'), priorityUpdate(payload.dependency, 'u=0')]
        : frame,
    ),
  },
] satisfies readonly Fault[];
