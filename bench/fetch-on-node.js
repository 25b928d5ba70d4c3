/** The Fetch handler on the compatibility API of node:http2, by the least that does so. */
import { createServer } from 'node:http2';
import { Readable } from 'node:stream';
import handler from './fetch-handler.js';

const server = createServer((request, response) => {
  // Who has left in the middle of an upload is no failure.
  answer(request, response).catch(() => response.stream?.destroy());
});

async function answer(request, response) {
  const left = new AbortController();
  response.on('close', () => left.abort());
  const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'));
  const { method, url } = request;
  const content = method === 'GET' ? {} : { body: Readable.toWeb(request), duplex: 'half' };
  const asked = new Request(`http://${request.authority}${url}`, { method, headers, signal: left.signal, ...content });
  const { status, headers: fields, body } = await handler(asked);
  response.writeHead(status, Object.fromEntries(fields));
  for await (const chunk of body) if (!response.write(chunk)) await new Promise(done => response.once('drain', done));
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ address, pid: process.pid })}\n`);
});
