/** Servers that are wrong about DATA (RFC 9113 §6.1). */
import { FLAG, FRAME_TYPE } from '../../wire/index.ts';
import { alters, type Fault, hides, refusesFrames, resetsInstead } from './fault.ts';

export default [
  {
    id: 'data/takes-padding-for-content',
    deviation: 'The server takes Pad Length and padding for content.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/padded'],
    seen: /where the content in one frame gets/,
    wire: alters(frame => (frame.type === FRAME_TYPE.DATA ? { ...frame, flags: frame.flags & ~FLAG.PADDED } : frame)),
  },
  {
    id: 'data/ends-at-an-empty-frame',
    deviation: 'The server takes an empty DATA frame for the end of the content.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/in-many-frames'],
    seen: /where the content in one frame gets/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.DATA && frame.payload.length === 0
        ? { ...frame, flags: frame.flags | FLAG.END_STREAM }
        : frame,
    ),
  },
  {
    id: 'data/forgives-a-missing-pad-length',
    deviation: 'The server takes a PADDED frame of no octets for an empty one.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/padded-without-pad-length'],
    seen: /the stream is served/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.DATA && frame.payload.length === 0
        ? { ...frame, flags: frame.flags & ~FLAG.PADDED }
        : frame,
    ),
  },
  {
    id: 'data/stream-zero-not-looked-at',
    deviation: 'The server drops DATA on stream 0.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/on-stream-zero'],
    seen: /the connection lives on/,
    wire: hides(({ type, stream }) => type === FRAME_TYPE.DATA && stream === 0),
  },
  {
    id: 'data/excess-padding-is-a-stream-error',
    deviation: 'The server takes too much padding of DATA for a stream error.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/padding-as-long-as-payload', 'data/padding-beyond-payload', 'data/padding-of-one-octet-payload'],
    seen: /the connection lives on.*RST_STREAM PROTOCOL_ERROR/,
    wire: resetsInstead(
      'PROTOCOL_ERROR',
      ({ type, payload: octets }, payload) =>
        type === FRAME_TYPE.DATA && payload.type === 'malformed' && octets.length > 0,
    ),
  },
  {
    id: 'data/resets-for-non-zero-padding',
    deviation: 'The server resets a stream whose DATA has padding that is not zero.',
    clause: 'RFC 9113 §6.1',
    fails: ['data/non-zero-padding'],
    seen: /neither served nor a connection error/,
    wire: refusesFrames((_, payload) => payload.type === 'DATA' && (payload.padding ?? []).some(octet => octet !== 0)),
  },
] satisfies readonly Fault[];
