/** Servers that are wrong about HEADERS (RFC 9113 §6.2). */
import { concat, FLAG, FRAME_TYPE, headers } from '../../wire/index.ts';
import { alters, type Fault, hides, resetsInstead } from './fault.ts';

export default [
  {
    id: 'headers/leaves-padding-in-the-block',
    deviation: 'The server takes the padding of HEADERS for a part of the field block.',
    clause: 'RFC 9113 §6.2',
    fails: ['headers/padded-and-prioritized', 'headers/empty-fragment-with-padding'],
    seen: /GOAWAY COMPRESSION_ERROR|RST_STREAM PROTOCOL_ERROR|status 400/,
    wire: alters((frame, payload) => {
      if (payload.type !== 'HEADERS' || payload.padding === null) return frame;
      const { endStream, endHeaders, priority, fragment, padding } = payload;
      const options = { endStream, endHeaders, ...(priority === null ? {} : { priority }) };
      return headers(frame.stream, concat([fragment, padding]), options);
    }),
  },
  {
    id: 'headers/loses-end-stream-before-continuation',
    deviation: 'The server forgets END_STREAM of a HEADERS frame that CONTINUATION follows.',
    clause: 'RFC 9113 §6.2',
    fails: ['headers/end-stream-before-continuation'],
    seen: /no reaction on stream/,
    why: 'Every request whose field block is cut has its END_STREAM there.',
    wire: alters((frame, payload) =>
      payload.type === 'HEADERS' && !payload.endHeaders ? { ...frame, flags: frame.flags & ~FLAG.END_STREAM } : frame,
    ),
  },
  {
    id: 'headers/excess-padding-is-a-stream-error',
    deviation: 'The server takes padding as long as the payload for a stream error, and the field block is lost.',
    clause: 'RFC 9113 §6.2',
    fails: [
      'headers/padding-as-long-as-payload',
      'headers/padding-beyond-payload',
      'headers/padding-beyond-payload-with-priority',
    ],
    seen: /the connection lives on.*RST_STREAM PROTOCOL_ERROR/,
    wire: resetsInstead(
      'PROTOCOL_ERROR',
      ({ type }, payload) => type === FRAME_TYPE.HEADERS && payload.type === 'malformed',
    ),
  },
  {
    id: 'headers/stream-zero-not-looked-at',
    deviation: 'The server drops HEADERS on stream 0.',
    clause: 'RFC 9113 §6.2',
    fails: ['headers/on-stream-zero'],
    seen: /the connection lives on/,
    wire: hides(({ type, stream }) => type === FRAME_TYPE.HEADERS && stream === 0),
  },
  {
    id: 'headers/resets-for-non-zero-padding',
    deviation: 'The server resets a stream whose HEADERS has padding that is not zero.',
    clause: 'RFC 9113 §6.2',
    fails: ['headers/non-zero-padding'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    wire: resetsInstead(
      'PROTOCOL_ERROR',
      (_, payload) => payload.type === 'HEADERS' && (payload.padding ?? []).some(octet => octet !== 0),
    ),
  },
  {
    id: 'headers/short-frame-is-a-stream-error',
    deviation: 'The server takes HEADERS that is too short for its flags for a stream error.',
    clause: 'RFC 9113 §4.2',
    fails: [
      'headers/no-room-for-pad-length',
      'headers/no-room-for-priority',
      'headers/no-room-for-weight',
      'headers/no-room-for-pad-length-and-priority',
      'headers/no-room-for-priority-before-padding',
    ],
    seen: /the connection lives on.*RST_STREAM FRAME_SIZE_ERROR/,
    wire: resetsInstead(
      'FRAME_SIZE_ERROR',
      ({ type, payload: octets }, payload) =>
        type === FRAME_TYPE.HEADERS && payload.type === 'malformed' && octets.length < 8,
    ),
  },
] satisfies readonly Fault[];
