/** `fromFetch`: an MSGI application of a Fetch handler, `(request) => Response`, such as `app.fetch` of Hono. */
import type { App, Awaitable, Exchange } from '../../spec/msgi.ts';
import { adaptRequest } from './from-fetch/request.ts';
import { drop, send } from './from-fetch/response.ts';

export type FetchHandler = (request: Request) => Awaitable<Response>;

/**
 * The application that runs the handler. Its promise settles when the response has ended; what has not been read of the
 * request is stopped then. The exchange is the property `Symbol.for("msgi.exchange")` of the request (MSGI-ADAPT-9): a
 * handler that answers by it is taken at its word, and what it returns is dropped.
 *
 * What a Request cannot say is not asked: methods that Fetch does not have (CONNECT, TRACE) or would write otherwise are
 * answered 501, an authority that no URL can hold 400. The content of GET and HEAD is left to the exchange, and the URL is
 * normalised as the URL standard has it; the target as it came is the exchange's.
 */
export function fromFetch(handler: FetchHandler): App {
  return x => {
    const request = adaptRequest(x);
    return request instanceof Request ? run(handler, x, request) : x.respond(request);
  };
}

async function run(handler: FetchHandler, x: Exchange, request: Request): Promise<void> {
  const response = await handler(request);
  if (x.state === 'idle') await send(x, response);
  else drop(response);
}
