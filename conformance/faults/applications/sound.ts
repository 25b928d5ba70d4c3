/** Sound programs: under every case they pass, so that what a fault fails is its deviation. */
import { setTimeout as delay } from 'node:timers/promises';
import type { App, Exchange } from '../../../spec/msgi.ts';
import type { Wish } from '../../application/requests.ts';

const TEXT = ['content-type', 'text/plain; charset=utf-8'];

/** Reads all of a request that the program means to read. */
export async function contentOf(x: Exchange): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of x.body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

export const words: App = async x => {
  if (x.request.method === 'GET' || x.request.method === 'HEAD') return x.respond(200, TEXT, 'hello\n');
  const text = await contentOf(x);
  x.respond(200, TEXT, `${x.request.target}: ${text.split(/\s+/).length} words\n`);
};

export const echo: App = async x => {
  const out = x.start(200, TEXT);
  for await (const chunk of x.body) await out.write(Uint8Array.from(chunk));
  await out.end(['x-end', 'yes']);
};

/** Half a million octets, as the peer takes them. */
export const rows: App = async x => {
  const out = x.start(200, TEXT);
  for (let row = 0; row < 500 && (await out.ready()) > 0; row += 1) await out.write(`${row}`.padStart(1000, '.'));
  await out.end();
};

export const page: App = async x => {
  if (!x.push({ target: '/style.css' }, y => y.respond(200, TEXT, 'p {}'))) {
    x.inform(103, ['link', '</style.css>; rel=preload; as=style']);
  }
  x.respond(200, TEXT, 'a page\n');
};

/** Without an end of its own; a drain, or the end of the exchange, is one. */
export const ticks: App = async x => {
  const out = x.start(200, ['content-type', 'text/event-stream']);
  let on = true;
  const over = new Promise<void>(resolve => {
    x.watch(({ type }) => {
      if (type === 'priority') return;
      on = false;
      resolve();
    });
  });
  while (on && (await out.ready()) > 0) {
    await out.write('data: tick\n\n');
    await Promise.race([over, delay(20)]);
  }
  await out.end();
};

/** Answers, wants no more, and works on. */
export const later: App = async x => {
  x.respond(202, TEXT, 'later\n');
  x.body.stop();
  await delay(20);
};

const ROUTES: Readonly<Record<string, App>> = {
  '/words': words,
  '/echo': echo,
  '/rows': rows,
  '/page': page,
  '/ticks': ticks,
  '/later': later,
};

export const sound: App = x => (ROUTES[x.request.target] ?? words)(x);

export const SOUND_REQUESTS: readonly Wish[] = [
  'GET /',
  'HEAD /',
  'POST /words',
  'POST /echo',
  'GET /rows',
  'GET /page',
  'GET /ticks',
  'POST /later',
];
