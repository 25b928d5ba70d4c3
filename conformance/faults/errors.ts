/** Servers that are wrong about connection errors and stream errors (RFC 9113 §5.4). */
import { FLAG, FRAME_TYPE, type Frame, goaway, parsePayload, rstStream } from '../../wire/index.ts';
import { damages, type Fault, resetsInstead } from './fault.ts';

const ends = ({ type, flags }: Frame): boolean =>
  (type === FRAME_TYPE.DATA || type === FRAME_TYPE.HEADERS) && (flags & FLAG.END_STREAM) !== 0;

export default [
  {
    id: 'errors/survives-an-undecodable-block',
    deviation: 'The server takes a field block that refers to index 0 for a stream error.',
    clause: 'RFC 9113 §5.4',
    fails: ['errors/connection-error-ends-running-requests'],
    seen: /the connection lives on.*RST_STREAM COMPRESSION_ERROR/,
    wire: resetsInstead('COMPRESSION_ERROR', (_, p) => p.type === 'HEADERS' && p.fragment[0] === 0x80),
  },
  {
    id: 'errors/goaway-names-no-stream',
    deviation: 'GOAWAY names 0 as the last stream, whatever the server has answered.',
    clause: 'RFC 9113 §5.4.1',
    fails: ['errors/goaway-names-answered-streams'],
    seen: /GOAWAY names last stream 0/,
    wire: damages((frame, payload) => (payload.type === 'GOAWAY' ? goaway(0, payload.code, payload.debug) : frame)),
  },
  {
    id: 'errors/stream-error-resets-every-stream',
    deviation: 'The server answers a stream error by resetting every stream of the connection.',
    clause: 'RFC 9113 §5.4.2',
    fails: ['errors/stream-error-leaves-others-alone'],
    seen: /RST_STREAM INTERNAL_ERROR/,
    wire: link => {
      const open = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) open.add(frame.stream);
          return [frame];
        },
        toClient: frame => {
          if (ends(frame) || frame.type === FRAME_TYPE.RST_STREAM) open.delete(frame.stream);
          if (frame.type !== FRAME_TYPE.RST_STREAM) return [frame];
          const others = [...open];
          open.clear();
          link.toServer(...others.map(stream => rstStream(stream)));
          return [frame, ...others.map(stream => rstStream(stream, 'INTERNAL_ERROR'))];
        },
      };
    },
  },
  {
    id: 'errors/refuses-frames-under-way',
    deviation: 'The server takes DATA on a stream that it has just reset for a connection error.',
    clause: 'RFC 9113 §5.4.2',
    fails: ['errors/frames-under-way-to-a-reset-stream'],
    seen: /GOAWAY STREAM_CLOSED/,
    wire: link => {
      const withData = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.DATA) withData.add(frame.stream);
          return [frame];
        },
        toClient: frame => {
          if (parsePayload(frame).type !== 'RST_STREAM' || !withData.has(frame.stream)) return [frame];
          link.toClient(frame, goaway(frame.stream, 'STREAM_CLOSED'));
          link.close();
          return [];
        },
      };
    },
  },
  {
    id: 'errors/answers-reset-with-reset',
    deviation: 'The server answers RST_STREAM with RST_STREAM.',
    clause: 'RFC 9113 §5.4.2',
    fails: ['errors/reset-is-not-answered-by-reset'],
    seen: /RST_STREAM STREAM_CLOSED on stream/,
    wire: link => ({
      toServer: frame => {
        if (frame.type === FRAME_TYPE.RST_STREAM) link.toClient(rstStream(frame.stream, 'STREAM_CLOSED'));
        return [frame];
      },
    }),
  },
  {
    id: 'errors/stays-open',
    deviation: 'The server says GOAWAY and keeps the connection open.',
    clause: 'RFC 9113 §5.4.1',
    fails: ['errors/closed-behind-goaway'],
    seen: /the connection is still open 5000 ms later/,
    wire: link => {
      let over = false;
      return {
        toServer: frame => {
          if (!over && frame.type === FRAME_TYPE.HEADERS && frame.payload[0] === 0x80) {
            over = true;
            link.toClient(goaway(frame.stream, 'COMPRESSION_ERROR'));
          }
          return over ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'errors/resets-twice',
    deviation: 'The server sends RST_STREAM twice for one faulty frame.',
    clause: 'RFC 9113 §5.4',
    grade: 'weak',
    fails: ['errors/one-reset-for-one-fault'],
    seen: /2 RST_STREAM on stream/,
    wire: damages(frame => (frame.type === FRAME_TYPE.RST_STREAM ? [frame, frame] : frame)),
  },
  {
    id: 'errors/two-codes',
    deviation: 'The server reports one connection error with two codes.',
    clause: 'RFC 9113 §5.4',
    grade: 'weak',
    fails: ['errors/one-code-for-one-error'],
    seen: /GOAWAY COMPRESSION_ERROR, then GOAWAY INTERNAL_ERROR|GOAWAY with COMPRESSION_ERROR and with INTERNAL_ERROR/,
    wire: damages((frame, payload) =>
      payload.type === 'GOAWAY' ? [frame, goaway(payload.lastStream, 'INTERNAL_ERROR')] : frame,
    ),
  },
] satisfies readonly Fault[];
