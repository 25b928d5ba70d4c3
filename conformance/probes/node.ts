/**
 * The probe of Node handlers: `(request, response)` of node:http. A server that hosts it exports nothing else; the kit tells
 * it what to do (probe.ts).
 */
import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
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

type Request = IncomingMessage & { readonly scheme?: string };

/** What the compatibility API of node:http2 has beside, and an adapter may have. */
type Response = ServerResponse & {
  createPushResponse?(
    headers: OutgoingHttpHeaders,
    called: (error: Error | null, response?: ServerResponse) => void,
  ): void;
};

export default function handler(request: Request, response: Response): unknown {
  const visit = visitOf(request.url ?? '');
  if (visit === null) return serve(request, response);
  visit.report('saw', seen(request, response));
  follow(visit, request, response);
  if (visit.twin) {
    response.end();
    return undefined;
  }
  // Node's frameworks fail in this way, too: before anything else is done.
  if (visit.name.startsWith('throws')) throw new Failure('it fails at once');
  return new Promise<void>((leave, fail) => {
    visit.perform(verbsOf(visit, request, response, leave)).then(() => {
      // The attempt is over: what it has left open holds nobody up.
      if (!response.writableEnded) response.destroy();
      leave();
    }, fail);
  });
}

function seen(request: Request, response: ServerResponse): Json {
  const { method = '', url = '', httpVersion, rawHeaders, headers, socket } = request;
  const secure = (socket as { readonly encrypted?: boolean } | null)?.encrypted === true;
  return {
    method,
    url,
    httpVersion,
    rawHeaders,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? null])),
    scheme: request.scheme ?? (secure ? 'https' : 'http'),
    remoteAddress: socket?.remoteAddress ?? null,
    inherits: request instanceof IncomingMessage && response instanceof ServerResponse,
  };
}

/** Events of both ends, as they come. */
function follow(visit: Visit, request: Request, response: ServerResponse): void {
  request
    .on('aborted', () => visit.report('aborted'))
    .on('end', () => visit.report('end'))
    .on('error', error => visit.report('request-error', error.message))
    .on('close', () => visit.report('request-close'));
  response
    .on('close', () => visit.report('close', response.writableFinished))
    .on('error', error => visit.report('response-error', error.message))
    .on('drain', () => visit.report('drain'));
}

function verbsOf(visit: Visit, request: Request, response: Response, leave: () => void): Verbs {
  return {
    read: ({ octets }) => read(request, octets === undefined ? Number.POSITIVE_INFINITY : Number(octets)),
    answer: args => {
      response.writeHead(Number(args['status']), args['fields'] as string[]);
      response.end(contentOf(args));
      leave();
    },
    head: ({ status, fields }) => {
      response.writeHead(Number(status), fields as string[]);
      response.flushHeaders();
    },
    block: args => ({ taken: response.write(contentOf(args)) }),
    end: ({ trailers }) => {
      if (trailers !== undefined) response.addTrailers(pairs(trailers));
      response.end();
      leave();
    },
    flow: args => flow(visit, response, args),
    fail: () => {
      throw new Failure('it fails when it is told to');
    },
    continue: () => response.writeContinue(),
    hints: ({ link }) => {
      response.writeEarlyHints({ link: String(link) });
    },
    push: ({ path }) => push(response, String(path)),
    socket: () => writeToSocket(request),
  };
}

/** Reads so many octets, or to the end; rejects where the request breaks off. */
async function read(request: Request, octets: number): Promise<Json> {
  const parts: Buffer[] = [];
  let missing = octets;
  let ended = false;
  while (missing > 0 && !ended) {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) ended = await more(request);
    else {
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) request.unshift(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
  }
  return readOf(parts, ended);
}

/** Whether the end has come; false where there is more to read. */
function more(request: Request): Promise<boolean> {
  if (request.readableEnded && !isAborted(request)) return Promise.resolve(true);
  const { promise, resolve, reject } = withResolvers<boolean>();
  const broken = (): void => reject(new Error('the request is aborted'));
  if (request.destroyed || isAborted(request)) broken();
  const readable = (): void => resolve(false);
  const ended = (): void => (isAborted(request) ? broken() : resolve(true));
  request
    .once('readable', readable)
    .once('end', ended)
    .once('aborted', broken)
    .once('error', broken)
    .once('close', broken);
  return promise.finally(() => {
    request
      .off('readable', readable)
      .off('end', ended)
      .off('aborted', broken)
      .off('error', broken)
      .off('close', broken);
  });
}

/** node:http2 ends the stream of a request that broke off, too: this property and the event tell. */
const isAborted = (request: Request): boolean => (request as { readonly aborted?: boolean }).aborted === true;

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  const made = {} as { resolve: (value: T) => void; reject: (error: Error) => void };
  const promise = new Promise<T>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return { promise, ...made };
}

/** Writes blocks as fast as the response takes them, and no faster. */
async function flow(visit: Visit, response: ServerResponse, args: Args): Promise<void> {
  const content = contentOf(args);
  for (let n = 1; n <= Number(args['count']) && !response.destroyed; n += 1) {
    visit.report('made', n);
    if (!response.write(content))
      await new Promise<void>(resolve => response.once('drain', resolve).once('close', resolve));
  }
}

function push(response: Response, path: string): Json | Promise<Json> {
  if (response.createPushResponse === undefined) return { offered: false };
  return new Promise(resolve => {
    response.createPushResponse?.({ ':path': path }, (error, pushed) => {
      pushed?.end('pushed');
      resolve({ offered: true, error: error === null ? null : error.message });
    });
  });
}

/** What a handler of HTTP/1.1 could do to the transport. */
function writeToSocket({ socket }: Request): Promise<Json> {
  return new Promise(resolve => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', error => resolve({ refused: error instanceof Error }));
  });
}

function pairs(flat: Json): Record<string, string> {
  const texts = flat as readonly string[];
  return Object.fromEntries(texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] as string]] : [])));
}

/** What every subject serves: the resources of its manifest. */
function serve(request: Request, response: ServerResponse): void {
  const path = request.url ?? '';
  if (path === '/upload') {
    let octets = 0;
    request
      .on('data', (chunk: Buffer) => {
        octets += chunk.length;
      })
      .on('end', () => send(response, 200, `${octets} octets\n`));
  } else if (path === '/') send(response, 200, SMALL);
  else if (path === '/large') send(response, 200, 'x'.repeat(LARGE_OCTETS));
  else send(response, 404, ABSENT);
}

function send(response: ServerResponse, status: number, content: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': content.length });
  // Not every server takes content away from an answer to HEAD: the resources are there for every case.
  response.end(response.req.method === 'HEAD' ? '' : content);
}
