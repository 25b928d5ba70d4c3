/** The board on Fastify: a plugin with a prefix, hooks, schemas and content type parsers of its own. */
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Board, etagOf, newBoard, Refused } from './board.ts';
import { cookieOf, downloadOf, failed, filesOf, home, linksOf, listed, login, numberOf, summaryOf } from './pages.ts';

/** What hooks leave for those behind them. */
interface Visit {
  readonly name: string;
  readonly user: string | null;
}
type Asked = FastifyRequest & { visit: Visit | null };

const COOKIE = 'board';
const HTML = 'text/html; charset=utf-8';

/** As a plugin, to be registered with the prefix /board. */
export async function boardOnFastify(app: FastifyInstance): Promise<void> {
  const board = newBoard();
  app.decorateRequest('visit', null);
  app.addHook('onRequest', async (request, reply) => {
    const visit = { name: board.nextRequest(), user: board.who(cookieOf(request.headers.cookie, COOKIE)) };
    (request as Asked).visit = visit;
    reply.header('x-request-id', visit.name);
  });
  app.addHook('onRequest', cors);
  app.addHook('onSend', squeeze);
  app.setErrorHandler(fail);
  app.get('/', (_request, reply) => {
    reply.raw.writeEarlyHints({ link: '</board/style.css>; rel=preload; as=style' });
    return reply.type(HTML).send(home());
  });
  app.options('/*', (_request, reply) => reply.code(404).send());
  sessions(app, board);
  app.get('/sum', (_request, reply) => {
    reply.trailer('x-octets', (_reply, _payload, done) => done(null, String([...board.lines()].join('').length)));
    return reply.type('text/plain; charset=utf-8').send('the sum comes last\n');
  });
  app.get('/broken', () => {
    throw new TypeError('a view is missing');
  });
  await app.register(async members => {
    members.addHook('preHandler', wantsUser);
    notes(members, board);
    files(members, board);
    members.get('/export.csv', (_request, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="notes.csv"')
        .send(Readable.from(board.lines(), { objectMode: false })),
    );
  });
}

const userOf = (request: FastifyRequest): string => String((request as Asked).visit?.user);
const wantsJson = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('json') === true;
const parameter = ({ params }: FastifyRequest, name: string): string =>
  (params as Readonly<Record<string, string>>)[name] ?? '';
const addVary = (reply: FastifyReply, name: string): void => {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? name : `${before}, ${name}`);
};

async function cors({ headers: { origin }, method }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (origin === undefined) return;
  addVary(reply, 'origin');
  reply.header('access-control-allow-origin', origin);
  if (method !== 'OPTIONS') return;
  reply.headers({ 'access-control-allow-methods': 'GET, POST, PUT, DELETE', 'access-control-max-age': '600' });
  return reply.code(204).send();
}

async function squeeze(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (!/^(?:text\/|application\/json)/.test(String(reply.getHeader('content-type') ?? ''))) return payload;
  addVary(reply, 'accept-encoding');
  const accepted = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!accepted || request.method === 'HEAD' || reply.statusCode !== 200) return payload;
  if (typeof payload === 'string' && payload.length < 1024) return payload;
  const gzip = createGzip();
  if (payload instanceof Readable) payload.pipe(gzip);
  else gzip.end(payload);
  reply.removeHeader('content-length');
  reply.header('content-encoding', 'gzip');
  return gzip;
}

function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode = 500, message: text, details } = error as Refused;
  const message = statusCode < 500 ? text : 'something is wrong here';
  reply.code(statusCode);
  if (wantsJson(request)) return reply.send({ error: message, details });
  return reply.type(HTML).send(failed(String((request as Asked).visit?.name), message));
}

async function wantsUser(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if ((request as Asked).visit?.user !== null) return;
  if (wantsJson(request)) throw new Refused(401, 'log in');
  return reply.redirect(`/board/login?from=${encodeURIComponent(request.originalUrl)}`, 303);
}

function sessions(app: FastifyInstance, board: Board): void {
  app.get('/login', (_request, reply) => reply.type(HTML).send(login()));
  app.post('/login', ({ body }, reply) => {
    const { user, password } = body as Readonly<Record<string, string>>;
    try {
      const value = board.enter(user, password);
      reply.header('set-cookie', `${COOKIE}=${value}; Path=/board; HttpOnly; SameSite=Lax`);
      return reply.redirect('/board/notes', 303);
    } catch (error) {
      return reply
        .code(401)
        .type(HTML)
        .send(login((error as Error).message));
    }
  });
  app.post('/logout', ({ headers }, reply) => {
    board.leave(cookieOf(headers.cookie, COOKIE));
    return reply.header('set-cookie', `${COOKIE}=; Path=/board; Max-Age=0`).redirect('/board/login', 303);
  });
}

function notes(app: FastifyInstance, board: Board): void {
  const json = { type: 'object' } as const;
  // Notes come in JSON: 415 for the rest.
  app.removeContentTypeParser('text/plain');
  app.get('/notes', (request, reply) => {
    const query = request.query as Readonly<Record<string, string>>;
    const size = numberOf(query['size'], 10, 200);
    const page = board.list(numberOf(query['page'], 1, 1e6), size);
    addVary(reply, 'cookie');
    addVary(reply, 'accept');
    reply.header('link', linksOf(page, size));
    if (wantsJson(request)) return reply.send({ ...page, notes: page.notes.map(summaryOf) });
    if (/html|\*\/\*/.test(request.headers.accept ?? '*/*'))
      return reply.type(HTML).send(listed(userOf(request), page));
    throw new Refused(406, 'pages are HTML or JSON');
  });
  app.post('/notes', { schema: { body: json } }, (request, reply) => {
    const note = board.add(userOf(request), request.body);
    return reply.code(201).header('location', `/board/notes/${note.id}`).send(note);
  });
  app.get('/notes/:id', (request, reply) => {
    const note = board.note(parameter(request, 'id'));
    reply.header('etag', etagOf(note));
    return request.headers['if-none-match'] === etagOf(note) ? reply.code(304).send() : reply.send(note);
  });
  app.put('/notes/:id', { schema: { body: json } }, (request, reply) => {
    const note = board.change(parameter(request, 'id'), request.headers['if-match'], request.body);
    return reply.header('etag', etagOf(note)).send(note);
  });
  app.delete('/notes/:id', (request, reply) => {
    board.remove(parameter(request, 'id'));
    return reply.code(204).send();
  });
  app.patch('/notes/:id', (_request, reply) => reply.code(405).header('allow', 'GET, HEAD, PUT, DELETE').send());
}

function files(app: FastifyInstance, board: Board): void {
  app.removeContentTypeParser('multipart/form-data');
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: 2_000_000 },
    (_request, octets, done) => done(null, octets),
  );
  app.post('/notes/:id/files', { bodyLimit: 2_000_000 }, (request, reply) => {
    const given = filesOf(request.body as Buffer, request.headers['content-type'] ?? '');
    return reply.code(201).send({ files: board.attach(parameter(request, 'id'), given) });
  });
  app.get('/notes/:id/files/:name', (request, reply) => {
    const file = board.file(parameter(request, 'id'), parameter(request, 'name'));
    const { status, headers, content } = downloadOf(file, request.headers.range);
    return reply.code(status).headers(headers).send(content);
  });
}
