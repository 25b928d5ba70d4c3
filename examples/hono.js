/**
 * An application of Hono, as it is. What Fetch cannot say is said by the exchange, which the request brings along.
 *
 *   npm install hono
 *   msgi serve examples/hono.js
 *   curl --http2-prior-knowledge -T file http://127.0.0.1:8080/octets
 */
import { Hono } from 'hono';
import { fromFetch } from 'msgi/fetch';

/** @param {Request} request @returns {import('msgi').Exchange} */
const exchangeOf = request => Reflect.get(request, Symbol.for('msgi.exchange'));

const app = new Hono();
app.get('/', c => {
  exchangeOf(c.req.raw).inform(103, ['link', '</style.css>; rel=preload; as=style']);
  return c.html('<!doctype html><link rel=stylesheet href=style.css><p>hello\n');
});
app.get('/style.css', c => c.body('p { color: green }\n', 200, { 'content-type': 'text/css' }));
app.put('/octets', async c => {
  let octets = 0;
  const reader = c.req.raw.body?.getReader();
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    octets += read.value.length;
  }
  return c.text(`${octets} octets\n`);
});

export default fromFetch(request => app.fetch(request));
