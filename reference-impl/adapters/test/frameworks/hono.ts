/** The application on Hono. */
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';
import { stream, streamSSE } from 'hono/streaming';
import { validator } from 'hono/validator';
import type { FetchHandler } from '../../from-fetch.ts';
import { FILE, MOST_JSON, sha256 } from './behaviour.ts';
import { boardOnHono } from './board/hono.ts';
import { failing, fileAnswer, hashOf, slowly } from './by-hand.ts';
import type { World } from './world.ts';

const web = (readable: Readable): ReadableStream => Readable.toWeb(readable) as ReadableStream;
const content = (body: ReadableStream | null): AsyncIterable<Uint8Array> =>
  (body ?? []) as unknown as AsyncIterable<Uint8Array>;

export function honoApp(world: World): FetchHandler {
  const app = new Hono();
  app.use(async (c, next) => {
    c.header('x-middleware', 'in');
    await next();
  });
  app.route('/board', boardOnHono());
  pages(app);
  forms(app);
  streams(app, world);
  app.get('/static/:name', c => {
    const { status, headers, content } = fileAnswer(world.directory, c.req.param('name'), c.req.method, name =>
      c.req.header(name),
    );
    return new Response(content === null ? null : web(content), { status, headers });
  });
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.text(`sorry: ${error.message}`, 500),
  );
  return request => app.fetch(request);
}

function pages(app: Hono): void {
  app.get('/', c => c.text('home'));
  app.get('/hello/:name', c => c.json({ name: c.req.param('name'), greeting: c.req.query('greeting') }));
  app.get('/seen', c => {
    const { hostname, pathname } = new URL(c.req.url);
    return c.json({
      method: c.req.method,
      path: pathname,
      one: c.req.header('x-one'),
      accept: c.req.header('accept'),
      hostname,
    });
  });
  app.get('/private', c => {
    if (c.req.header('authorization') === 'Bearer secret') return c.text('private');
    return c.text('who are you?', 401, { 'www-authenticate': 'Bearer' });
  });
  app.get('/cookies', c => {
    const visits = String(Number(getCookie(c, 'visits')) + 1);
    setCookie(c, 'visits', visits, { httpOnly: true, path: '/' });
    setCookie(c, 'theme', 'dark');
    return c.text(visits);
  });
  app.get('/redirect', c => c.redirect('/hello/you'));
  app.delete('/item', c => c.body(null, 204));
  app.options('/json', c => c.body(null, 204, { allow: 'POST' }));
  app.get('/error', () => {
    throw new Error('it fails');
  });
  app.get('/error/later', async () => {
    await new Promise(resolve => setImmediate(resolve));
    throw new Error('it fails later');
  });
  app.get('/old', c => c.text('of 2012', 200, { connection: 'close', 'keep-alive': 'timeout=5' }));
}

function forms(app: Hono): void {
  app.post(
    '/json',
    async (c, next) => {
      if (Number(c.req.header('content-length') ?? 0) > MOST_JSON) return c.text('too large', 413);
      if ((await c.req.text()).length > MOST_JSON) return c.text('too large', 413);
      return next();
    },
    validator('json', value => value),
    c => c.json({ got: c.req.valid('json') }),
  );
  app.post('/form', async c => c.json(await c.req.parseBody()));
  app.post('/multipart', async c => {
    const { title, file } = await c.req.parseBody();
    if (!(file instanceof File)) return c.text('no file', 400);
    const octets = new Uint8Array(await file.arrayBuffer());
    return c.json({ title, file: { name: file.name, octets: octets.length, sha256: sha256(octets) } });
  });
  app.put('/upload', async c => c.json(await hashOf(content(c.req.raw.body))));
  app.post('/echo', c => c.body(c.req.raw.body as ReadableStream, 200, { 'content-type': 'application/octet-stream' }));
}

function streams(app: Hono, world: World): void {
  app.get('/stream', c =>
    stream(c, async out => {
      for await (const piece of slowly()) await out.write(piece as Uint8Array);
    }),
  );
  app.get('/broken', () => new Response(web(failing())));
  app.get('/compressed', c => {
    c.header('vary', 'accept-encoding');
    if (c.req.header('accept-encoding') !== 'gzip') return c.text(FILE);
    c.header('content-encoding', 'gzip');
    const gzip = createGzip();
    gzip.end(FILE);
    return c.body(web(gzip));
  });
  app.get('/events', c =>
    streamSSE(c, async events => {
      events.onAbort(world.left);
      for (let id = 1; !events.aborted; id += 1) {
        await events.writeSSE({ data: `event ${id}` });
        await world.tick();
      }
    }),
  );
}
