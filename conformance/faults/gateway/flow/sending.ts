/** Servers that are wrong about what may be sent, and who waits for it. */
import type { Exchange, Sink } from '../../../../spec/msgi.ts';
import { FLAG, FRAME_TYPE, type Frame, rstStream, windowUpdate } from '../../../../wire/index.ts';
import { type Fault, mendsRequests } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** Streams of the positive control. */
const CONTROL = 3;

const sinking = (make: (inner: Sink) => Sink): NonNullable<GatewayFault['wrap']> =>
  facing((x: Exchange) => withMembers(x, { start: (status, fields) => make(x.start(status, fields)) }));

const forever = (): Promise<never> => new Promise(() => {});

const ends = ({ flags }: Frame): boolean => (flags & FLAG.END_STREAM) !== 0;

/** Content of a stream goes out when those before it have ended. */
const inOrder: Fault['wire'] = () => {
  const open = new Set<number>();
  let held: Frame[] = [];
  const first = (stream: number): boolean => [...open].every(other => other >= stream);
  const pass = (frame: Frame): readonly Frame[] => {
    if (frame.type !== FRAME_TYPE.HEADERS && frame.type !== FRAME_TYPE.DATA) return [frame];
    if (frame.type === FRAME_TYPE.HEADERS && !ends(frame)) open.add(frame.stream);
    if (frame.type === FRAME_TYPE.DATA && !first(frame.stream)) {
      held.push(frame);
      return [];
    }
    if (!ends(frame) || !open.delete(frame.stream)) return [frame];
    const waiting = held;
    held = [];
    return [frame, ...waiting.flatMap(pass)];
  };
  return { toClient: pass };
};

/** What waits for a window is gone for the server, and kept from the client. */
const takenForSent: Fault['wire'] = () => {
  let opened = false;
  return {
    toServer: frame => {
      if (frame.type !== FRAME_TYPE.HEADERS || frame.stream <= CONTROL) return [frame];
      const connection = opened ? [] : [windowUpdate(0, 2 ** 30)];
      opened = true;
      return [frame, windowUpdate(frame.stream, 2 ** 30), ...connection];
    },
    toClient: frame => (frame.type === FRAME_TYPE.DATA && frame.stream > CONTROL ? [] : [frame]),
  };
};

/** All responses that are under way end with the first that is reset. */
const allAtOnce: Fault['wire'] = () => {
  const open = new Set<number>();
  return {
    toClient: frame => {
      if (frame.type === FRAME_TYPE.HEADERS) open.add(frame.stream);
      if (ends(frame) && (frame.type === FRAME_TYPE.HEADERS || frame.type === FRAME_TYPE.DATA))
        open.delete(frame.stream);
      if (frame.type !== FRAME_TYPE.RST_STREAM) return [frame];
      const rest = [...open].filter(stream => stream !== frame.stream);
      open.clear();
      return [frame, ...rest.map(stream => rstStream(stream, 'CANCEL'))];
    },
  };
};

class OwnRoom extends ForwardedSink {
  override get window(): number {
    return 65_536 - super.buffered;
  }
}

class NeverShut extends ForwardedSink {
  override get window(): number {
    return Math.max(1, super.window);
  }
}

class CountsAll extends ForwardedSink {
  #written = 0;
  override get buffered(): number {
    return this.#written;
  }
  override write(chunk: Uint8Array | string): ReturnType<Sink['write']> {
    this.#written += chunk.length;
    return super.write(chunk);
  }
}

class AlwaysReady extends ForwardedSink {
  override async ready(): Promise<number> {
    return 16_384;
  }
}

class NeverWaits extends ForwardedSink {
  override write(chunk: Uint8Array | string): void {
    void Promise.resolve(super.write(chunk)).catch(() => {});
  }
}

class WaitsForTheEnd extends ForwardedSink {
  override async write(chunk: Uint8Array | string): Promise<void> {
    await super.write(chunk);
    await forever();
  }
}

class WaitsForEver extends ForwardedSink {
  override async write(chunk: Uint8Array | string): Promise<void> {
    await Promise.resolve(super.write(chunk)).catch(forever);
  }
  override async ready(): Promise<number> {
    return Promise.resolve(super.ready()).catch(forever);
  }
  override async end(trailers?: readonly string[]): Promise<void> {
    await Promise.resolve(super.end(trailers)).catch(forever);
  }
}

/** What `inform` refuses waits until it is taken, and the response behind it. */
const queueing: NonNullable<GatewayFault['wrap']> = app => async x => {
  const queue: (() => boolean)[] = [];
  const inform: Exchange['inform'] = (status, fields) => {
    queue.push(() => x.inform(status, fields));
    return true;
  };
  const respond: Exchange['respond'] = (status, fields, body) => {
    queue.push(() => {
      x.respond(status, fields, body);
      return true;
    });
  };
  await app(withMembers(x, { inform, respond }));
  while (queue.length > 0) {
    if (queue[0]?.()) queue.shift();
    else await new Promise(resolve => setImmediate(resolve));
  }
};

export default [
  {
    id: 'flow/window-of-the-server-alone',
    deviation: "The server gives as a sink's window its own room, and not what the client takes.",
    clause: 'MSGI-FLOW-20',
    fails: ['flow/window-is-what-may-go', 'flow/the-window-of-the-connection-counts', 'flow/a-window-below-zero-is-0'],
    seen: /(open of a|shut of waits|below of a) is 65536, not/,
    wrap: sinking(inner => new OwnRoom(inner)),
  },
  {
    id: 'flow/buffered-is-all',
    deviation: 'The server counts as buffered all that was written.',
    clause: 'MSGI-FLOW-21',
    fails: ['flow/buffered-is-what-waits'],
    seen: /waits of a is 10, not 6/,
    wrap: sinking(inner => new CountsAll(inner)),
  },
  {
    id: 'flow/window-of-one-octet',
    deviation: 'The window of a sink says 1 where nothing more is taken.',
    clause: 'MSGI-FLOW-20',
    fails: [
      'flow/a-client-that-does-not-read-leaves-no-window',
      'flow/window-is-what-may-go',
      'flow/the-window-of-the-connection-counts',
      'flow/a-window-below-zero-is-0',
    ],
    seen: /the window of a is 1 after \d+ octets, and ready waits|(shut|below) of (a|waits) is 1, not 0/,
    wrap: sinking(inner => new NeverShut(inner)),
  },
  {
    id: 'flow/always-ready',
    deviation: 'The server settles ready at once.',
    clause: 'MSGI-FLOW-23',
    fails: [
      'flow/ready-waits-for-the-window',
      'flow/the-window-of-the-connection-counts',
      'flow/a-client-that-does-not-read-leaves-no-window',
    ],
    seen: /ready settles while the (stream|connection) has no window|octets are taken for a client that does not read/,
    wrap: sinking(inner => new AlwaysReady(inner)),
  },
  {
    id: 'flow/content-in-order',
    deviation: 'The server sends the content of its responses one after the other.',
    clause: 'MSGI-FLOW-24',
    fails: ['flow/a-shut-sink-shuts-no-other'],
    seen: /waited for the end of the answer on stream/,
    waits: true,
    wire: inOrder,
  },
  {
    id: 'flow/five-octets-more',
    deviation: 'The server sends five octets more than the window of a stream allows.',
    clause: 'MSGI-FLOW-26',
    fails: ['flow/content-keeps-to-both-windows'],
    seen: /15 octets of stream come where the windows allow 10/,
    wire: () => ({
      toServer: frame =>
        frame.type === FRAME_TYPE.HEADERS && frame.stream > CONTROL ? [frame, windowUpdate(frame.stream, 5)] : [frame],
    }),
  },
  {
    id: 'flow/write-never-waits',
    deviation: 'The server settles every write at once.',
    clause: 'MSGI-FLOW-22',
    fails: ['flow/write-waits-above-a-mark'],
    seen: /a write of \d+ octets settles while none of them has gone/,
    wrap: sinking(inner => new NeverWaits(inner)),
  },
  {
    id: 'flow/write-waits-for-the-end',
    deviation: 'The server settles a write when the response ends.',
    clause: 'MSGI-FLOW-22',
    fails: ['flow/write-settles-when-its-content-has-gone'],
    seen: /waited for the application to report "settled"/,
    waits: true,
    wrap: sinking(inner => new WaitsForTheEnd(inner)),
  },
  {
    id: 'flow/waits-for-ever',
    deviation: 'The server leaves a send that waits as it is when its exchange fails.',
    clause: 'MSGI-LIFE-10',
    fails: ['flow/blocked-sends-end-with-the-exchange'],
    seen: /waited for the application to report "ended" of writes/,
    waits: true,
    wrap: sinking(inner => new WaitsForEver(inner)),
  },
  {
    id: 'flow/takes-for-sent',
    deviation: 'The server takes content that waits for the window of its client for sent.',
    clause: 'MSGI-FLOW-25',
    fails: ['flow/a-blocked-send-is-given-up'],
    seen: /ended of writes is null, not/,
    wire: takenForSent,
  },
  {
    id: 'flow/gives-up-all',
    deviation: 'The server ends every response of the connection with one that is blocked.',
    clause: 'MSGI-FLOW-25',
    fails: ['flow/a-send-that-makes-progress-is-not-given-up'],
    seen: /^a: .*RST_STREAM/,
    wire: allAtOnce,
  },
  {
    id: 'flow/takes-any-field-section',
    deviation: 'The server takes field sections that are larger than it advertises.',
    clause: 'MSGI-FLOW-28',
    fails: ['flow/too-large-a-field-section-is-refused'],
    seen: /a field section above \d+ octets is answered with status 200/,
    wire: mendsRequests(({ fields }) => {
      const at = fields.indexOf('x-filler');
      return at < 0 ? fields : fields.toSpliced(at, 2);
    }),
  },
  {
    id: 'flow/queues-informational-responses',
    deviation: 'The server keeps informational responses without a bound until the client takes them.',
    clause: 'MSGI-FLOW-29',
    fails: ['flow/informational-responses-are-not-kept-for-ever'],
    seen: /2048 informational responses of eight kibioctets are kept/,
    wrap: queueing,
  },
] satisfies readonly GatewayFault[];
