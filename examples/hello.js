/**
 * The smallest application: one response.
 *
 *   msgi serve examples/hello.js
 *   curl --http2-prior-knowledge http://127.0.0.1:8080/
 */
const text = ['content-type', 'text/plain'];

/** @type {import('msgi').App} */
const app = x => x.respond(200, text, 'hello\n');

export default app;
