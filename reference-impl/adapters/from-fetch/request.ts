/** An exchange's request as a Request of Fetch. */
import type { Connection, Exchange, RequestHead } from '../../../spec/msgi.ts';

const EXCHANGE = Symbol.for('msgi.exchange');

/** Fetch refuses them in any case of their letters. */
const NOT_IN_FETCH: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** The request, or the status that refuses what Fetch cannot say. */
export function adaptRequest(x: Exchange): Request | 400 | 501 {
  const { request: head } = x;
  if (NOT_IN_FETCH.has(head.method.toUpperCase())) return 501;
  const url = urlOf(head, x.connection);
  if (!URL.canParse(url)) return 400;
  const request = new Request(url, initOf(x));
  // Methods are case-sensitive (RFC 9110 §9.1): "get" must not become GET.
  if (request.method !== head.method) return 501;
  return Object.defineProperty(request, EXCHANGE, { value: x, configurable: true });
}

function initOf(x: Exchange): RequestInit {
  const { method, authority, fields } = x.request;
  const headers: [string, string][] = authority === '' ? [] : [['host', authority]];
  for (let i = 0; i < fields.length; i += 2) headers.push([fields[i] as string, fields[i + 1] as string]);
  const init: RequestInit = { method, headers, signal: x.signal };
  if (!x.body.ended && method !== 'GET' && method !== 'HEAD') {
    init.body = contentOf(x);
    init.duplex = 'half';
  }
  return init;
}

/** "*" names the server as a whole: its URI has no path (RFC 9112 §3.3). */
function urlOf({ scheme, authority, base, target }: RequestHead, connection: Connection): string {
  const path = target === '*' ? '' : escaped(base + target);
  return `${scheme}://${authority === '' ? localAuthority(connection) : authority}${path}`;
}

/** HTTP/1.0 need not say who is asked. */
function localAuthority({ local }: Connection): string {
  if (local === null) return 'localhost';
  return `${local.host.includes(':') ? `[${local.host}]` : local.host}:${local.port}`;
}

/** URLs are text: octets beyond ASCII would be taken for characters, and a backslash for a slash. */
function escaped(path: string): string {
  return path.replace(/[\\\u0080-\u00ff]/g, octet => `%${octet.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * One read of the body for each that the handler asks for: what it has not taken is not granted. A request that was cut
 * errors (MSGI-ADAPT-5), with the error of the exchange.
 */
function contentOf({ body }: Exchange): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const chunk = await body.read();
        if (chunk === null) {
          controller.close();
          // A reader with a buffer of its own waits for this.
          controller.byobRequest?.respond(0);
        }
        // A copy: readers may transfer the buffer, which is the server's (MSGI-DATA-7).
        else controller.enqueue(new Uint8Array(chunk));
      },
      cancel() {
        body.stop();
      },
    },
    { highWaterMark: 0 },
  );
}
