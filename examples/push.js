/**
 * A page that promises its style sheet, or names it in a 103 where the client takes no promises.
 *
 *   msgi serve examples/push.js
 *   nghttp -ans http://127.0.0.1:8080/       (shows what was pushed)
 *   curl -v --http2-prior-knowledge http://127.0.0.1:8080/
 */
import { hint } from 'msgi/helpers';

/** @type {Readonly<Record<string, readonly [type: string, content: string]>>} */
const RESOURCES = {
  '/': ['text/html', '<!doctype html><link rel=stylesheet href=style.css><p id=text>hello\n'],
  '/style.css': ['text/css', '#text { color: rgb(1, 2, 3) }\n'],
};

/** @type {import('msgi').App} */
const app = x => {
  const { target } = x.request;
  const resource = RESOURCES[target];
  if (resource === undefined) return x.respond(404, ['content-type', 'text/plain'], 'not found\n');
  // Before the page names it, or the client might ask for it already. A promise runs this application too.
  if (target === '/') hint(x, [{ target: '/style.css', as: 'style' }]);
  const [type, content] = resource;
  x.respond(200, ['content-type', `${type}; charset=utf-8`], content);
};

export default app;
