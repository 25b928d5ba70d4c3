/**
 * The probe of Fetch handlers: `(request) => Response`. A server that hosts it exports nothing else; the kit tells it what to
 * do (probe.ts).
 */
import type { Json } from '../application/messages.ts';
import {
  ABSENT,
  type Args,
  contentOf,
  Failure,
  LARGE_OCTETS,
  readOf,
  SMALL,
  type Verbs,
  type Visit,
  visitOf,
} from './probe.ts';

export default async function handler(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const visit = visitOf(pathname);
  if (visit === null) return serve(request, pathname);
  visit.report('saw', seen(request));
  request.signal.addEventListener('abort', () => visit.report('aborted'));
  if (visit.twin) return new Response(null);
  return new Promise<Response>((respond, fail) => {
    const body = new Body(visit);
    visit.perform(verbsOf(request, body, respond)).then(
      () => {
        // The attempt is over: what it has left open holds nobody up.
        respond(new Response(null, { status: 500 }));
        body.fail(new Failure('the attempt is over'));
      },
      error => {
        fail(error);
        body.fail(error);
      },
    );
  });
}

function seen(request: Request): Json {
  const exchange = (request as unknown as Record<symbol, unknown>)[Symbol.for('msgi.exchange')];
  const { id } = (exchange ?? {}) as { readonly id?: number };
  return {
    method: request.method,
    url: request.url,
    headers: [...request.headers].flat(),
    request: request instanceof Request,
    exchange: typeof id === 'number' ? id : null,
  };
}

function verbsOf(request: Request, body: Body, respond: (response: Response) => void): Verbs {
  const source = request.body?.getReader() ?? null;
  const left: { octets: Uint8Array | null } = { octets: null };
  return {
    read: ({ octets }) => read(source, left, octets === undefined ? Number.POSITIVE_INFINITY : Number(octets)),
    answer: args => {
      const content = contentOf(args);
      respond(new Response(content.length === 0 ? null : content, headOf(args)));
    },
    head: args => respond(new Response(body.stream, headOf(args))),
    block: args => body.give(contentOf(args)),
    end: () => body.end(),
    flow: args => body.flow(contentOf(args), Number(args['count'])),
    fail: () => {
      throw new Failure('it fails when it is told to');
    },
  };
}

function headOf({ status, fields }: Args): ResponseInit {
  const texts = fields as readonly string[];
  const headers = texts.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, texts[at + 1] as string]] : [],
  );
  return { status: Number(status), headers };
}

/** The content of a response, which is made as it is asked for, and no sooner. */
class Body {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #flowing: { readonly content: Uint8Array; readonly count: number; made: number } | null = null;
  readonly #visit: Visit;

  constructor(visit: Visit) {
    this.#visit = visit;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller;
        },
        pull: () => this.#asked(),
        cancel: () => {
          this.#controller = null;
          visit.report('cancelled');
        },
      },
      { highWaterMark: 0 },
    );
  }

  give(content: Uint8Array): void {
    this.#controller?.enqueue(content);
  }

  end(): void {
    this.#controller?.close();
    this.#controller = null;
  }

  fail(error: unknown): void {
    this.#controller?.error(error);
    this.#controller = null;
  }

  /** So many blocks, one for each time that the stream asks. */
  flow(content: Uint8Array, count: number): void {
    this.#flowing = { content, count, made: 0 };
    this.#make();
  }

  #asked(): void {
    this.#visit.report('asked');
    this.#make();
  }

  #make(): void {
    const flowing = this.#flowing;
    if (flowing === null) return;
    flowing.made += 1;
    this.#visit.report('made', flowing.made);
    this.give(flowing.content);
    if (flowing.made < flowing.count) return;
    this.#flowing = null;
    this.end();
  }
}

/** Reads so many octets, or to the end; rejects where the request breaks off. */
async function read(
  source: ReadableStreamDefaultReader<Uint8Array> | null,
  left: { octets: Uint8Array | null },
  octets: number,
): Promise<Json> {
  const parts: Uint8Array[] = [];
  let missing = octets;
  while (missing > 0) {
    const chunk = left.octets ?? (await source?.read())?.value ?? null;
    if (chunk === null) return readOf(parts, true);
    parts.push(chunk.subarray(0, missing));
    left.octets = chunk.length > missing ? chunk.subarray(missing) : null;
    missing -= Math.min(missing, chunk.length);
  }
  return readOf(parts, false);
}

/** What every subject serves: the resources of its manifest. */
async function serve(request: Request, path: string): Promise<Response> {
  if (path === '/upload') return send(request, 200, `${(await request.arrayBuffer()).byteLength} octets\n`);
  if (path === '/') return send(request, 200, SMALL);
  if (path === '/large') return send(request, 200, 'x'.repeat(LARGE_OCTETS));
  return send(request, 404, ABSENT);
}

function send({ method }: Request, status: number, content: string): Response {
  // Not every server takes content away from an answer to HEAD: the resources are there for every case.
  return new Response(method === 'HEAD' ? null : content, {
    status,
    headers: { 'content-type': 'text/plain', 'content-length': `${content.length}` },
  });
}
