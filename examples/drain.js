/**
 * Server-sent events that end well: when the server is told to stop, each stream says goodbye and ends, instead of being cut.
 *
 *   msgi serve examples/drain.js
 *   curl -N --http2-prior-knowledge http://127.0.0.1:8080/       (then stop the server with Ctrl-C)
 *
 * @type {import('msgi').App}
 */
const app = async x => {
  const out = x.start(200, ['content-type', 'text/event-stream', 'cache-control', 'no-store']);
  let over = false;
  let wake = () => {};
  // "drain", or "close" when the client has left: given even if it has happened already.
  x.watch(notice => {
    if (notice.type === 'priority') return;
    over = true;
    wake();
  });
  for (let n = 1; !over && (await out.ready()) > 0; n += 1) {
    await out.write(`data: ${n}\n\n`);
    await new Promise(resolve => {
      wake = () => resolve(undefined);
      setTimeout(wake, 1000);
    });
  }
  if (x.state === 'open') await out.write('event: goodbye\ndata: reconnect in a moment\n\n');
  await out.end();
};

export default app;
