/** Applications that do not mind back-pressure, the version of their peer, or whose memory it is. */
import { setTimeout as delay } from 'node:timers/promises';
import type { App, Exchange } from '../../../spec/msgi.ts';
import type { ApplicationFault } from './fault.ts';
import { contentOf, words } from './sound.ts';

const TEXT = ['content-type', 'text/plain'];
const POST = [{ method: 'POST', target: '/', content: 'some content, '.repeat(20) }];

/** Answers where the capability is there. */
function depends(has: (x: Exchange) => boolean): App {
  return async x => {
    if (x.request.method === 'POST') await contentOf(x);
    if (!has(x)) throw new Error('not supported');
    x.respond(200, TEXT, 'hello\n');
  };
}

export default [
  {
    id: 'app-flow/writes-all-at-once',
    deviation: 'The application writes all of its response without awaiting any of it.',
    clause: 'MSGI-FLOW-27',
    fails: ['app-flow/awaits-write'],
    seen: /with \d+ octets waiting, and awaits none of them/,
    requests: ['GET /'],
    app: async x => {
      const out = x.start(200, TEXT);
      for (let i = 0; i < 2000; i += 1) void out.write('a row of the table\n'.repeat(50));
      await out.end();
    },
  },
  {
    id: 'app-flow/works-on-without-stop',
    deviation: 'The application answers at once and works on, and leaves what the peer sends to nobody.',
    clause: 'MSGI-APP-8',
    fails: ['app-flow/unwanted-content-is-stopped'],
    seen: /nobody reads or stops what the peer goes on sending/,
    requests: ['POST /'],
    app: async x => {
      x.respond(202);
      await delay(1500);
    },
  },
  {
    id: 'app-memory/one-buffer-for-all',
    deviation: 'The application writes each row from the same buffer.',
    clause: 'MSGI-DATA-5',
    fails: ['app-memory/given-chunks-stay'],
    seen: /a chunk was changed, or transferred/,
    requests: ['GET /'],
    app: async x => {
      const row = new Uint8Array(100);
      const out = x.start(200, TEXT);
      for (let i = 0; i < 40; i += 1) await out.write(row.fill(48 + (i % 10)));
      await out.end();
    },
  },
  {
    id: 'app-memory/sends-the-whole-buffer',
    deviation: 'The application takes the buffer of a chunk for the chunk.',
    clause: 'MSGI-DATA-7',
    fails: ['app-memory/buffers-of-chunks'],
    seen: /octets around a chunk, in its buffer, were sent/,
    requests: POST,
    app: async x => {
      const out = x.start(200, TEXT);
      for await (const chunk of x.body) await out.write(new Uint8Array(chunk.buffer));
      await out.end();
    },
  },
  {
    id: 'app-memory/transfers-the-buffer',
    deviation: 'The application transfers the buffer of each chunk to another thread.',
    clause: 'MSGI-DATA-7',
    fails: ['app-memory/buffers-of-chunks'],
    seen: /the buffer of a chunk was transferred/,
    requests: POST,
    app: async x => {
      for await (const { buffer } of x.body) structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
      x.respond(200, TEXT, 'moved\n');
    },
  },
  {
    id: 'app-versions/pushes-or-fails',
    deviation: 'The application takes it for a failure that its promise is not taken.',
    clause: 'MSGI-CAPS-5',
    fails: ['app-versions/without-push', 'app-versions/http-1-1', 'app-versions/http-1-0'],
    seen: /rejects with Error: not supported/,
    app: depends(x => x.push({ target: '/style.css' }, y => y.respond(200, TEXT, 'p {}'))),
  },
  {
    id: 'app-versions/informs-or-fails',
    deviation: 'The application takes it for a failure that an informational response is not sent.',
    clause: 'MSGI-CAPS-5',
    fails: ['app-versions/without-informational', 'app-versions/http-1-0'],
    seen: /rejects with Error: not supported/,
    app: depends(x => x.inform(103, ['link', '</style.css>; rel=preload; as=style'])),
  },
  {
    id: 'app-versions/needs-trailers',
    deviation: 'The application fails where its trailers would be dropped.',
    clause: 'MSGI-CAPS-5',
    fails: ['app-versions/http-1-1', 'app-versions/http-1-0'],
    seen: /rejects with Error: not supported/,
    app: depends(x => x.caps.trailers),
  },
  {
    id: 'app-drain/ticks-on',
    deviation: 'The application does not listen for the notice of a drain.',
    clause: 'MSGI-APP-7',
    fails: ['app-drain/long-responses-end'],
    seen: /goes on \d+ ms after the notice "drain"/,
    requests: ['GET /'],
    app: async x => {
      if (x.request.method !== 'GET') return words(x);
      const out = x.start(200, TEXT);
      while ((await out.ready()) > 0) {
        await out.write('tick\n');
        await delay(20);
      }
      await out.end();
    },
  },
] satisfies readonly ApplicationFault[];
