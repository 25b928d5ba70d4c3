/** Servers that are wrong about GOAWAY. */
import { concat, FRAME_TYPE } from '../../wire/index.ts';
import { alters, damages, endsConnection, type Fault } from './fault.ts';

export default [
  {
    id: 'goaway/stream-not-looked-at',
    deviation: 'The server does not look at the stream identifier of GOAWAY.',
    clause: 'RFC 9113 §6.8',
    fails: ['goaway/on-stream'],
    seen: /the connection lives on|the GOAWAY is taken as sound/,
    wire: alters(frame => (frame.type === FRAME_TYPE.GOAWAY ? { ...frame, stream: 0 } : frame)),
  },
  {
    id: 'goaway/missing-octets-are-zero',
    deviation: 'The server reads GOAWAY past its end: the octets that are missing count as zero.',
    clause: 'RFC 9113 §6.8',
    fails: ['goaway/too-short'],
    seen: /the connection lives on|the GOAWAY is taken as sound/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.GOAWAY && frame.payload.length < 8
        ? { ...frame, payload: concat([frame.payload, new Uint8Array(8 - frame.payload.length)]) }
        : frame,
    ),
  },
  {
    id: 'goaway/exactly-eight-octets',
    deviation: 'The server wants GOAWAY to have exactly 8 octets.',
    clause: 'RFC 9113 §6.8',
    fails: ['goaway/with-debug-data'],
    seen: /GOAWAY FRAME_SIZE_ERROR/,
    wire: endsConnection('FRAME_SIZE_ERROR', ({ type, payload }) => type === FRAME_TYPE.GOAWAY && payload.length !== 8),
  },
  {
    id: 'goaway/only-once',
    deviation: 'The server takes a second GOAWAY for an error.',
    clause: 'RFC 9113 §6.8',
    fails: ['goaway/several-in-a-row'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: link => {
      let count = 0;
      return endsConnection('PROTOCOL_ERROR', ({ type }) => {
        if (type === FRAME_TYPE.GOAWAY) count += 1;
        return count > 1;
      })(link);
    },
  },
  {
    id: 'goaway/closes-without-a-word',
    deviation: 'The server closes behind a GOAWAY of the client and says none itself.',
    clause: 'RFC 9113 §6.8',
    grade: 'weak',
    fails: ['goaway/said-before-the-close'],
    seen: /without a GOAWAY before it/,
    wire: damages(frame => (frame.type === FRAME_TYPE.GOAWAY ? [] : frame)),
  },
] satisfies readonly Fault[];
