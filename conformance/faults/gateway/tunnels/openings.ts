/** Servers that open tunnels, or refuse them, in a way of their own. */
import type { Exchange, RequestHead, Sink } from '../../../../spec/msgi.ts';
import {
  FLAG,
  type Frame,
  headers,
  type Payload,
  plainBlock,
  rstStream,
  SETTING,
  settings,
} from '../../../../wire/index.ts';
import { fieldValue } from '../../../peer/stream.ts';
import { damages, recode, type Section, spoilsResponses, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

const ID = SETTING.ENABLE_CONNECT_PROTOCOL;

/** The server's first SETTINGS with other entries. */
const announces = (
  change: (entries: readonly (readonly [number, number])[]) => readonly (readonly [number, number])[],
): Wire =>
  damages((frame, payload: Payload) =>
    payload.type === 'SETTINGS' && !payload.ack ? settings(change(payload.entries)) : frame,
  );

/** The server opens a tunnel, that no application knows of, for every CONNECT that `matches`. */
const opens =
  (matches: (section: Section) => boolean): Wire =>
  link => ({
    toServer: recode(section => {
      if (fieldValue(section.fields, ':method') !== 'CONNECT' || !matches(section)) return section.fields;
      link.toClient(headers(section.stream, plainBlock([':status', '200'])));
      return null;
    }),
  });

/** A tunnel: what is read and written there is not the application's. */
const onTunnels = (face: (x: Exchange) => Exchange): GatewayFault['wrap'] & object =>
  facing(x => (x.request.method === 'CONNECT' ? face(x) : x));

const asked = (change: (head: RequestHead) => Partial<RequestHead>): GatewayFault['wrap'] & object =>
  onTunnels(x => withMembers(x, { request: { ...x.request, ...change(x.request) } }));

/** Takes content and drops it. */
class Deaf extends ForwardedSink {
  override write(): void {}
}

const withoutContent = (x: Exchange): Exchange =>
  withMembers(x, {
    start: (status, fields): Sink => {
      const out = x.start(status, fields);
      return status === 204 || status === 205 ? new Deaf(out) : out;
    },
  });

/** A response with END_STREAM in its head, as HEAD has them. */
const ended = (frame: Frame): Frame => ({ ...frame, flags: frame.flags | FLAG.END_STREAM });

export default [
  {
    id: 'tunnels/says-nothing-of-them',
    deviation: 'The server takes extended CONNECT, and does not send ENABLE_CONNECT_PROTOCOL.',
    clause: 'MSGI-TUN-2',
    fails: ['tunnels/the-setting-is-sent'],
    seen: /ENABLE_CONNECT_PROTOCOL is 0/,
    wire: announces(entries => entries.filter(([id]) => id !== ID)),
  },
  {
    id: 'tunnels/announces-what-is-not-listed',
    deviation: 'The server sends ENABLE_CONNECT_PROTOCOL=1 although its listener lists no protocol.',
    clause: 'MSGI-TUN-2',
    fails: ['tunnels/no-protocol-is-listed'],
    seen: /ENABLE_CONNECT_PROTOCOL=1 is sent, although no protocol is listed/,
    wire: announces(entries => [...entries, [ID, 1]]),
  },
  {
    id: 'tunnels/answers-for-applications',
    deviation: 'The server opens a tunnel for CONNECT that no protocol is listed for.',
    clause: 'MSGI-TUN-3',
    fails: ['tunnels/no-protocol-is-listed'],
    seen: /no protocol is listed for is answered with status 200/,
    wire: opens(({ fields }) => !fields.includes(':protocol')),
  },
  {
    id: 'tunnels/takes-protocols-unasked',
    deviation: 'The server opens a tunnel for extended CONNECT that it has not enabled.',
    clause: 'RFC 8441 §3, MSGI-TUN-3',
    fails: ['tunnels/no-protocol-is-listed'],
    seen: /status 200, and no end of it/,
    wire: opens(({ fields }) => fields.includes(':protocol')),
  },
  {
    id: 'tunnels/resets-unlisted-protocols',
    deviation: 'The server resets CONNECT for a protocol that is not listed.',
    clause: 'MSGI-TUN-3',
    fails: ['tunnels/unlisted-protocols'],
    seen: /a protocol that is not listed is answered with status 0/,
    wire: link => ({
      toServer: recode(section => {
        if (fieldValue(section.fields, ':protocol') !== 'msgi-kit-unlisted') return section.fields;
        link.toClient(rstStream(section.stream, 'REFUSED_STREAM'));
        return null;
      }),
    }),
  },
  {
    id: 'tunnels/takes-any-protocol',
    deviation: 'The server takes every protocol for the one that is listed.',
    clause: 'MSGI-TUN-1',
    fails: ['tunnels/unlisted-protocols'],
    seen: /the application was invoked on a/,
    wire: () => ({
      toServer: recode(({ fields }) => fields.map(text => (text === 'msgi-kit-unlisted' ? 'websocket' : text))),
    }),
  },
  {
    id: 'tunnels/hides-the-protocol',
    deviation: 'The server does not tell the application which protocol is asked for.',
    clause: 'MSGI-TUN-1',
    fails: ['tunnels/extended-connect-is-invoked'],
    seen: /request of a is .*"protocol":""/,
    wrap: asked(() => ({ protocol: '' })),
  },
  {
    id: 'tunnels/makes-a-path-for-connect',
    deviation: 'The server gives a plain CONNECT the target "/".',
    clause: 'MSGI-TUN-1',
    fails: ['tunnels/plain-connect-is-invoked'],
    seen: /request of a is .*"path":"\/"/,
    wrap: app => {
      // The kit's application finds the exchange by its authority only where there is no target.
      const late = (x: Exchange): Exchange => {
        let reads = 0;
        const request = { ...x.request };
        Object.defineProperty(request, 'target', { enumerable: true, get: () => (reads++ === 0 ? '' : '/') });
        return withMembers(x, { request });
      };
      return onTunnels(x => (x.request.protocol === '' ? late(x) : x))(app);
    },
  },
  {
    id: 'tunnels/drops-content-by-status',
    deviation: 'The server takes 204 and 205 to CONNECT for responses without content.',
    clause: 'MSGI-TUN-5',
    fails: ['tunnels/every-success-opens'],
    seen: /octets through the tunnel a-204/,
    waits: true,
    wrap: onTunnels(withoutContent),
  },
  {
    id: 'tunnels/ends-as-it-opens',
    deviation: 'The server ends its direction with the head of 204.',
    clause: 'MSGI-TUN-5',
    fails: ['tunnels/every-success-opens'],
    seen: /the tunnel a-204 ends as it is opened/,
    wire: () => {
      const blocks = recode(({ fields }) => fields);
      return {
        toClient: frame => blocks(frame).map(next => (next.type === 1 && is204(next) ? ended(next) : next)),
      };
    },
  },
  {
    id: 'tunnels/tells-a-length',
    deviation: 'The server sends content-length with the 2xx that opens a tunnel.',
    clause: 'RFC 9113 §8.5 and RFC 9110 §8.6',
    fails: ['tunnels/a-success-has-no-length'],
    seen: /content-length in the 2xx to CONNECT/,
    wire: spoilsResponses(({ fields }) => (fields.includes('x-tunnel') ? [...fields, 'content-length', '4'] : fields)),
  },
  {
    id: 'tunnels/sends-fields-in-tunnels',
    deviation: 'The server sends HEADERS behind the 2xx that opens a tunnel.',
    clause: 'RFC 9113 §8.5',
    fails: ['tunnels/a-success-has-no-length'],
    seen: /HEADERS on stream \d+, which is a tunnel/,
    wire: () => {
      let tunnel = 0;
      const blocks = recode(({ stream, fields }) => {
        if (fields.includes('x-tunnel')) tunnel = stream;
        return fields;
      });
      return {
        toClient: frame => {
          const next = blocks(frame);
          const extra = frame.stream === tunnel && frame.type === 0;
          return extra ? [headers(tunnel, plainBlock(['x-more', 'fields'])), ...next] : next;
        },
      };
    },
  },
  {
    id: 'tunnels/responds-with-success',
    deviation: 'The server opens and ends a tunnel at respond with a 2xx.',
    clause: 'MSGI-TUN-6',
    fails: ['tunnels/respond-is-not-for-success'],
    seen: /respond with a 2xx to CONNECT throws nothing/,
    wrap: onTunnels(x =>
      withMembers(x, {
        respond: (status, fields, body) => {
          if (status < 300) void x.start(status, fields).end();
          else x.respond(status, fields, body);
        },
      }),
    ),
  },
  {
    id: 'tunnels/refuses-by-reset',
    deviation: 'The server resets the stream where the application refuses the tunnel.',
    clause: 'MSGI-TUN-7',
    fails: ['tunnels/a-refusal-is-a-response'],
    seen: /respond: RST_STREAM/,
    wrap: onTunnels(x => withMembers(x, { respond: () => x.reset() })),
  },
] satisfies readonly GatewayFault[];

/** A head that `recode` has written: ":status" comes first, and the status in full. */
function is204({ payload }: Frame): boolean {
  return Buffer.from(payload).toString('latin1', 0, 20).includes('204');
}
