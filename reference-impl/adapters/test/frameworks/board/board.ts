/** A board of notes, whatever framework it stands on: users, sessions, notes with versions and files, and what refuses. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Note {
  readonly id: number;
  readonly title: string;
  readonly text: string;
  readonly author: string;
  readonly version: number;
}

export interface Attached {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface Page {
  readonly notes: readonly Note[];
  readonly page: number;
  readonly pages: number;
}

export interface Board {
  /** The value of a session's cookie, signed. Throws Refused 401. */
  enter(user: string | undefined, password: string | undefined): string;
  /** Whose session that is; null where it is none, or not signed by us. */
  who(cookie: string | undefined): string | null;
  leave(cookie: string | undefined): void;
  list(page: number, size: number): Page;
  /** The methods below throw Refused: 404, 412, 422 and 428. */
  note(id: string): Note;
  add(author: string, given: unknown): Note;
  change(id: string, ifMatch: string | undefined, given: unknown): Note;
  remove(id: string): void;
  attach(id: string, files: readonly Attached[]): readonly string[];
  file(id: string, name: string): Attached;
  /** Lines of CSV, one for each note and day; those of a note come together. */
  lines(): Generator<string>;
  /** A name for the next request. */
  nextRequest(): string;
}

/** What a user has done wrong. Frameworks look for one or the other member, as http-errors has them. */
export class Refused extends Error {
  readonly status: number;
  readonly statusCode: number;
  readonly details: Readonly<Record<string, string>>;

  constructor(status: number, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.statusCode = status;
    this.details = details;
  }
}

const SECRET = 'of the tests alone';
const PASSWORDS: Readonly<Record<string, string>> = { ada: 'lovelace', grace: 'hopper' };
const SEEDS = 120;
/** Of the export: half a megabyte of lines. */
const DAYS = 100;

export function newBoard(): Board {
  const notes = new Map<number, Note>();
  const files = new Map<number, Map<string, Attached>>();
  const sessions = new Map<string, string>();
  let requests = 0;
  let visits = 0;
  let next = 1;

  const save = (note: Note): Note => {
    notes.set(note.id, note);
    return note;
  };
  const create = (author: string, title: string, text: string): Note => {
    const note = save({ id: next, title, text, author, version: 1 });
    next += 1;
    return note;
  };
  const find = (id: string): Note => {
    const note = /^\d+$/.test(id) ? notes.get(Number(id)) : undefined;
    if (note === undefined) throw new Refused(404, 'no such note');
    return note;
  };
  for (let n = 1; n <= SEEDS; n += 1)
    create(n % 3 === 0 ? 'ada' : 'grace', `Note ${n}`, `the text of ${n}, `.repeat(n));

  return {
    enter(user = '', password = '') {
      if (PASSWORDS[user] !== password) throw new Refused(401, 'user or password is wrong');
      visits += 1;
      const session = `s${visits}`;
      sessions.set(session, user);
      return `${session}.${signatureOf(session)}`;
    },
    who: cookie => sessions.get(sessionOf(cookie)) ?? null,
    leave: cookie => void sessions.delete(sessionOf(cookie)),
    list(page, size) {
      const all = [...notes.values()];
      const pages = Math.max(1, Math.ceil(all.length / size));
      if (!(page >= 1 && page <= pages)) throw new Refused(404, 'no such page');
      return { notes: all.slice((page - 1) * size, page * size), page, pages };
    },
    note: find,
    add(author, given) {
      const { title, text } = checked(given);
      return create(author, title, text);
    },
    change(id, ifMatch, given) {
      const note = find(id);
      if (ifMatch === undefined) throw new Refused(428, 'say which version you know');
      if (ifMatch !== etagOf(note)) throw new Refused(412, 'somebody was here before you');
      return save({ ...note, ...checked(given), version: note.version + 1 });
    },
    remove(id) {
      const note = find(id);
      notes.delete(note.id);
      files.delete(note.id);
    },
    attach(id, given) {
      const { id: key } = find(id);
      const own = files.get(key) ?? new Map<string, Attached>();
      files.set(key, own);
      if (given.length === 0) throw new Refused(422, 'no file is given', { files: 'missing' });
      for (const file of given) own.set(file.name, file);
      return given.map(({ name }) => name);
    },
    file(id, name) {
      const file = files.get(find(id).id)?.get(name);
      if (file === undefined) throw new Refused(404, 'no such file');
      return file;
    },
    *lines() {
      yield 'id,day,title,octets\n';
      for (const { id, title, text } of notes.values()) {
        yield Array.from({ length: DAYS }, (_, day) => `${id},${day + 1},"${title}",${text.length}\n`).join('');
      }
    },
    nextRequest() {
      requests += 1;
      return `r-${requests}`;
    },
  };
}

export const etagOf = ({ id, version }: Note): string => `"${id}-${version}"`;

function signatureOf(session: string): string {
  return createHmac('sha256', SECRET).update(session).digest('base64url');
}

/** The session that a cookie names, "" where its signature is not ours. */
function sessionOf(cookie = ''): string {
  const [session = '', signature = ''] = cookie.split('.');
  const [given, own] = [Buffer.from(signature), Buffer.from(signatureOf(session))];
  return given.length === own.length && timingSafeEqual(given, own) ? session : '';
}

function checked(given: unknown): Pick<Note, 'title' | 'text'> {
  const { title, text } = (given ?? {}) as Readonly<Record<string, unknown>>;
  const details = {
    ...((typeof title !== 'string' || title.trim() === '') && { title: 'a title is a text that is not empty' }),
    ...((typeof text !== 'string' || text.length > 5000) && { text: 'a text has 5,000 characters at most' }),
  };
  if (Object.keys(details).length > 0) throw new Refused(422, 'that is no note', details);
  return { title: title as string, text: text as string };
}
