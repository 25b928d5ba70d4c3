/** Servers that tie the two halves of an exchange together. */
import type { Source } from '../../../../spec/msgi.ts';
import { FLAG, FRAME_TYPE, type Frame, rstStream } from '../../../../wire/index.ts';
import type { GatewayFault } from '../fault.ts';
import { between } from '../later-streams.ts';
import { ForwardedSource, facing, withMembers } from '../wrap.ts';

/** The whole request, before any of it. */
class Collecting extends ForwardedSource {
  readonly #chunks: Uint8Array[] = [];
  #whole = false;

  override async read(): Promise<Uint8Array | null> {
    while (!this.#whole) {
      const chunk = await super.read();
      if (chunk === null) this.#whole = true;
      else this.#chunks.push(chunk);
    }
    return this.#chunks.shift() ?? null;
  }
}

/** An end when nothing more has come yet. */
class Impatient extends ForwardedSource {
  #read = false;

  override async read(): Promise<Uint8Array | null> {
    if (this.#read) return null;
    this.#read = true;
    const chunk = await super.read();
    return chunk === null ? null : chunk.subarray(0, 3);
  }
}

const source = (make: (inner: Source) => Source): NonNullable<GatewayFault['wrap']> =>
  facing(x => withMembers(x, { body: make(x.body) }));

const ends = ({ flags, type }: Frame): boolean =>
  (type === FRAME_TYPE.DATA || type === FRAME_TYPE.HEADERS) && (flags & FLAG.END_STREAM) !== 0;

export default [
  {
    id: 'streaming/collects-requests',
    deviation: 'The server gives the content of a request when all of it has come.',
    clause: 'MSGI-LIFE-33',
    fails: ['streaming/both-directions-at-once'],
    seen: /waited for 3 octets of the answer to a/,
    waits: true,
    wrap: source(inner => new Collecting(inner)),
  },
  {
    id: 'streaming/resets-what-goes-on',
    deviation: 'The server ends a response to an unfinished request with RST_STREAM in place of END_STREAM.',
    clause: 'RFC 9113 §8.1',
    fails: ['streaming/response-before-the-request-ends'],
    seen: /RST_STREAM/,
    wire: between({
      toClient: (frame, _, { requestEnded }) =>
        ends(frame) && !requestEnded
          ? [{ ...frame, flags: frame.flags & ~FLAG.END_STREAM }, rstStream(frame.stream, 'NO_ERROR')]
          : [frame],
    }),
  },
  {
    id: 'streaming/cancels-what-goes-on',
    deviation: 'The server wants no more of a request with CANCEL.',
    clause: 'RFC 9113 §8.1',
    fails: ['streaming/response-before-the-request-ends'],
    seen: /RST_STREAM CANCEL behind the whole response/,
    grade: 'weak',
    wire: between({
      toClient: (frame, { type }, { responseEnded }) =>
        type === 'RST_STREAM' && responseEnded ? [rstStream(frame.stream, 'CANCEL')] : [frame],
    }),
  },
  {
    id: 'streaming/closed-by-its-response',
    deviation: 'The server takes content behind its response for content on a closed stream.',
    clause: 'RFC 9113 §6.1',
    fails: ['streaming/content-behind-the-response'],
    seen: /RST_STREAM STREAM_CLOSED/,
    wire: link =>
      between({
        toServer: (frame, { type }, { responseEnded }) => {
          if (type === 'DATA' && responseEnded) link.toClient(rstStream(frame.stream, 'STREAM_CLOSED'));
          return [frame];
        },
      })(link),
  },
  {
    id: 'streaming/stops-at-the-response',
    deviation: 'The server takes no more of a request when its response is done.',
    clause: 'MSGI-LIFE-25',
    fails: ['streaming/request-goes-on-behind-the-response'],
    seen: /octets of a is "ExchangeError"/,
    wrap: facing(x =>
      withMembers(x, {
        respond: (status, fields, body) => {
          x.respond(status, fields, body);
          x.body.stop();
        },
      }),
    ),
  },
  {
    id: 'streaming/ends-what-was-begun',
    deviation: 'The server ends the content for the application behind what has come by its first read.',
    clause: 'MSGI-LIFE-36',
    fails: ['streaming/response-goes-on-behind-the-request'],
    seen: /octets of a is 3/,
    why: 'Every case with content in several pieces sees it.',
    wrap: source(inner => new Impatient(inner)),
  },
] satisfies readonly GatewayFault[];
