/**
 * A tunnel by extended CONNECT (RFC 8441): octets go back as they come, until the client ends its direction.
 * What is spoken inside, WebSocket frames for one, is the business of a library above.
 *
 *   msgi serve examples/tunnel.js --protocol websocket
 *
 * @type {import('msgi').App}
 */
const app = async x => {
  if (!x.caps.tunnel) return x.respond(200, ['content-type', 'text/plain'], 'use CONNECT with :protocol\n');
  const out = x.start(200);
  for await (const chunk of x.body) await out.write(chunk);
  await out.end(); // of this direction: a tunnel lasts until both have ended
};

export default app;
