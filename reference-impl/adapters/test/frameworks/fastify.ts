/** The application on Fastify. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { createGzip } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import type { NodeHandler } from '../../from-node.ts';
import { FILE, MOST_JSON } from './behaviour.ts';
import { boardOnFastify } from './board/fastify.ts';
import { failing, fileAnswer, hashOf, readParts, slowly } from './by-hand.ts';
import type { World } from './world.ts';

/** By `routing`, as serverless hosts run it: no server of its own. */
export async function fastifyApp(world: World): Promise<NodeHandler> {
  const app = fastify();
  app.addHook('onRequest', async (_request, reply) => void reply.header('x-middleware', 'in'));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send(`sorry: ${error.message}`),
  );
  pages(app);
  forms(app);
  streams(app, world);
  app.get<{ readonly Params: { readonly name: string } }>('/static/:name', (request, reply) => {
    // For HEAD, Fastify drops the content, and wants it for the length.
    const asked = (name: string): string | undefined => request.headers[name] as string | undefined;
    const { status, headers, content } = fileAnswer(world.directory, request.params.name, 'GET', asked);
    return reply.code(status).headers(headers).send(content);
  });
  await app.register(boardOnFastify, { prefix: '/board' });
  await app.ready();
  return (request: IncomingMessage, response: ServerResponse) => app.routing(request, response);
}

function pages(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.send('home'));
  app.get('/hello/:name', ({ params, query }) => ({
    name: (params as { readonly name: string }).name,
    greeting: (query as { readonly greeting: string }).greeting,
  }));
  app.get('/seen', ({ method, url, headers, hostname }) => ({
    method,
    path: url.split('?')[0],
    one: headers['x-one'],
    accept: headers.accept,
    hostname,
  }));
  app.get('/private', (request, reply) => {
    if (request.headers.authorization === 'Bearer secret') return reply.send('private');
    return reply.code(401).header('www-authenticate', 'Bearer').send('who are you?');
  });
  app.get('/cookies', (request, reply) => {
    const visits = String(Number(/visits=(\d+)/.exec(request.headers.cookie ?? '')?.[1]) + 1);
    return reply.header('set-cookie', [`visits=${visits}; HttpOnly`, 'theme=dark']).send(visits);
  });
  app.get('/redirect', (_request, reply) => reply.redirect('/hello/you'));
  app.delete('/item', (_request, reply) => reply.code(204).send());
  app.options('/json', (_request, reply) => reply.code(204).header('allow', 'POST').send());
  app.get('/error', () => {
    throw new Error('it fails');
  });
  app.get('/error/later', async () => {
    await new Promise(resolve => setImmediate(resolve));
    throw new Error('it fails later');
  });
  app.get('/old', (_request, reply) =>
    reply.headers({ connection: 'close', 'keep-alive': 'timeout=5' }).send('of 2012'),
  );
}

function forms(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(text)))),
  );
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (request, octets, done) =>
    done(null, readParts(octets as Buffer, request.headers['content-type'] ?? '')),
  );
  // Left to the handler, which reads the stream.
  app.addContentTypeParser('application/octet-stream', (_request, content, done) => done(null, content));
  app.post('/json', { bodyLimit: MOST_JSON }, ({ body }) => ({ got: body }));
  app.post('/form', ({ body }) => body);
  app.post('/multipart', ({ body }) => body);
  app.put('/upload', ({ body }) => hashOf((body ?? []) as AsyncIterable<Uint8Array>));
  app.post('/echo', ({ body }, reply) => reply.type('application/octet-stream').send(body));
}

function streams(app: FastifyInstance, world: World): void {
  app.get('/stream', (_request, reply) => reply.type('application/octet-stream').send(slowly()));
  app.get('/broken', (_request, reply) => reply.type('application/octet-stream').send(failing()));
  app.get('/compressed', (request, reply) => {
    reply.type('text/plain').header('vary', 'accept-encoding');
    if (request.headers['accept-encoding'] !== 'gzip') return reply.send(FILE);
    const gzip = createGzip();
    gzip.end(FILE);
    return reply.header('content-encoding', 'gzip').send(gzip);
  });
  app.get('/events', (_request, reply) => {
    const events = new PassThrough();
    void sendEvents(events, reply.raw, world);
    return reply.type('text/event-stream').send(events);
  });
}

async function sendEvents(events: PassThrough, response: ServerResponse, world: World): Promise<void> {
  let open = true;
  response.on('close', () => {
    open = false;
    world.left();
  });
  for (let id = 1; open; id += 1) {
    events.write(`data: event ${id}\n\n`);
    await world.tick();
  }
}
