/** What a Fetch handler has returned, as the response of an exchange. */
import type { Exchange, Fields } from '../../../spec/msgi.ts';
import { OF_THE_CONNECTION, withoutNamed } from '../connection-fields.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = Awaited<ReturnType<Reader['read']>>;

/** Sends it. Rejects for what is no response, and when its content fails: nobody has been answered then (MSGI-ADAPT-7). */
export async function send(x: Exchange, response: Response): Promise<void> {
  if (!isResponse(response)) throw new TypeError('a Fetch handler returns a Response, or a promise of one');
  const { status, body } = response;
  const fields = fieldsOf(response.headers);
  if (body === null || x.request.method === 'HEAD') {
    drop(response);
    x.respond(status, fields);
    return;
  }
  const reader = body.getReader();
  try {
    await sendContent(x, status, fields, reader);
  } catch (error) {
    cancel(reader, error);
    throw error;
  }
}

/** By its shape: libraries bring classes of their own. */
function isResponse(response: unknown): response is Response {
  const { status, headers } = (response ?? {}) as Partial<Response>;
  return typeof status === 'number' && typeof headers?.get === 'function';
}

/** A response that nobody gets: the production of its content ends (MSGI-ADAPT-4). */
export function drop(response: Response | undefined): void {
  const body = response?.body;
  if (body && !body.locked) cancel(body, new Error('the content of the response is not wanted'));
}

function cancel(content: Reader | ReadableStream, reason: unknown): void {
  content.cancel(reason).catch(() => {});
}

/** Lines of `set-cookie` come one by one. */
function fieldsOf(headers: Headers): Fields {
  const fields: string[] = [];
  for (const [name, value] of headers) if (!OF_THE_CONNECTION.has(name)) fields.push(name, value);
  return withoutNamed(fields, headers.get('connection') ?? '');
}

async function sendContent(x: Exchange, status: number, fields: Fields, reader: Reader): Promise<void> {
  const { chunk, next } = await begin(reader);
  if (next === null) x.respond(status, fields, chunk ?? undefined);
  else await stream(x, status, fields, reader, chunk, next);
}

/** The first content, where it is there already, and the next read; null where that was the whole. */
interface Beginning {
  readonly chunk: Uint8Array | null;
  readonly next: Promise<Read> | null;
}

/** Most responses are one piece of text: they are sent whole, with their length. A head never waits for content. */
async function begin(reader: Reader): Promise<Beginning> {
  const first = reader.read();
  const read = await atOnce(first);
  if (read === null) return { chunk: null, next: first };
  if (read.done) return { chunk: null, next: null };
  const second = reader.read();
  const ended = (await atOnce(second))?.done === true;
  return { chunk: octets(read.value), next: ended ? null : second };
}

/** The value, if no turn of the event loop is needed for it, else null. */
function atOnce(read: Promise<Read>): Promise<Read | null> {
  return Promise.race([read, new Promise<null>(resolve => process.nextTick(resolve, null))]);
}

async function stream(
  x: Exchange,
  status: number,
  fields: Fields,
  reader: Reader,
  chunk: Uint8Array | null,
  next: Promise<Read>,
): Promise<void> {
  const { signal } = x;
  const stop = (): void => cancel(reader, signal.reason);
  const sink = x.start(status, fields);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    if (chunk !== null) await sink.write(chunk);
    for (let read = await next; !read.done; read = await reader.read()) await sink.write(octets(read.value));
    await sink.end();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function octets(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('the body of a response is a stream of Uint8Array');
}
