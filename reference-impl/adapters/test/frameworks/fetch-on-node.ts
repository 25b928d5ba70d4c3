/** A Fetch handler on the servers of node, as its users run it there: the least that does so. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { Readable } from 'node:stream';
import { OF_THE_CONNECTION } from '../../connection-fields.ts';
import type { FetchHandler } from '../../from-fetch.ts';
import type { NodeHandler } from '../../from-node.ts';

export function fetchOnNode(handler: FetchHandler): NodeHandler {
  return async (request, response) => {
    const left = new AbortController();
    response.on('close', () => left.abort());
    const { status, headers, body } = await handler(toRequest(request, left.signal));
    response.statusCode = status;
    for (const [name, value] of headers) if (name !== 'set-cookie') set(request, response, name, value);
    if (headers.getSetCookie().length > 0) response.setHeader('set-cookie', headers.getSetCookie());
    if (body === null) response.end();
    else await send(body, response);
  };
}

async function send(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = body.getReader();
  response.on('close', () => reader.cancel().catch(() => {}));
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (!response.write(read.value)) await room(response);
    }
    response.end();
  } catch {
    const { stream } = response as unknown as Http2ServerResponse;
    if (stream === undefined) response.destroy();
    else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** The compatibility API of node:http2 throws for fields of the connection. */
function set({ httpVersionMajor }: IncomingMessage, response: ServerResponse, name: string, value: string): void {
  if (httpVersionMajor < 2 || !OF_THE_CONNECTION.has(name)) response.setHeader(name, value);
}

/** "drain", or the end; neither is waited for after the other. */
async function room(response: ServerResponse): Promise<void> {
  const enough = new AbortController();
  const { signal } = enough;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  enough.abort();
}

function toRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = request;
  const authority = (request as unknown as Http2ServerRequest).authority ?? headers.host;
  const lines = Object.entries(headers).filter(([name]) => !name.startsWith(':')) as [string, string][];
  const hasContent = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://${authority ?? headers[':authority']}${url}`, {
    method,
    headers: lines,
    signal,
    ...(hasContent && { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' }),
  });
}
