/**
 * Both ways at once: what arrives goes back before the request has ended, and the count follows as a trailer.
 *
 *   msgi serve examples/echo.js
 *   curl --http2-prior-knowledge --data-binary @file http://127.0.0.1:8080/
 *
 * @type {import('msgi').App}
 */
const app = async x => {
  const out = x.start(200, ['content-type', 'application/octet-stream', 'trailer', 'x-octets']);
  let octets = 0;
  for await (const chunk of x.body) {
    octets += chunk.length;
    await out.write(chunk); // waits while the peer takes no more, and so stops reading as well
  }
  await out.end(['x-octets', String(octets)]);
};

export default app;
