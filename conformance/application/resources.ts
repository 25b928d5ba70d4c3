/** What every subject serves, with a gateway behind it or not: the resources of the target manifest. */
import type { App, Exchange, Fields } from '../../spec/msgi.ts';
import { relay, relayed } from './relay.ts';
import { echo } from './websocket.ts';

const TEXT: Fields = Object.freeze(['content-type', 'text/plain']);
const TAG = '"small"';
const TAGGED: Fields = Object.freeze([...TEXT, 'etag', TAG]);
const SMALL = 'hello from msgi!';
const LARGE = new Uint8Array(2_097_152).fill(0x6d);

/** The small resource, unless the client has it (RFC 9110 §13.1.2). */
function small(x: Exchange): void {
  const { method, fields } = x.request;
  const held = fields.some((value, i) => i % 2 === 1 && fields[i - 1] === 'if-none-match' && value.includes(TAG));
  if (held && (method === 'GET' || method === 'HEAD')) x.respond(304, ['etag', TAG]);
  else x.respond(200, TAGGED, SMALL);
}

/** Takes the whole request before it answers. */
async function afterBody(x: Exchange): Promise<void> {
  while ((await x.body.read()) !== null);
  small(x);
}

async function upload(x: Exchange): Promise<void> {
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, TEXT, `${octets}\n`);
}

const resources: Readonly<Record<string, App>> = {
  '/': x => (x.body.ended ? small(x) : afterBody(x)),
  '/large': x => x.respond(200, TEXT, LARGE),
  '/upload': upload,
};

/** The resource that the path names, or 404 with ten octets; for a WebSocket the echo, for CONNECT the relay. */
export function serve(x: Exchange): ReturnType<App> {
  if (x.request.protocol.toLowerCase() === 'websocket') return echo(x);
  const port = relayed(x.request);
  if (port !== null) return relay(x, port);
  const [path = ''] = x.request.target.split('?', 1);
  const resource = Object.hasOwn(resources, path) ? resources[path] : undefined;
  return resource === undefined ? x.respond(404, TEXT, 'not found\n') : resource(x);
}
