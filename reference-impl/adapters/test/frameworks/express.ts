/** The application on Express, 4 and 5. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type express from 'express';
import type { NextFunction, Request, Response } from 'express';
import type { NodeHandler } from '../../from-node.ts';
import { FILE, MOST_JSON } from './behaviour.ts';
import { boardOnExpress } from './board/express.ts';
import { failing, hashOf, readParts, slowly } from './by-hand.ts';
import type { World } from './world.ts';

type Express = typeof express;

/** `module`: what the package of either version exports. */
export function expressApp(module: Express, world: World): NodeHandler {
  const app = module();
  app.use((_request, response, next) => {
    response.set('x-middleware', 'in');
    next();
  });
  app.use('/static', module.static(world.directory, { fallthrough: true }));
  app.use('/board', boardOnExpress(module));
  app.use(pages(module), forms(module), streams(module, world));
  app.use((error: Error & { readonly status?: number }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status ?? 500).send(`sorry: ${error.message}`);
  });
  return app as unknown as NodeHandler;
}

function pages({ Router }: Express): express.Router {
  const router = Router();
  router.get('/', (_request, response) => void response.send('home'));
  router.get('/hello/:name', ({ params, query }, response) => {
    response.json({ name: params.name, greeting: query['greeting'] });
  });
  router.get('/seen', (request, response) => {
    const { method, path, hostname } = request;
    response.json({
      method,
      path,
      one: request.get('x-one'),
      accept: request.accepts('html') && 'text/html',
      hostname,
    });
  });
  router.get('/private', (request, response) => {
    if (request.get('authorization') === 'Bearer secret') response.send('private');
    else response.status(401).set('www-authenticate', 'Bearer').send('who are you?');
  });
  router.get('/cookies', (request, response) => {
    const visits = String(Number(/visits=(\d+)/.exec(request.get('cookie') ?? '')?.[1]) + 1);
    response.cookie('visits', visits, { httpOnly: true }).cookie('theme', 'dark').send(visits);
  });
  router.get('/redirect', (_request, response) => response.redirect('/hello/you'));
  router.delete('/item', (_request, response) => void response.sendStatus(204));
  router.options('/json', (_request, response) => void response.set('allow', 'POST').sendStatus(204));
  router.get('/error', () => {
    throw new Error('it fails');
  });
  router.get('/error/later', (_request, _response, next) => {
    setImmediate(() => next(new Error('it fails later')));
  });
  router.get('/old', (_request, response) => {
    response.set({ connection: 'close', 'keep-alive': 'timeout=5' }).send('of 2012');
  });
  return router;
}

function forms({ Router, json, urlencoded, raw }: Express): express.Router {
  const router = Router();
  router.post('/json', json({ limit: MOST_JSON }), (request, response) => void response.json({ got: request.body }));
  router.post('/form', urlencoded({ extended: true }), (request, response) => void response.json(request.body));
  router.post('/multipart', raw({ type: 'multipart/form-data' }), (request, response) => {
    response.json(readParts(request.body as Uint8Array, request.get('content-type') ?? ''));
  });
  router.put('/upload', (request, response, next) => {
    hashOf(request).then(sum => response.json(sum), next);
  });
  router.post('/echo', (request: IncomingMessage, response: Response) => {
    response.type('application/octet-stream');
    request.pipe(response);
  });
  return router;
}

function streams({ Router }: Express, world: World): express.Router {
  const router = Router();
  router.get('/stream', (_request, response) => void slowly().pipe(response));
  router.get('/broken', (_request, response) => void pipeline(failing(), response, () => {}));
  router.get('/compressed', (request, response) => {
    response.type('text/plain').vary('accept-encoding');
    if (request.acceptsEncodings('gzip', 'identity') !== 'gzip') return void response.send(FILE);
    const gzip = createGzip();
    gzip.pipe(response.set('content-encoding', 'gzip'));
    gzip.end(FILE);
  });
  router.get('/events', async (_request, response) => {
    let open = true;
    response.on('close', () => {
      open = false;
      world.left();
    });
    response.type('text/event-stream').flushHeaders();
    for (let id = 1; open; id += 1) {
      response.write(`data: event ${id}\n\n`);
      await world.tick();
    }
  });
  return router;
}
