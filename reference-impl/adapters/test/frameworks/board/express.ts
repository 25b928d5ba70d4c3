/** The board on Express, 4 and 5: routers in routers, middleware, parsers and views of its own. */
import { Readable } from 'node:stream';
import type express from 'express';
import type { NextFunction, Request, Response } from 'express';
import { type Board, etagOf, newBoard, Refused } from './board.ts';
import { cookieOf, downloadOf, failed, filesOf, home, linksOf, listed, login, numberOf, summaryOf } from './pages.ts';
import { squeezed } from './squeezed.ts';

type Express = typeof express;
/** What middleware leaves for those behind it. */
interface Locals {
  request: string;
  user: string | null;
}
type Answer = Response<unknown, Locals & Record<string, unknown>>;

const COOKIE = 'board';

export function boardOnExpress(module: Express): express.Router {
  const board = newBoard();
  const router = module.Router();
  router.use((request: Request, response: Answer, next: NextFunction) => {
    response.locals.request = board.nextRequest();
    response.locals.user = board.who(cookieOf(request.get('cookie'), COOKIE));
    response.set('x-request-id', response.locals.request);
    next();
  });
  router.use(squeezed, cors);
  router.get('/', (_request, response) => {
    response.writeEarlyHints({ link: '</board/style.css>; rel=preload; as=style' });
    response.type('html').send(home());
  });
  sessions(module, router, board);
  router.use('/notes', wantsUser, notes(module, board));
  router.get('/export.csv', wantsUser, (_request, response) => {
    response.type('text/csv').attachment('notes.csv');
    Readable.from(board.lines(), { objectMode: false }).pipe(response);
  });
  router.get('/sum', (_request, response) => {
    response.set('trailer', 'x-octets').type('text').write('the sum comes last\n');
    response.addTrailers({ 'x-octets': String([...board.lines()].join('').length) });
    response.end();
  });
  router.get('/broken', () => {
    throw new TypeError('a view is missing');
  });
  router.use(fails);
  return router;
}

function cors(request: Request, response: Answer, next: NextFunction): void {
  const origin = request.get('origin');
  if (origin !== undefined) response.vary('origin').set('access-control-allow-origin', origin);
  if (request.method !== 'OPTIONS' || origin === undefined) {
    next();
    return;
  }
  response.set({ 'access-control-allow-methods': 'GET, POST, PUT, DELETE', 'access-control-max-age': '600' });
  response.sendStatus(204);
}

function sessions({ urlencoded }: Express, router: express.Router, board: Board): void {
  const form = urlencoded({ extended: false });
  router.get('/login', (_request, response) => void response.type('html').send(login()));
  router.post('/login', form, (request, response) => {
    const { user, password } = request.body as Record<string, string>;
    try {
      const value = board.enter(user, password);
      response.cookie(COOKIE, value, { httpOnly: true, sameSite: 'lax', path: '/board' }).redirect(303, '/board/notes');
    } catch (error) {
      response.status(401).send(login((error as Error).message));
    }
  });
  router.post('/logout', (request, response) => {
    board.leave(cookieOf(request.get('cookie'), COOKIE));
    response.clearCookie(COOKIE, { path: '/board' }).redirect(303, '/board/login');
  });
}

function wantsUser(request: Request, response: Answer, next: NextFunction): void {
  if (response.locals.user !== null) next();
  else if (request.accepts(['html', 'json']) === 'json') throw new Refused(401, 'log in');
  else response.redirect(303, `/board/login?from=${encodeURIComponent(request.originalUrl)}`);
}

function notes({ Router, json, raw }: Express, board: Board): express.Router {
  const router = Router();
  router
    .route('/')
    .get((request: Request, response: Answer) => {
      const size = numberOf(request.query['size'], 10, 200);
      const page = board.list(numberOf(request.query['page'], 1, 1e6), size);
      response.vary('cookie').set('link', linksOf(page, size));
      response.format({
        html: () => void response.send(listed(String(response.locals.user), page)),
        json: () => void response.json({ ...page, notes: page.notes.map(summaryOf) }),
      });
    })
    .post(json(), (request: Request, response: Answer) => {
      if (!request.is('json')) throw new Refused(415, 'notes come in JSON');
      const note = board.add(String(response.locals.user), request.body);
      response.status(201).location(`/board/notes/${note.id}`).json(note);
    });
  router
    .route('/:id')
    .get((request, response) => {
      const note = board.note(request.params.id);
      response.set('etag', etagOf(note)).json(note);
    })
    .put(json(), (request, response) => {
      const note = board.change(request.params.id, request.get('if-match'), request.body);
      response.set('etag', etagOf(note)).json(note);
    })
    .delete((request, response) => {
      board.remove(request.params.id);
      response.status(204).end();
    })
    .all((_request, response) => void response.set('allow', 'GET, HEAD, PUT, DELETE').sendStatus(405));
  router.use('/:id/files', files(Router, raw, board));
  return router;
}

function files(Router: Express['Router'], raw: Express['raw'], board: Board): express.Router {
  const router = Router({ mergeParams: true });
  router.post('/', raw({ type: 'multipart/form-data', limit: '2mb' }), (request: Request<{ id: string }>, response) => {
    const given = filesOf(request.body as Buffer, request.get('content-type') ?? '');
    response.status(201).json({ files: board.attach(request.params.id, given) });
  });
  router.get('/:name', (request: Request<{ id: string; name: string }>, response) => {
    const file = board.file(request.params.id, request.params.name);
    const { status, headers, content } = downloadOf(file, request.get('range'));
    response.status(status).set(headers).send(content);
  });
  return router;
}

/** With four parameters: Express knows it by that. */
function fails(error: Error, request: Request, response: Answer, _next: NextFunction): void {
  const { status = 500, details } = error as Partial<Refused>;
  const message = status < 500 ? error.message : 'something is wrong here';
  response.status(status);
  if (request.accepts(['html', 'json']) === 'json') response.json({ error: message, details });
  else response.send(failed(response.locals.request, message));
}
