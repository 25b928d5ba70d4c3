/**
 * Middleware for handlers of node:http that compresses what is written, as the packages for it do: it stands in for the
 * members of the response by which content goes out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGzip, type Gzip } from 'node:zlib';

const COMPRESSIBLE = /^(?:text\/|application\/json)/;
const AT_LEAST = 1024;

type Callback = (error?: Error | null) => void;

export function squeezed(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const { write, end, on } = response;
  let gzip: Gzip | null | undefined;

  /** Decided with the first content, when the fields are known. */
  const begin = (length: number | null): Gzip | null => {
    if (response.headersSent) return null;
    const compressible = COMPRESSIBLE.test(String(response.getHeader('content-type') ?? ''));
    if (compressible) response.appendHeader('vary', 'accept-encoding');
    const accepted = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const wanted = compressible && accepted && request.method !== 'HEAD' && response.statusCode === 200;
    return wanted && (length === null || length >= AT_LEAST) ? start(response, write, end) : null;
  };
  const take = (chunk: unknown, encoding: unknown): Buffer =>
    typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk as Uint8Array);

  response.write = ((chunk: unknown, encoding?: unknown, callback?: Callback): boolean => {
    if (gzip === undefined) gzip = begin(null);
    if (gzip === null) return write.call(response, chunk as Buffer, encoding as BufferEncoding, callback as Callback);
    return gzip.write(take(chunk, encoding));
  }) as ServerResponse['write'];

  response.end = ((chunk?: unknown, encoding?: unknown, callback?: Callback): ServerResponse => {
    const length =
      chunk === undefined || chunk === null || typeof chunk === 'function' ? 0 : take(chunk, encoding).length;
    if (gzip === undefined) gzip = begin(length);
    if (gzip === null) return end.call(response, chunk as Buffer, encoding as BufferEncoding, callback as () => void);
    if (length > 0) gzip.end(take(chunk, encoding));
    else gzip.end();
    return response;
  }) as ServerResponse['end'];

  // Who pipes into the response waits for what the compressor takes.
  response.on = ((event: string, listener: (...args: unknown[]) => void) => {
    if (event !== 'drain') return on.call(response, event, listener);
    if (gzip) gzip.on('drain', listener);
    else on.call(response, 'drain', listener);
    return response;
  }) as ServerResponse['on'];
  next();
}

function start(response: ServerResponse, write: ServerResponse['write'], end: ServerResponse['end']): Gzip {
  const gzip = createGzip();
  response.removeHeader('content-length');
  response.setHeader('content-encoding', 'gzip');
  gzip.on('data', (chunk: Buffer) => {
    if (write.call(response, chunk, 'latin1', () => {}) === false) gzip.pause();
  });
  gzip.on('end', () => void end.call(response, undefined, 'latin1', () => {}));
  response.once('close', () => gzip.destroy());
  // By the prototype: ours gives the listener to the compressor.
  Object.getPrototypeOf(response).on.call(response, 'drain', () => gzip.resume());
  return gzip;
}
