/** Servers that are wrong about chunks. */
import type { Sink, Source } from '../../../../spec/msgi.ts';
import { data, FLAG } from '../../../../wire/index.ts';
import { alters } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { between, damagesLater } from '../later-streams.ts';
import { sinking } from '../lists.ts';
import { ForwardedSink, ForwardedSource, facing, withMembers } from '../wrap.ts';

/** Statuses of responses that have no content. */
const WITHOUT: ReadonlySet<number> = new Set([204, 205, 304]);

type Content = Uint8Array | string;

/** Another content in place of what is given. */
class Converting extends ForwardedSink {
  readonly #change: (chunk: Content) => Content;

  constructor(inner: Sink, change: (chunk: Content) => Content) {
    super(inner);
    this.#change = change;
  }

  override write(chunk: Content): ReturnType<Sink['write']> {
    return super.write(this.#change(chunk));
  }
}

const converts = (change: (chunk: Content) => Content): NonNullable<GatewayFault['wrap']> =>
  facing(x =>
    withMembers(sinking(inner => new Converting(inner, change))(x), {
      respond: (status, fields, body) => x.respond(status, fields, body === undefined ? undefined : change(body)),
    }),
  );

/** One buffer for the chunks of all reads. */
class Reusing extends ForwardedSource {
  readonly #buffer = new Uint8Array(65_536);

  override async read(): Promise<Uint8Array | null> {
    const chunk = await super.read();
    if (chunk === null) return null;
    this.#buffer.set(chunk);
    return this.#buffer.subarray(0, chunk.length);
  }
}

/** A chunk of no octets before the first one that has some. */
class Preluding extends ForwardedSource {
  #begun = false;

  override async read(): Promise<Uint8Array | null> {
    if (this.#begun) return super.read();
    this.#begun = true;
    return new Uint8Array(0);
  }
}

const source = (make: (inner: Source) => Source): NonNullable<GatewayFault['wrap']> =>
  facing(x => withMembers(x, { body: make(x.body) }));

export default [
  {
    id: 'streaming/text-is-latin-1',
    deviation: 'The server sends each character of a string as one octet.',
    clause: 'MSGI-DATA-1',
    fails: ['streaming/text-is-utf-8'],
    seen: /content of whole is e9/,
    wrap: converts(chunk => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)),
  },
  {
    id: 'streaming/makes-text-of-anything',
    deviation: 'The server sends what is no content as its text.',
    clause: 'MSGI-DATA-2',
    fails: ['streaming/what-is-no-content'],
    seen: /responded of a is \["respond 5"\]/,
    wrap: converts(chunk => (chunk instanceof Uint8Array ? chunk : `${chunk}`)),
  },
  {
    id: 'streaming/writes-numbers',
    deviation: 'The server takes views of any kind for octets at write.',
    clause: 'MSGI-DATA-2',
    fails: ['streaming/what-is-no-content'],
    seen: /written of a is \["write Uint16Array","write DataView"\]/,
    wrap: facing(
      sinking(
        inner =>
          new Converting(inner, chunk =>
            ArrayBuffer.isView(chunk) ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk,
          ),
      ),
    ),
  },
  {
    id: 'streaming/empty-data',
    deviation: 'The server sends an empty DATA frame for a chunk of no octets.',
    clause: 'MSGI-DATA-3',
    fails: ['streaming/empty-chunks-are-nothing'],
    seen: /empty chunks come as HEADERS, DATA/,
    wire: damagesLater((frame, _, nth) =>
      nth === 1 && (frame.flags & FLAG.END_STREAM) === 0 ? [frame, data(frame.stream, '')] : [frame],
    ),
  },
  {
    id: 'streaming/content-of-every-response',
    deviation: 'The server sends the content that it is given with every response.',
    clause: 'MSGI-DATA-4',
    fails: ['streaming/responses-without-content'],
    seen: /7 octets of content where 0 are known/,
    why: 'Every case with a response that has no content sees it.',
    wire: between({
      toClient: (frame, { type }, { method, status }) =>
        type === 'HEADERS' && (frame.flags & FLAG.END_STREAM) !== 0 && (method === 'HEAD' || WITHOUT.has(status))
          ? [{ ...frame, flags: frame.flags & ~FLAG.END_STREAM }, data(frame.stream, 'content', { endStream: true })]
          : [frame],
    }),
  },
  {
    id: 'streaming/one-buffer-for-reads',
    deviation: 'The server reads into the buffer that the application has chunks of.',
    clause: 'MSGI-DATA-6',
    fails: ['streaming/chunks-stay-as-they-are'],
    seen: /kept of a is "c300"/,
    wrap: source(inner => new Reusing(inner)),
  },
  {
    id: 'streaming/empty-first-chunk',
    deviation: 'The server gives an empty chunk when nothing has come yet.',
    clause: 'MSGI-DATA-8',
    fails: ['streaming/chunks-have-octets'],
    seen: /empty of a is 1/,
    wrap: source(inner => new Preluding(inner)),
  },
  {
    id: 'streaming/padding-is-content',
    deviation: 'The server takes padding for content.',
    clause: 'MSGI-DATA-9',
    fails: ['streaming/content-without-padding'],
    seen: /content of a is /,
    wire: alters((frame, payload) =>
      payload.type === 'DATA' && payload.padding !== null
        ? data(frame.stream, frame.payload, { endStream: payload.endStream })
        : frame,
    ),
  },
] satisfies readonly GatewayFault[];
