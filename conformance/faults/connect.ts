/** Servers that are wrong about CONNECT (RFC 9113 §8.5). */
import { data, FLAG, FRAME_TYPE, type Frame, goaway, headers, plainBlock } from '../../wire/index.ts';
import { alters, damages, type Link, recode, type Section, type Wire } from './fault.ts';
import type { GatewayFault } from './gateway/fault.ts';

const isConnect = ({ fields }: Section): boolean => fields[0] === ':method' && fields[1] === 'CONNECT';

/** The server opens a tunnel for every CONNECT that `matches`. */
const opens =
  (matches: (section: Section) => boolean): Wire =>
  (link: Link) => ({
    toServer: recode(section => {
      if (!isConnect(section) || !matches(section)) return section.fields;
      link.toClient(headers(section.stream, plainBlock([':status', '200'])));
      return null;
    }),
  });

/** Streams behind the control. */
const FIRST = 5;

/** DATA without its END_STREAM. */
const endless = (frame: Frame): Frame =>
  frame.type === FRAME_TYPE.DATA ? { ...frame, flags: frame.flags & ~FLAG.END_STREAM } : frame;

export default [
  {
    id: 'connect/any-section',
    deviation: 'The server opens a tunnel for CONNECT without :authority.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/without-authority', 'connect/with-host-for-authority'],
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => !fields.includes(':authority')),
  },
  {
    id: 'connect/any-authority',
    deviation: 'The server opens a tunnel for CONNECT whatever :authority says.',
    clause: 'RFC 9113 §8.5',
    fails: [
      'connect/without-port',
      'connect/with-empty-port',
      'connect/with-port-in-hex',
      'connect/with-port-out-of-range',
      'connect/with-userinfo',
      'connect/with-path-in-authority',
    ],
    why: 'Each broken part of an authority is a case, and a server that does not parse it finds none of them.',
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => fields.includes(':authority')),
  },
  {
    id: 'connect/any-target',
    deviation: 'The server opens a tunnel for CONNECT with :scheme or :path.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/with-path', 'connect/with-scheme', 'connect/with-scheme-and-path'],
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => fields.includes(':path') || fields.includes(':scheme')),
  },
  {
    id: 'connect/malformed-by-its-method',
    deviation: 'The server takes every CONNECT for a connection error.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/well-formed'],
    seen: /a sound CONNECT ends the connection/,
    wire: link => ({
      toServer: recode(section => {
        if (!isConnect(section)) return section.fields;
        link.toClient(goaway(section.stream, 'PROTOCOL_ERROR'));
        link.close();
        return null;
      }),
    }),
  },
  {
    id: 'connect/ends-in-order-whatever-happens',
    deviation: 'The proxy ends the TCP connection with FIN when the stream or the connection of a tunnel has failed.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/stream-error-resets-the-far-side', 'connect/connection-error-resets-the-far-side'],
    seen: /ends with FIN, as if all were well/,
    wire: link => {
      let last = 0;
      let tunnel = 0;
      return {
        toServer: frame => {
          last = Math.max(last, frame.stream);
          const { type, payload } = frame;
          if (type === FRAME_TYPE.DATA && payload.length > 0) tunnel = frame.stream;
          if (type === FRAME_TYPE.RST_STREAM) return [data(frame.stream, '', { endStream: true })];
          if (type !== FRAME_TYPE.PING || payload.length === 8) return [frame];
          link.toClient(goaway(last, 'FRAME_SIZE_ERROR'));
          return [data(tunnel, '', { endStream: true })];
        },
      };
    },
  },
  {
    id: 'connect/keeps-the-end-to-itself',
    deviation: 'The proxy passes the octets of a tunnel on, and not END_STREAM.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/end-stream-is-fin', 'connect/end-stream-without-octets-is-fin'],
    seen: /no FIN at the far side/,
    waits: true,
    wire: alters(endless),
  },
  {
    id: 'connect/never-ends-a-tunnel',
    deviation: 'The proxy passes the octets of a tunnel on, and not FIN.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/fin-is-end-stream'],
    seen: /8 octets of 8, and no END_STREAM/,
    waits: true,
    wire: damages(frame => (frame.stream < FIRST ? frame : endless(frame))),
  },
  {
    id: 'connect/ends-in-order-when-reset',
    deviation: 'The proxy ends the stream of a tunnel when its TCP connection is reset.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/far-reset-is-connect-error'],
    seen: /the stream ends as if it were in order/,
    wire: damages(frame =>
      frame.type === FRAME_TYPE.RST_STREAM ? data(frame.stream, '', { endStream: true }) : frame,
    ),
  },
] satisfies readonly GatewayFault[];
