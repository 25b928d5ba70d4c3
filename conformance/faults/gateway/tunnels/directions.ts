/** Servers whose tunnels end, or flow, in a way of their own. */
import type { Exchange, Source } from '../../../../spec/msgi.ts';
import { FLAG, FRAME_TYPE, windowUpdate } from '../../../../wire/index.ts';
import { alters, hides } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, ForwardedSource, facing, withMembers } from '../wrap.ts';

/** The end of one direction is the end of both. */
class Joined extends ForwardedSink {
  readonly #body: Source;

  constructor(inner: ConstructorParameters<typeof ForwardedSink>[0], body: Source) {
    super(inner);
    this.#body = body;
  }

  override async end(trailers?: readonly string[]): Promise<void> {
    await super.end(trailers);
    this.#body.stop();
  }
}

/** Trailers are dropped, as on ordinary responses that cannot have them. */
class Lenient extends ForwardedSink {
  override end(): ReturnType<ForwardedSink['end']> {
    return super.end();
  }
}

/** When the peer has ended, so has the exchange. */
class Closing extends ForwardedSource {
  readonly #x: Exchange;

  constructor(x: Exchange) {
    super(x.body);
    this.#x = x;
  }

  override async read(): Promise<Uint8Array | null> {
    const chunk = await super.read();
    if (chunk === null) this.#x.reset();
    return chunk;
  }
}

export default [
  {
    id: 'tunnels/ends-both-directions',
    deviation: 'The server reads a tunnel no further once the application has ended its direction.',
    clause: 'MSGI-TUN-9',
    fails: ['tunnels/end-is-one-direction'],
    seen: /ended before it came to "read": ExchangeError/,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new Joined(x.start(status, fields), x.body) })),
  },
  {
    id: 'tunnels/ends-with-the-peer',
    deviation: 'The server gives a tunnel up when the peer has ended its direction.',
    clause: 'MSGI-TUN-10',
    fails: ['tunnels/the-peer-ends-one-direction'],
    seen: /state of a is "dead", not "open"/,
    wrap: facing(x => withMembers(x, { body: new Closing(x) })),
  },
  {
    id: 'tunnels/drops-trailers',
    deviation: 'The server drops trailers at the end of a tunnel.',
    clause: 'MSGI-TUN-11',
    fails: ['tunnels/no-trailers'],
    seen: /end of a is "nothing", not "TypeError"/,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new Lenient(x.start(status, fields)) })),
  },
  {
    id: 'tunnels/gives-credit-unasked',
    deviation: 'The server gives credit for what comes through a tunnel as it comes.',
    clause: 'MSGI-TUN-12',
    fails: ['tunnels/credit-binds-a-tunnel'],
    seen: /credit for 1000 octets of the tunnel, where the application has given none/,
    wire: link => ({
      toServer: frame => {
        if (frame.type === FRAME_TYPE.DATA) link.toClient(windowUpdate(frame.stream, frame.payload.length));
        return [frame];
      },
    }),
  },
  {
    id: 'tunnels/five-octets-more',
    deviation: 'The server sends five octets into a tunnel before there is a window.',
    clause: 'MSGI-TUN-12',
    fails: ['tunnels/content-waits-for-the-window'],
    seen: /5 octets come through a tunnel that has no window/,
    wire: () => ({
      toServer: frame => (frame.type === FRAME_TYPE.HEADERS ? [frame, windowUpdate(frame.stream, 5)] : [frame]),
    }),
  },
  {
    id: 'tunnels/ends-with-fields',
    deviation: 'The server takes HEADERS in a tunnel for its end.',
    clause: 'RFC 9113 §8.5',
    fails: ['tunnels/headers-end-no-tunnel'],
    seen: /HEADERS are taken for the end of the tunnel/,
    wire: alters((frame, payload) =>
      payload.type === 'HEADERS' && payload.fragment.length < 40
        ? { type: FRAME_TYPE.DATA, flags: FLAG.END_STREAM, stream: frame.stream, payload: new Uint8Array(0) }
        : frame,
    ),
  },
  {
    id: 'tunnels/ignores-fields',
    deviation: 'The server ignores HEADERS in a tunnel.',
    clause: 'RFC 9113 §8.5',
    fails: ['tunnels/headers-in-a-tunnel', 'tunnels/headers-end-no-tunnel'],
    seen: /waited for a reaction to HEADERS in the tunnel/,
    waits: true,
    wire: hides((_, payload) => payload.type === 'HEADERS' && payload.fragment.length < 40),
  },
] satisfies readonly GatewayFault[];
