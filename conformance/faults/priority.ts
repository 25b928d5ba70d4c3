/** Servers that are wrong about PRIORITY (RFC 9113 §6.3). */
import { FRAME_TYPE, rstStream } from '../../wire/index.ts';
import { endsConnection, type Fault, hides, resetsInstead } from './fault.ts';

export default [
  {
    id: 'priority/takes-stream-zero',
    deviation: 'The server ignores PRIORITY on stream 0.',
    clause: 'RFC 9113 §6.3',
    fails: ['priority/on-stream-zero'],
    seen: /the connection lives on/,
    wire: hides(({ type, stream }) => type === FRAME_TYPE.PRIORITY && stream === 0),
  },
  {
    id: 'priority/takes-any-length',
    deviation: 'The server ignores PRIORITY of any length.',
    clause: 'RFC 9113 §6.3',
    fails: ['priority/too-short', 'priority/too-long'],
    seen: /no reaction within/,
    wire: hides(({ type, payload }) => type === FRAME_TYPE.PRIORITY && payload.length !== 5),
  },
  {
    id: 'priority/opens-idle-streams',
    deviation: 'PRIORITY on an idle stream opens it, so that the streams below it are taken for closed.',
    clause: 'RFC 9113 §5.1',
    fails: ['priority/in-every-state'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: link => {
      let highest = 0;
      const opened = new Set<number>();
      return endsConnection('PROTOCOL_ERROR', ({ type, stream }) => {
        const lower = type === FRAME_TYPE.HEADERS && stream < highest && !opened.has(stream);
        if (type === FRAME_TYPE.HEADERS) opened.add(stream);
        if (type === FRAME_TYPE.HEADERS || type === FRAME_TYPE.PRIORITY) highest = Math.max(highest, stream);
        return lower;
      })(link);
    },
  },
  {
    id: 'priority/refuses-unknown-dependencies',
    deviation: 'The server resets a request that depends on a stream which was never opened.',
    clause: 'RFC 9113 §5.3.2',
    fails: ['priority/dependency-on-unknown-stream'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    wire: resetsInstead(
      'PROTOCOL_ERROR',
      ({ stream }, p) => p.type === 'HEADERS' && p.priority !== null && p.priority.dependency > stream,
    ),
  },
  {
    id: 'priority/resets-the-wrong-stream',
    deviation: 'The server answers PRIORITY of a wrong length on an idle stream with RST_STREAM on stream 1.',
    clause: 'RFC 9113 §6.3',
    fails: ['priority/too-short-on-idle-stream', 'priority/too-long-on-idle-stream'],
    seen: /RST_STREAM FRAME_SIZE_ERROR on stream 1, where/,
    wire: link => ({
      toServer: frame => {
        if (frame.type !== FRAME_TYPE.PRIORITY || frame.payload.length === 5 || frame.stream !== 101) return [frame];
        link.toClient(rstStream(1, 'FRAME_SIZE_ERROR'));
        return [];
      },
    }),
  },
] satisfies readonly Fault[];
