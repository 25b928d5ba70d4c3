/** Servers that are wrong about frames. */
import { FLAG, FRAME_TYPE, type Frame } from '../../wire/index.ts';
import { alters, endsConnection, type Fault, hides, resetsInstead } from './fault.ts';

const isUnknown = ({ type }: Frame): boolean => type > FRAME_TYPE.PRIORITY_UPDATE;

/** HEADERS whose block goes on in CONTINUATION. */
const isOpen = ({ type, flags }: Frame): boolean => type === FRAME_TYPE.HEADERS && (flags & FLAG.END_HEADERS) === 0;

export default [
  {
    id: 'framing/unknown-type-needs-open-stream',
    deviation: 'The server wants a stream to be open before it takes a frame of an unknown type on it.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/unknown-type-on-idle-stream'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: link => {
      let highest = 0;
      return endsConnection('PROTOCOL_ERROR', frame => {
        if (frame.type === FRAME_TYPE.HEADERS) highest = frame.stream;
        return isUnknown(frame) && frame.stream > highest;
      })(link);
    },
  },
  {
    id: 'framing/resets-closed-stream',
    deviation: 'The server answers frames of unknown types on a closed stream with RST_STREAM.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/unknown-type-on-closed-stream'],
    seen: /RST_STREAM STREAM_CLOSED on stream 1/,
    wire: resetsInstead('STREAM_CLOSED', frame => isUnknown(frame) && frame.stream === 1),
  },
  {
    id: 'framing/compares-flags',
    deviation: 'The server compares the flags of CONTINUATION with END_HEADERS where it should test one bit.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/undefined-flags-on-request'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.CONTINUATION && frame.flags !== FLAG.END_HEADERS ? { ...frame, flags: 0 } : frame,
    ),
  },
  {
    id: 'framing/drops-ping-with-flags',
    deviation: 'The server drops a PING that has any flag.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/undefined-flags-on-connection-frames'],
    seen: /0 of 1 PINGs are acknowledged/,
    wire: hides(({ type, flags }) => type === FRAME_TYPE.PING && flags !== 0),
  },
  {
    id: 'framing/reads-reserved-bit',
    deviation: 'The server takes the reserved bit for part of the stream identifier, which is then out of range.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/reserved-bit'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', frame => frame.reserved === true),
  },
  {
    id: 'framing/forgets-cut-frames',
    deviation: 'The server wants a frame header in one read and drops what is less.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/octet-by-octet'],
    seen: /0 of 1 PINGs are acknowledged|no response/,
    wire: () => ({ read: octets => (octets.length < 9 ? new Uint8Array(0) : octets) }),
  },
  {
    id: 'framing/reads-eight-frames',
    deviation: 'The server takes at most eight frames out of one read and forgets the rest.',
    clause: 'RFC 9113 §4.1',
    fails: ['framing/many-frames-in-one-write'],
    seen: /1 of 5 PINGs are acknowledged/,
    why: 'Cases that send more than eight frames at once lose the end of them.',
    wire: () => {
      let left = 0;
      return {
        read: octets => {
          left = 8;
          return octets;
        },
        toServer: frame => {
          left -= 1;
          return left < 0 ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'framing/limit-is-exclusive',
    deviation: 'The server takes frames of less than 16,384 octets only.',
    clause: 'RFC 9113 §4.2',
    fails: ['framing/largest-frame-of-unknown-type'],
    seen: /GOAWAY FRAME_SIZE_ERROR/,
    why: 'Uploads and long field blocks fill their frames too.',
    wire: endsConnection('FRAME_SIZE_ERROR', ({ payload }) => payload.length >= 16_384),
  },
  {
    id: 'framing/drops-unknown-types-unmeasured',
    deviation: 'The server drops frames of unknown types before it looks at their length.',
    clause: 'RFC 9113 §4.2',
    fails: ['framing/oversized-frame-of-unknown-type'],
    seen: /the connection lives on/,
    wire: hides(frame => isUnknown(frame) && frame.payload.length > 16_384),
  },
  {
    id: 'framing/measures-nothing',
    deviation: 'The server drops frames above SETTINGS_MAX_FRAME_SIZE.',
    clause: 'RFC 9113 §4.2',
    fails: [
      'framing/oversized-headers',
      'framing/oversized-continuation',
      'framing/oversized-settings',
      'framing/oversized-goaway',
      'framing/oversized-data',
    ],
    seen: /the connection lives on|no reaction within/,
    wire: () => {
      let open = false;
      return {
        toServer: frame => {
          // With the CONTINUATION goes the field block.
          const dropped = frame.payload.length > 16_384 || open || isOpen(frame);
          open = isOpen(frame) || (open && (frame.flags & FLAG.END_HEADERS) === 0);
          return dropped ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'framing/short-headers-reset-the-stream',
    deviation: 'The server takes a HEADERS frame that is too short for a stream error.',
    clause: 'RFC 9113 §4.2',
    fails: ['framing/headers-without-pad-length'],
    seen: /the connection lives on.*RST_STREAM FRAME_SIZE_ERROR/,
    wire: resetsInstead(
      'FRAME_SIZE_ERROR',
      ({ type, flags, payload }) => type === FRAME_TYPE.HEADERS && (flags & FLAG.PADDED) !== 0 && payload.length === 0,
    ),
  },
] satisfies readonly Fault[];
