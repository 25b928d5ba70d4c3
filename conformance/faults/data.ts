/** Servers that are wrong about DATA (RFC 9113 §6.1). */
import { FLAG, FRAME_TYPE } from '../../wire/index.ts';
import { alters, type Fault } from './fault.ts';

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
] satisfies readonly Fault[];
