/** Servers that are wrong about the sizes of tables, integers and strings (RFC 9113 §4.3.1, RFC 7541 §7.4). */
import {
  concat,
  FLAG,
  FRAME_TYPE,
  type Frame,
  headers,
  indexed,
  literal,
  type Payload,
  parsePayload,
  SETTING,
  sizeUpdate,
} from '../../wire/index.ts';
import { DeviantDecoder, type Deviation } from './deviant-decoder.ts';
import { alters, type Fault, hides, recode, type Wire } from './fault.ts';

/** The table of the instance that the cases start. */
const SMALLER = 1024;

/** Streams behind the control. */
const FIRST = 5;

const decodes = (deviation: Deviation): Wire => {
  return () => ({ toServer: recode(undefined, () => new DeviantDecoder(deviation)) });
};

const isUpdate = (octet = 0): boolean => octet >= 0x20 && octet < 0x40;

/** HEADERS whose block opens with an update, in front of what opens it. */
function opening(frame: Frame, size: number): Frame {
  const payload = parsePayload(frame);
  if (payload.type !== 'HEADERS') return frame;
  const { endStream, endHeaders } = payload;
  return headers(frame.stream, concat([sizeUpdate(size), payload.fragment]), { endStream, endHeaders });
}

const grows = (payload: Payload): boolean =>
  payload.type === 'SETTINGS' &&
  payload.entries.some(([id, value]) => id === SETTING.HEADER_TABLE_SIZE && value > 4096);

export default [
  {
    id: 'hpack/demands-no-update',
    deviation: 'The decoder does not notice that the update is missing which its smaller table calls for.',
    clause: 'RFC 9113 §4.3.1',
    fails: ['hpack/block-without-the-update-due'],
    seen: /the connection lives on.*a response on stream/,
    wire: alters((frame, payload) =>
      payload.type === 'HEADERS' && !isUpdate(payload.fragment[0]) ? opening(frame, SMALLER) : frame,
    ),
  },
  {
    id: 'hpack/shrinks-at-once',
    deviation: 'The decoder goes by its smaller table before the client has acknowledged it.',
    clause: 'RFC 9113 §4.3.1',
    fails: ['hpack/table-before-the-acknowledgement'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: alters(frame => (frame.stream === 1 ? opening(frame, SMALLER) : frame)),
  },
  {
    id: 'hpack/grows-before-the-acknowledgement',
    deviation: 'The encoder takes to a larger table before the server acknowledges it.',
    clause: 'RFC 9113 §4.3.1',
    fails: ['hpack/encoder-waits-for-a-larger-table'],
    seen: /size update to 65536 is above the limit/,
    wire: () => {
      let due = false;
      let held: Frame[] = [];
      return {
        toServer: frame => {
          due ||= grows(parsePayload(frame));
          return [frame];
        },
        toClient: frame => {
          if (due && frame.type === FRAME_TYPE.SETTINGS && frame.flags & FLAG.ACK) {
            due = false;
            held = [frame];
            return [];
          }
          if (held.length === 0 || frame.type !== FRAME_TYPE.HEADERS) return [frame];
          const behind = held;
          held = [];
          return [opening(frame, 65_536), ...behind];
        },
      };
    },
  },
  {
    id: 'hpack/grows-in-silence',
    deviation: 'The encoder takes to a larger table without the size update.',
    clause: 'RFC 9113 §4.3.1',
    fails: ['hpack/encoder-waits-for-a-larger-table'],
    seen: /index 63 is past both tables/,
    wire: () => {
      const rebuilt = recode();
      let responses = 0;
      // Two entries that a table of 4,096 octets does not hold together; then a reference to the older one.
      const more = (): Uint8Array => {
        responses += 1;
        return responses < 3 ? literal('x-fill', 'f'.repeat(3000), 'incremental') : indexed(63);
      };
      const added = (frame: Frame): Frame =>
        frame.type === FRAME_TYPE.HEADERS && frame.stream >= FIRST
          ? { ...frame, payload: concat([frame.payload, more()]) }
          : frame;
      return { toClient: frame => rebuilt(frame).map(added) };
    },
  },
  {
    id: 'hpack/cuts-off-what-is-announced',
    deviation: 'The decoder takes what there is of a string that announces more.',
    clause: 'RFC 7541 §7.4',
    fails: ['hpack/string-of-two-gibibytes'],
    seen: /the connection lives on.*a response on stream/,
    wire: decodes({ truncates: true }),
  },
  {
    id: 'hpack/reads-on-and-on',
    deviation: 'The decoder reads an integer to its end, however long, keeps 32 bits of it, and takes any index.',
    clause: 'RFC 7541 §7.4',
    fails: ['hpack/integer-of-a-thousand-octets'],
    seen: /the connection lives on.*a response on stream/,
    wire: decodes({ integerBits: 32, unknownIndex: () => ['x-unknown', ''] }),
  },
  {
    id: 'hpack/silent-about-large-fields',
    deviation: 'The server drops requests whose field block takes several frames.',
    clause: 'RFC 7541 §7.4',
    fails: ['hpack/string-of-one-mebibyte', 'hpack/string-of-two-gibibytes-in-fragments'],
    seen: /no reaction on stream/,
    wire: hides(
      ({ type, flags }) =>
        type === FRAME_TYPE.CONTINUATION || (type === FRAME_TYPE.HEADERS && (flags & FLAG.END_HEADERS) === 0),
    ),
  },
] satisfies readonly Fault[];
