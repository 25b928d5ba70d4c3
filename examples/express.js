/**
 * An application of Express, as it is, where it could not run on HTTP/2 before. What Express cannot say is said by the
 * response: hints, trailers, promises.
 *
 *   npm install express
 *   msgi serve examples/express.js
 *   curl --http2-prior-knowledge --data name=you http://127.0.0.1:8080/hello
 */
import express from 'express';
import { fromNode } from 'msgi/node';

const app = express();
app.use(express.urlencoded({ extended: false }));
app.get('/', (_request, response) => {
  response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
  response.type('html').send('<!doctype html><link rel=stylesheet href=style.css><p>hello\n');
});
app.get('/style.css', (_request, response) => void response.type('css').send('p { color: green }\n'));
app.post('/hello', (request, response) => void response.type('text').send(`hello ${request.body.name}\n`));

export default fromNode(/** @type {import('msgi/node').NodeHandler} */ (/** @type {unknown} */ (app)));
