/** Servers that do not look at the state of a stream (RFC 9113 §5.1). */
import { FLAG, FRAME_TYPE, rstStream } from '../../wire/index.ts';
import { alters, type Fault, hides, type Wire } from './fault.ts';

/** Above all that the cases open. */
const IDLE = 101;

const ALIVE = /the connection lives on/;

/** Requests are reset once a frame of that kind has come on a stream that is over for the client. */
const losesOthers =
  (type: number): Wire =>
  link => {
    const over = new Set<number>();
    let confused = false;
    return {
      toServer: frame => {
        if (frame.type === FRAME_TYPE.RST_STREAM || frame.flags & FLAG.END_STREAM) {
          if (frame.type !== type || !over.has(frame.stream)) over.add(frame.stream);
        }
        if (frame.type === type && over.has(frame.stream) && (frame.flags & FLAG.END_STREAM) === 0) {
          confused = true;
          return [];
        }
        if (!confused || frame.type !== FRAME_TYPE.HEADERS) return [frame];
        link.toClient(rstStream(frame.stream, 'STREAM_CLOSED'));
        return [];
      },
    };
  };

export default [
  {
    id: 'streams/drops-frames-on-idle-streams',
    deviation: 'The server drops DATA, RST_STREAM and WINDOW_UPDATE on streams that it does not know.',
    clause: 'RFC 9113 §5.1',
    fails: [
      'streams/data-on-idle-stream',
      'streams/reset-on-idle-stream',
      'streams/window-update-on-idle-stream',
      'streams/continuation-on-idle-stream',
    ],
    seen: ALIVE,
    wire: hides(({ type, stream }) => stream === IDLE && type !== FRAME_TYPE.HEADERS),
  },
  {
    id: 'streams/connection-frames-on-any-stream',
    deviation: 'The server drops PING and GOAWAY on streams that it does not know, and acknowledgements on any.',
    clause: 'RFC 9113 §6.7 and §6.8',
    fails: ['streams/ping-on-idle-stream', 'streams/ping-acknowledgement-on-a-stream', 'streams/goaway-on-idle-stream'],
    seen: ALIVE,
    wire: hides(({ type, stream }) => stream > 0 && (type === FRAME_TYPE.PING || type === FRAME_TYPE.GOAWAY)),
  },
  {
    id: 'streams/drops-stray-continuations',
    deviation: 'The server drops CONTINUATION wherever no field block is open.',
    clause: 'RFC 9113 §6.10',
    fails: [
      'streams/continuation-after-end-stream',
      'streams/continuation-behind-headers',
      'streams/continuation-behind-data',
      'streams/continuation-behind-the-last',
    ],
    seen: ALIVE,
    wire: () => {
      let open = false;
      return {
        toServer: frame => {
          const { type, flags } = frame;
          const stray = type === FRAME_TYPE.CONTINUATION && !open;
          if (type === FRAME_TYPE.HEADERS || type === FRAME_TYPE.CONTINUATION) open = (flags & FLAG.END_HEADERS) === 0;
          return stray ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'streams/takes-promises-behind-the-end',
    deviation: 'The server takes PUSH_PROMISE of a client for a frame of an unknown type.',
    clause: 'RFC 9113 §8.4',
    fails: ['streams/promise-after-end-stream'],
    seen: ALIVE,
    wire: alters(frame => (frame.type === FRAME_TYPE.PUSH_PROMISE ? { ...frame, type: 0xfb } : frame)),
  },
  {
    id: 'streams/late-data-confuses-others',
    deviation: 'The server resets later requests once DATA has come on a stream that is over.',
    clause: 'RFC 9113 §6.1',
    fails: ['streams/data-on-closed-stream', 'streams/data-behind-own-reset'],
    seen: /RST_STREAM STREAM_CLOSED/,
    wire: losesOthers(FRAME_TYPE.DATA),
  },
] satisfies readonly Fault[];
