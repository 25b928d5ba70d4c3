/** The board on Koa: a chain of middleware, with a router of our own, as Koa has none. */
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Context, Middleware, Next } from 'koa';
import { type Board, etagOf, newBoard, Refused } from './board.ts';
import { downloadOf, failed, filesOf, home, linksOf, listed, login, numberOf, summaryOf } from './pages.ts';

/** What a page is given: the context, what its path has at ":", and the board. */
type Page = (context: Context, board: Board, parameters: readonly string[]) => void | Promise<void>;

const COOKIE = 'board';

/** Serves what is below /board. */
export function boardOnKoa(): Middleware {
  const board = newBoard();
  const chain = [named(board), failing, squeezing, cors, dispatch(board)];
  return async (context, next) => {
    if (context.path !== '/board' && !context.path.startsWith('/board/')) return next();
    const step = (at: number): Promise<void> => Promise.resolve(chain[at]?.(context, () => step(at + 1)));
    await step(0);
  };
}

function named(board: Board) {
  return async (context: Context, next: Next): Promise<void> => {
    context.state = { request: board.nextRequest(), user: board.who(context.cookies.get(COOKIE)) };
    context.set('x-request-id', context.state['request']);
    await next();
  };
}

async function failing(context: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const { status = 500, details, message: text } = error as Refused;
    const message = status < 500 ? text : 'something is wrong here';
    context.status = status;
    const json = context.accepts('html', 'json') === 'json';
    context.body = json ? { error: message, details } : failed(context.state['request'], message);
  }
}

async function squeezing(context: Context, next: Next): Promise<void> {
  await next();
  const { body } = context;
  if (!/^(?:text\/|application\/json)/.test(context.response.get('content-type')) || !body) return;
  context.vary('accept-encoding');
  if (context.acceptsEncodings('gzip', 'identity') !== 'gzip' || context.method === 'HEAD') return;
  if (context.status !== 200 || (context.length ?? 1024) < 1024) return;
  const gzip = createGzip();
  if (body instanceof Readable) body.pipe(gzip);
  else gzip.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  context.set('content-encoding', 'gzip');
  context.remove('content-length');
  context.body = gzip;
}

async function cors(context: Context, next: Next): Promise<void> {
  const origin = context.get('origin');
  if (origin !== '') {
    context.vary('origin');
    context.set('access-control-allow-origin', origin);
  }
  if (context.method !== 'OPTIONS' || origin === '') return next();
  context.set({ 'access-control-allow-methods': 'GET, POST, PUT, DELETE', 'access-control-max-age': '600' });
  context.status = 204;
}

type Methods = Readonly<Record<string, Page>>;

/** The router: patterns of paths, and the methods of each. */
function dispatch(board: Board) {
  return async (context: Context): Promise<void> => {
    for (const [pattern, methods, open] of ROUTES) {
      const match = new RegExp(`^${pattern}$`).exec(context.path);
      if (match === null) continue;
      const page = methods[context.method === 'HEAD' ? 'GET' : context.method];
      if (!open && !wantsUser(context)) return;
      if (page !== undefined) return page(context, board, match.slice(1).map(decodeURIComponent));
      context.set('allow', Object.keys(methods).join(', '));
      context.status = 405;
      return;
    }
    throw new Refused(404, 'no such page');
  };
}

function wantsUser(context: Context): boolean {
  if (context.state['user'] !== null) return true;
  if (context.accepts('html', 'json') === 'json') throw new Refused(401, 'log in');
  context.redirect(`/board/login?from=${encodeURIComponent(context.originalUrl)}`);
  context.status = 303;
  return false;
}

async function contentOf(context: Context, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of context.req) {
    octets += (chunk as Buffer).length;
    if (octets <= most) chunks.push(chunk as Buffer);
  }
  if (octets > most) throw new Refused(413, 'that is too much');
  return Buffer.concat(chunks);
}

async function jsonOf(context: Context): Promise<unknown> {
  if (!context.is('json')) throw new Refused(415, 'notes come in JSON');
  const text = String(await contentOf(context, 100_000));
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, 'that is no JSON');
  }
}

const enter: Page = async (context, board) => {
  const form = new URLSearchParams(String(await contentOf(context, 10_000)));
  try {
    const value = board.enter(form.get('user') ?? '', form.get('password') ?? '');
    context.cookies.set(COOKIE, value, { httpOnly: true, sameSite: 'lax', path: '/board' });
    context.redirect('/board/notes');
    context.status = 303;
  } catch (error) {
    context.status = 401;
    context.body = login((error as Error).message);
  }
};

const list: Page = (context, board) => {
  const size = numberOf(context.query['size'], 10, 200);
  const page = board.list(numberOf(context.query['page'], 1, 1e6), size);
  context.vary('cookie');
  context.vary('accept');
  context.set('link', linksOf(page, size));
  const type = context.accepts('html', 'json');
  if (type === false) throw new Refused(406, 'pages are HTML or JSON');
  if (type === 'html') context.body = listed(context.state['user'], page);
  else context.body = { ...page, notes: page.notes.map(summaryOf) };
};

const add: Page = async (context, board) => {
  const note = board.add(context.state['user'], await jsonOf(context));
  context.status = 201;
  context.set('location', `/board/notes/${note.id}`);
  context.body = note;
};

const show: Page = (context, board, [id = '']) => {
  const note = board.note(id);
  context.etag = etagOf(note);
  context.body = note;
  if (context.fresh) context.status = 304;
};

const change: Page = async (context, board, [id = '']) => {
  const note = board.change(id, context.get('if-match') || undefined, await jsonOf(context));
  context.etag = etagOf(note);
  context.body = note;
};

const attach: Page = async (context, board, [id = '']) => {
  const form = await contentOf(context, 2_000_000);
  context.status = 201;
  context.body = { files: board.attach(id, filesOf(form, context.get('content-type'))) };
};

const download: Page = (context, board, [id = '', name = '']) => {
  const { status, headers, content } = downloadOf(board.file(id, name), context.get('range'));
  context.status = status;
  context.body = content;
  context.set(headers);
};

const ROUTES: readonly (readonly [string, Methods, open?: boolean])[] = [
  [
    '/board/?',
    {
      GET: context => {
        context.res.writeEarlyHints({ link: '</board/style.css>; rel=preload; as=style' });
        context.body = home();
      },
    },
    true,
  ],
  [
    '/board/login',
    {
      GET: context => {
        context.body = login();
      },
      POST: enter,
    },
    true,
  ],
  [
    '/board/logout',
    {
      POST: (context, board) => {
        board.leave(context.cookies.get(COOKIE));
        context.cookies.set(COOKIE, null, { path: '/board' });
        context.redirect('/board/login');
        context.status = 303;
      },
    },
    true,
  ],
  ['/board/notes', { GET: list, POST: add }],
  [
    '/board/notes/([^/]+)',
    {
      GET: show,
      PUT: change,
      DELETE: (context, board, [id = '']) => {
        board.remove(id);
        context.status = 204;
      },
    },
  ],
  ['/board/notes/([^/]+)/files', { POST: attach }],
  ['/board/notes/([^/]+)/files/([^/]+)', { GET: download }],
  [
    '/board/export.csv',
    {
      GET: (context, board) => {
        context.type = 'text/csv';
        context.attachment('notes.csv');
        context.body = Readable.from(board.lines(), { objectMode: false });
      },
    },
  ],
  ['/board/sum', { GET: sum }, true],
  [
    '/board/broken',
    {
      GET: () => {
        throw new TypeError('a view is missing');
      },
    },
    true,
  ],
];

/** Trailers are beyond Koa: it leaves the response alone where it is told so. */
function sum(context: Context, board: Board): void {
  context.respond = false;
  const { res } = context;
  res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', trailer: 'x-octets' });
  res.write('the sum comes last\n');
  res.addTrailers({ 'x-octets': String([...board.lines()].join('').length) });
  res.end();
}
