/** Servers by which exchanges of one connection get into each other's way. */

import type { Exchange, Sink } from '../../../../spec/msgi.ts';
import { FRAME_TYPE } from '../../../../wire/index.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** The exchange with another sink. */
const sinking =
  (make: (inner: Sink) => Sink) =>
  (x: Exchange): Exchange =>
    withMembers(x, { start: (status, fields) => make(x.start(status, fields)) });

/** Writes of all sinks stand in one queue. */
class Queued extends ForwardedSink {
  readonly #queue: { last: Promise<unknown> };

  constructor(inner: Sink, queue: { last: Promise<unknown> }) {
    super(inner);
    this.#queue = queue;
  }

  override write(chunk: Uint8Array | string): Promise<void> {
    const done = this.#queue.last.then(() => super.write(chunk));
    this.#queue.last = done.catch(() => {});
    return done;
  }
}

/** Content is handed on when the response ends. */
class Collecting extends ForwardedSink {
  readonly #chunks: (Uint8Array | string)[] = [];

  override write(chunk: Uint8Array | string): void {
    this.#chunks.push(chunk);
  }

  override async end(trailers?: readonly string[]): Promise<void> {
    for (const chunk of this.#chunks) await super.write(chunk);
    await super.end(trailers);
  }
}

export default [
  {
    id: 'multiplexing/connection-credit-for-reading',
    deviation: 'The server gives credit of the connection for content that has been read, and for no other.',
    clause: 'MSGI-FLOW-16',
    fails: ['multiplexing/unread-uploads-block-nobody'],
    seen: /waited for credit for 1000 octets of another exchange/,
    waits: true,
    // None of the content before it is ever read, so that all credit behind the first DATA would be for it.
    wire: () => {
      let data = false;
      return {
        toServer: frame => {
          data ||= frame.type === FRAME_TYPE.DATA;
          return [frame];
        },
        toClient: frame => (data && frame.type === FRAME_TYPE.WINDOW_UPDATE && frame.stream === 0 ? [] : [frame]),
      };
    },
  },
  {
    id: 'multiplexing/one-queue-for-writes',
    deviation: 'The server takes writes of all exchanges one after the other.',
    clause: 'MSGI-LIFE-33',
    fails: ['multiplexing/a-blocked-response-blocks-nobody'],
    seen: /waited for the end of the answer on stream/,
    waits: true,
    wrap: app => {
      const queue = { last: Promise.resolve() };
      return facing(sinking(inner => new Queued(inner, queue)))(app);
    },
  },
  {
    id: 'multiplexing/collects-content',
    deviation: 'The server keeps the content of a response back until its end.',
    clause: 'MSGI-LIFE-33',
    fails: ['multiplexing/responses-interleave'],
    seen: /waited for octet 1 of a/,
    waits: true,
    wrap: facing(sinking(inner => new Collecting(inner))),
  },
  {
    id: 'multiplexing/fails-all',
    deviation: 'The server gives up every exchange when the application fails on one.',
    clause: 'MSGI-LIFE-16',
    fails: ['multiplexing/a-failure-is-alone'],
    seen: /^held: RST_STREAM/,
    wrap: app => {
      const all: Exchange[] = [];
      return async x => {
        all.push(x);
        try {
          await app(x);
        } catch (error) {
          for (const each of all) if (each !== x) each.reset(2);
          throw error;
        }
      };
    },
  },
] satisfies readonly GatewayFault[];
