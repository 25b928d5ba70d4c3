/** Servers that are wrong about RST_STREAM (RFC 9113 §6.4). */
import { FRAME_TYPE, latin1Text } from '../../wire/index.ts';
import { alters, type Fault, hides } from './fault.ts';

export default [
  {
    id: 'rst-stream/goes-on-behind-it',
    deviation: 'The server goes on with a response after the client has reset its stream.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/nothing-after-it'],
    seen: /DATA on stream \d+ after the client's RST_STREAM/,
    wire: hides(({ stream }, { type }) => type === 'RST_STREAM' && stream % 2 === 1),
  },
  {
    id: 'rst-stream/skips-fields-behind-it',
    deviation: 'The server does not decode trailers of a request that it has refused as malformed.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/fields-behind-it-are-decoded'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: () => {
      const malformed = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type !== FRAME_TYPE.HEADERS) return [frame];
          if (malformed.has(frame.stream)) return [];
          if (!latin1Text(frame.payload).includes(':path')) malformed.add(frame.stream);
          return [frame];
        },
      };
    },
  },
  {
    id: 'rst-stream/takes-it-on-even-streams',
    deviation: 'The server ignores RST_STREAM on even streams that it never promised.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/on-never-promised-stream'],
    seen: /the connection lives on/,
    wire: hides(({ stream }, { type }) => type === 'RST_STREAM' && stream > 0 && stream % 2 === 0),
  },
  {
    id: 'rst-stream/takes-any-length',
    deviation: 'The server reads the first four octets of RST_STREAM and ignores the rest.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/wrong-length'],
    seen: /the connection lives on/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.RST_STREAM ? { ...frame, payload: frame.payload.subarray(0, 4) } : frame,
    ),
  },
  {
    id: 'rst-stream/drops-wrong-lengths',
    deviation: 'The server drops RST_STREAM of another length than 4.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/of-no-octets', 'rst-stream/of-three-octets', 'rst-stream/of-eight-octets'],
    seen: /the connection lives on/,
    wire: hides(({ type, payload }) => type === FRAME_TYPE.RST_STREAM && payload.length !== 4),
  },
  {
    id: 'rst-stream/stream-zero-not-looked-at',
    deviation: 'The server ignores RST_STREAM on stream 0.',
    clause: 'RFC 9113 §6.4',
    fails: ['rst-stream/on-stream-zero'],
    seen: /the connection lives on/,
    wire: hides(({ stream }, { type }) => type === 'RST_STREAM' && stream === 0),
  },
] satisfies readonly Fault[];
