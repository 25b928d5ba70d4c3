/** Servers that are wrong about server push (RFC 9113 §6.6, §8.4). */
import { FRAME_TYPE, plainBlock, pushPromise } from '../../wire/index.ts';
import { type Fault, hides, type Wire } from './fault.ts';

const PROMISED = [':method', 'GET', ':scheme', 'http', ':authority', 'localhost', ':path', '/pushed'];

/** Pushes with each response: the streams named, then nothing. */
function promises(...streams: readonly number[]): Wire {
  return () => {
    const left = [...streams];
    return {
      toClient: frame => {
        const next = frame.type === FRAME_TYPE.HEADERS ? left.shift() : undefined;
        return next === undefined ? [frame] : [pushPromise(frame.stream, next, plainBlock(PROMISED)), frame];
      },
    };
  };
}

export default [
  {
    id: 'push/ignores-promises-of-the-client',
    deviation: 'The server ignores PUSH_PROMISE from a client.',
    clause: 'RFC 9113 §8.4',
    fails: ['push/from-client-on-open-stream', 'push/from-client-on-idle-stream', 'push/on-stream-zero'],
    seen: /the connection lives on/,
    wire: hides((_, { type }) => type === 'PUSH_PROMISE'),
  },
  {
    id: 'push/pushes-uninvited',
    deviation: 'The server pushes to a client that has disabled push.',
    clause: 'RFC 9113 §6.6',
    fails: ['push/none-when-disabled'],
    seen: /PUSH_PROMISE although ENABLE_PUSH=0/,
    wire: promises(2),
  },
  {
    id: 'push/promises-odd-streams',
    deviation: 'The server promises a stream of odd number.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['push/promised-identifiers'],
    seen: /PUSH_PROMISE promises stream 1001/,
    wire: promises(1001),
  },
  {
    id: 'push/promises-a-stream-twice',
    deviation: 'The server promises the same stream with two responses.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['push/promised-identifiers'],
    seen: /PUSH_PROMISE promises stream 2 after 2/,
    wire: promises(2, 2),
  },
] satisfies readonly Fault[];
