/** What every framework's board shows and reads in the same way: pages, links, parts of files, forms in parts. */
import type { Attached, Note, Page } from './board.ts';

const escaped = (text: string): string => text.replace(/[&<>"]/g, one => `&#${one.charCodeAt(0)};`);

const pageOf = (title: string, content: string): string =>
  `<!doctype html><html lang="en"><head><title>${escaped(title)}</title></head><body>${content}</body></html>\n`;

export const home = (): string => pageOf('A board', '<h1>A board</h1><p><a href="/board/notes">Notes</a></p>');

export const login = (message = ''): string =>
  pageOf('Log in', `<p>${escaped(message)}</p><form method="post"><input name="user"><input name="password"></form>`);

export const listed = (user: string, { notes }: Page): string =>
  pageOf('Notes', `<p>${escaped(user)}</p><ul>${notes.map(({ title }) => `<li>${escaped(title)}</li>`).join('')}</ul>`);

export const failed = (request: string, message: string): string =>
  pageOf('An error', `<p>${escaped(message)}</p><p>${request}</p>`);

/** Of the field `link`, by which a client walks through the pages. */
export function linksOf({ page, pages }: Page, size: number): string {
  const to = (n: number, rel: string): string => `</board/notes?page=${n}&size=${size}>; rel="${rel}"`;
  const all = [
    to(1, 'first'),
    ...(page > 1 ? [to(page - 1, 'prev')] : []),
    ...(page < pages ? [to(page + 1, 'next')] : []),
  ];
  return [...all, to(pages, 'last')].join(', ');
}

/** Number of a query, within bounds. */
export const numberOf = (text: unknown, otherwise: number, most: number): number =>
  Math.min(most, /^\d+$/.test(String(text)) ? Number(text) : otherwise);

export const summaryOf = ({ id, title, author, version }: Note): unknown => ({ id, title, author, version });

/** A file for saving, in whole or in part (RFC 9110 §14). */
export interface Download {
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

export function downloadOf({ name, type, content }: Attached, range: string | undefined): Download {
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
  };
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '' && to === '') return { status: 200, headers, content };
  const start = from === '' ? Math.max(0, content.length - Number(to)) : Number(from);
  const end = from === '' || to === '' ? content.length - 1 : Math.min(content.length - 1, Number(to));
  if (start > end)
    return { status: 416, headers: { 'content-range': `bytes */${content.length}` }, content: Buffer.alloc(0) };
  const part = { ...headers, 'content-range': `bytes ${start}-${end}/${content.length}` };
  return { status: 206, headers: part, content: content.subarray(start, end + 1) };
}

/** The files of a form in parts. */
export function filesOf(form: Uint8Array, contentType: string): readonly Attached[] {
  const [, boundary = ''] = /boundary=(.+)$/.exec(contentType) ?? [];
  const parts = Buffer.from(form).toString('latin1').split(`--${boundary}`).slice(1, -1);
  return parts.flatMap(part => {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const [, name] = / filename="([^"]*)"/.exec(head) ?? [];
    const [, type = 'application/octet-stream'] = /content-type: ([^\r]*)/i.exec(head) ?? [];
    const content = Buffer.from(rest.join('\r\n\r\n').slice(0, -2), 'latin1');
    return name === undefined ? [] : [{ name: Buffer.from(name, 'latin1').toString(), type, content }];
  });
}

export function cookieOf(line: string | undefined, name: string): string | undefined {
  const pairs = (line ?? '').split(/; ?/).map(pair => pair.split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
