/** Servers that are wrong about CONTINUATION (RFC 9113 §6.10). */
import { FLAG, FRAME_TYPE, type Frame } from '../../wire/index.ts';
import { endsConnection, type Fault, hides } from './fault.ts';

const carriesFields = ({ type }: Frame): boolean => type === FRAME_TYPE.HEADERS || type === FRAME_TYPE.CONTINUATION;
const endsBlock = ({ flags }: Frame): boolean => (flags & FLAG.END_HEADERS) !== 0;

export default [
  {
    id: 'continuation/refuses-the-fourth',
    deviation: 'The server takes the fourth CONTINUATION of a field block for a connection error.',
    clause: 'RFC 9113 §6.10',
    fails: ['continuation/up-to-eight'],
    seen: /GOAWAY ENHANCE_YOUR_CALM/,
    wire: link => {
      let count = 0;
      return endsConnection('ENHANCE_YOUR_CALM', ({ type }) => {
        count = type === FRAME_TYPE.CONTINUATION ? count + 1 : 0;
        return count === 4;
      })(link);
    },
  },
  {
    id: 'continuation/lets-frames-in-between',
    deviation: 'The server collects field blocks stream by stream, so that other frames may come in between.',
    clause: 'RFC 9113 §6.2',
    fails: [
      'continuation/interrupted-by-priority',
      'continuation/interrupted-by-trailers',
      'continuation/interrupted-by-settings',
    ],
    seen: /the connection lives on/,
    wire: () => {
      const blocks = new Map<number, Frame[]>();
      return {
        toServer: frame => {
          if (!carriesFields(frame)) return [frame];
          const block = [...(blocks.get(frame.stream) ?? []), frame];
          if (!endsBlock(frame)) {
            blocks.set(frame.stream, block);
            return [];
          }
          blocks.delete(frame.stream);
          return block;
        },
      };
    },
  },
  {
    id: 'continuation/ignores-its-stream',
    deviation: 'The server adds CONTINUATION to the open field block without looking at its stream.',
    clause: 'RFC 9113 §6.2',
    fails: ['continuation/on-another-stream'],
    seen: /the connection lives on/,
    wire: () => {
      let open = 0;
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) open = frame.stream;
          return frame.type === FRAME_TYPE.CONTINUATION ? [{ ...frame, stream: open }] : [frame];
        },
      };
    },
  },
  {
    id: 'continuation/ignores-strays',
    deviation: 'The server ignores CONTINUATION where no field block is open.',
    clause: 'RFC 9113 §6.10',
    fails: ['continuation/on-ended-stream'],
    seen: /the connection lives on/,
    wire: () => {
      let open = false;
      return {
        toServer: frame => {
          const stray = frame.type === FRAME_TYPE.CONTINUATION && !open;
          if (carriesFields(frame)) open = !endsBlock(frame);
          return stray ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'continuation/stream-zero-not-looked-at',
    deviation: 'The server drops CONTINUATION on stream 0, wherever it stands.',
    clause: 'RFC 9113 §6.10',
    fails: ['continuation/on-stream-zero', 'continuation/on-stream-zero-inside-a-block'],
    seen: /the connection lives on/,
    wire: () => {
      let last = 0;
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) last = frame.stream;
          if (frame.type !== FRAME_TYPE.CONTINUATION || frame.stream !== 0) return [frame];
          const continues = frame.payload.length > 0 && last > 3;
          return continues ? [{ ...frame, stream: last }] : [];
        },
      };
    },
  },
  {
    id: 'continuation/never-has-enough',
    deviation: 'The server takes CONTINUATION after CONTINUATION of a field block that does not end.',
    clause: 'RFC 9113 §6.10',
    fails: ['continuation/endless-with-fields', 'continuation/endless-and-empty'],
    seen: /5000 CONTINUATIONs of \d+ octets are taken/,
    grade: 'weak',
    wire: hides(frame => carriesFields(frame) && !endsBlock(frame)),
  },
] satisfies readonly Fault[];
