/** Servers that put the wrong octets on a connection of HTTP/1.x. */
import type { Exchange, Fields, Sink } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** An empty chunk is the last one. */
class EndingEarly extends ForwardedSink {
  #over = false;

  override async write(chunk: Uint8Array | string): Promise<void> {
    if (this.#over) return;
    if (chunk.length > 0) return super.write(chunk);
    this.#over = true;
    await super.end();
  }

  override async end(): Promise<void> {
    if (!this.#over) await super.end();
  }
}

/** Trailers are written behind the content. */
class Appending extends ForwardedSink {
  override async end(trailers: Fields = []): Promise<void> {
    await super.write(trailers.join(': '));
    await super.end();
  }
}

const sink = (x: Exchange, make: (inner: Sink) => Sink): Exchange =>
  withMembers(x, { start: (status, fields) => make(x.start(status, fields)) });

export default [
  {
    id: 'streaming/empty-chunk-is-the-last',
    deviation: 'The server writes an empty chunk as it writes others, so that it ends the response.',
    clause: 'MSGI-DATA-3',
    fails: ['streaming/empty-chunks-over-http1'],
    seen: /content "a":/,
    wrap: facing(x => sink(x, inner => new EndingEarly(inner))),
  },
  {
    id: 'streaming/trailers-as-content',
    deviation: 'The server writes trailers behind the content where it cannot send them.',
    clause: 'MSGI-TRAIL-2',
    fails: ['streaming/trailers-that-cannot-be-sent'],
    seen: /content of old is "ownx-sum: 1"/,
    wrap: facing(x => (x.caps.trailers ? x : sink(x, inner => new Appending(inner)))),
  },
] satisfies readonly GatewayFault[];
