/** The application on Koa. */
import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import { PassThrough } from 'node:stream';
import { createGzip } from 'node:zlib';
import Koa, { type Context, type Next } from 'koa';
import type { NodeHandler } from '../../from-node.ts';
import { FILE, MOST_JSON } from './behaviour.ts';
import { boardOnKoa } from './board/koa.ts';
import { failing, fileAnswer, hashOf, readParts, slowly } from './by-hand.ts';
import type { World } from './world.ts';

type Page = (context: Context) => void | Promise<void>;

export function koaApp(world: World): NodeHandler {
  const app = new Koa();
  // Koa prints the failures that it answers for.
  app.silent = true;
  app.use(async (context, next) => {
    context.set('x-middleware', 'in');
    await next();
  });
  app.use(failures);
  app.use(boardOnKoa());
  app.use(files(world));
  const routes: Readonly<Record<string, Page>> = { ...PAGES, ...FORMS, ...streams(world) };
  app.use(async (context, next) => {
    const method = context.method === 'HEAD' ? 'GET' : context.method;
    await (routes[`${method} ${context.path}`] ?? next)(context);
  });
  app.use(context => {
    const [, name] = /^\/hello\/([^/]+)$/.exec(context.path) ?? [];
    if (name !== undefined) context.body = { name: decodeURIComponent(name), greeting: context.query['greeting'] };
  });
  return app.callback();
}

async function failures(context: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const { status, message } = error as Error & { readonly status?: number };
    context.status = status ?? 500;
    context.body = `sorry: ${message}`;
  }
}

function files({ directory }: World) {
  return async (context: Context, next: Next): Promise<void> => {
    const [, name] = /^\/static\/([^/]+)$/.exec(context.path) ?? [];
    if (name === undefined) return next();
    const { status, headers, content } = fileAnswer(directory, name, context.method, field => context.get(field));
    context.status = status;
    if (content !== null) context.body = content;
    context.set(headers);
  };
}

const PAGES: Readonly<Record<string, Page>> = {
  'GET /': context => {
    context.body = 'home';
  },
  'GET /seen': context => {
    const { method, path, hostname } = context;
    context.body = { method, path, one: context.get('x-one'), accept: context.accepts('text/html'), hostname };
  },
  'GET /private': context => {
    if (context.get('authorization') === 'Bearer secret') context.body = 'private';
    else {
      context.status = 401;
      context.set('www-authenticate', 'Bearer');
    }
  },
  'GET /cookies': context => {
    const visits = String(Number(context.cookies.get('visits')) + 1);
    context.cookies.set('visits', visits);
    context.cookies.set('theme', 'dark');
    context.body = visits;
  },
  'GET /redirect': context => context.redirect('/hello/you'),
  'DELETE /item': context => {
    context.status = 204;
  },
  'OPTIONS /json': context => {
    context.status = 204;
    context.set('allow', 'POST');
  },
  'GET /error': () => {
    throw new Error('it fails');
  },
  'GET /error/later': async () => {
    await new Promise(resolve => setImmediate(resolve));
    throw new Error('it fails later');
  },
  'GET /old': context => {
    context.set({ connection: 'close', 'keep-alive': 'timeout=5' });
    context.body = 'of 2012';
  },
};

/** Koa leaves content to others. */
async function contentOf(context: Context, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of context.req) {
    octets += (chunk as Buffer).length;
    if (octets <= most) chunks.push(chunk as Buffer);
  }
  if (octets > most) context.throw(413);
  return Buffer.concat(chunks);
}

const FORMS: Readonly<Record<string, Page>> = {
  'POST /json': async context => {
    const text = String(await contentOf(context, MOST_JSON));
    try {
      context.body = { got: JSON.parse(text) };
    } catch {
      context.throw(400);
    }
  },
  'POST /form': async context => {
    context.body = Object.fromEntries(new URLSearchParams(String(await contentOf(context))));
  },
  'POST /multipart': async context => {
    context.body = readParts(await contentOf(context), context.get('content-type'));
  },
  'PUT /upload': async context => {
    context.body = await hashOf(context.req);
  },
  'POST /echo': context => {
    context.type = 'application/octet-stream';
    context.body = context.req;
  },
};

function streams(world: World): Readonly<Record<string, Page>> {
  return {
    'GET /stream': context => {
      context.body = slowly();
    },
    'GET /broken': context => {
      // Behind the head Koa leaves it to the application to end what has failed.
      context.body = failing().on('error', () => destroy(context.res));
    },
    'GET /compressed': context => {
      context.vary('accept-encoding');
      context.type = 'text/plain';
      if (context.acceptsEncodings('gzip', 'identity') !== 'gzip') {
        context.body = FILE;
        return;
      }
      context.set('content-encoding', 'gzip');
      const gzip = createGzip();
      gzip.end(FILE);
      context.body = gzip;
    },
    'GET /events': context => {
      const events = new PassThrough();
      context.type = 'text/event-stream';
      context.body = events;
      void sendEvents(events, context, world);
    },
  };
}

/** The response of node:http2 has its stream for that. */
function destroy(response: ServerResponse): void {
  const { stream } = response as unknown as Http2ServerResponse;
  if (stream === undefined) response.destroy();
  else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

async function sendEvents(events: PassThrough, context: Context, world: World): Promise<void> {
  let open = true;
  context.res.on('close', () => {
    open = false;
    events.end();
    world.left();
  });
  for (let id = 1; open; id += 1) {
    events.write(`data: event ${id}\n\n`);
    await world.tick();
  }
}
