/** The board on Hono: applications mounted in applications, with the middleware that Hono brings. */
import { Readable } from 'node:stream';
import { type Context, Hono, type Next } from 'hono';
import { accepts } from 'hono/accepts';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Board, etagOf, newBoard, Refused } from './board.ts';
import { downloadOf, failed, home, linksOf, listed, login, numberOf, summaryOf } from './pages.ts';

/** What middleware leaves for those behind it. */
interface Env {
  readonly Variables: { request: string; user: string | null };
}
type Page = Context<Env>;

const COOKIE = 'board';

/** To be mounted at /board. */
export function boardOnHono(): Hono<Env> {
  const board = newBoard();
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    c.set('request', board.nextRequest());
    c.set('user', board.who(getCookie(c, COOKIE)));
    c.header('x-request-id', c.get('request'));
    await next();
  });
  app.use(compress());
  app.use(cors({ origin: origin => origin, allowMethods: ['GET', 'POST', 'PUT', 'DELETE'], maxAge: 600 }));
  app.get('/', c => c.html(home()));
  sessions(app, board);
  app.use('/notes/*', wantsUser);
  app.route('/notes', notes(board));
  app.get('/export.csv', wantsUser, c =>
    c.body(Readable.toWeb(Readable.from(board.lines(), { objectMode: false })) as ReadableStream, 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="notes.csv"',
    }),
  );
  app.get('/broken', () => {
    throw new TypeError('a view is missing');
  });
  app.onError(fail);
  return app;
}

const wantsJson = (c: Page): boolean =>
  accepts(c, { header: 'Accept', supports: ['text/html', 'application/json'], default: 'text/html' }) ===
  'application/json';

function fail(error: Error, c: Page): Response | Promise<Response> {
  if (error instanceof HTTPException) return error.getResponse();
  const { status = 500, details } = error as Partial<Refused>;
  const message = status < 500 ? error.message : 'something is wrong here';
  const code = status as ContentfulStatusCode;
  return wantsJson(c) ? c.json({ error: message, details }, code) : c.html(failed(c.get('request'), message), code);
}

async function wantsUser(c: Page, next: Next): Promise<Response | undefined> {
  if (c.get('user') === null) {
    if (wantsJson(c)) throw new Refused(401, 'log in');
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(`/board/login?from=${encodeURIComponent(pathname + search)}`, 303);
  }
  await next();
  return undefined;
}

function sessions(app: Hono<Env>, board: Board): void {
  app.get('/login', c => c.html(login()));
  app.post('/login', async c => {
    const { user, password } = (await c.req.parseBody()) as Record<string, string>;
    try {
      setCookie(c, COOKIE, board.enter(user, password), { httpOnly: true, sameSite: 'Lax', path: '/board' });
      return c.redirect('/board/notes', 303);
    } catch (error) {
      return c.html(login((error as Error).message), 401);
    }
  });
  app.post('/logout', c => {
    board.leave(getCookie(c, COOKIE));
    deleteCookie(c, COOKIE, { path: '/board' });
    return c.redirect('/board/login', 303);
  });
}

async function jsonOf(c: Page): Promise<unknown> {
  if (!/^application\/json/.test(c.req.header('content-type') ?? '')) throw new Refused(415, 'notes come in JSON');
  try {
    return await c.req.json();
  } catch {
    throw new Refused(400, 'that is no JSON');
  }
}

function notes(board: Board): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', c => {
    const size = numberOf(c.req.query('size'), 10, 200);
    const page = board.list(numberOf(c.req.query('page'), 1, 1e6), size);
    c.header('vary', 'cookie, accept', { append: true });
    c.header('link', linksOf(page, size));
    if (wantsJson(c)) return c.json({ ...page, notes: page.notes.map(summaryOf) });
    if (/html|\*\/\*/.test(c.req.header('accept') ?? '*/*')) return c.html(listed(String(c.get('user')), page));
    throw new Refused(406, 'pages are HTML or JSON');
  });
  app.post('/', async c => {
    const note = board.add(String(c.get('user')), await jsonOf(c));
    return c.json(note, 201, { location: `/board/notes/${note.id}` });
  });
  app.get('/:id', c => {
    const note = board.note(c.req.param('id'));
    const headers = { etag: etagOf(note) };
    return c.req.header('if-none-match') === etagOf(note) ? c.body(null, 304, headers) : c.json(note, 200, headers);
  });
  app.put('/:id', async c => {
    const note = board.change(c.req.param('id'), c.req.header('if-match'), await jsonOf(c));
    return c.json(note, 200, { etag: etagOf(note) });
  });
  app.delete('/:id', c => {
    board.remove(c.req.param('id'));
    return c.body(null, 204);
  });
  app.all('/:id', c => c.text('not here', 405, { allow: 'GET, HEAD, PUT, DELETE' }));
  files(app, board);
  return app;
}

function files(app: Hono<Env>, board: Board): void {
  app.post('/:id/files', bodyLimit({ maxSize: 2_000_000 }), async c => {
    const form = await c.req.parseBody({ all: true });
    const given = [form['file']].flat().filter(one => one instanceof File);
    const read = given.map(async one => ({
      name: one.name,
      type: one.type,
      content: Buffer.from(await one.arrayBuffer()),
    }));
    return c.json({ files: board.attach(c.req.param('id'), await Promise.all(read)) }, 201);
  });
  app.get('/:id/files/:name', c => {
    const file = board.file(c.req.param('id'), c.req.param('name'));
    const { status, headers, content } = downloadOf(file, c.req.header('range'));
    return new Response(new Uint8Array(content), { status, headers });
  });
}
