/** The handler on the compatibility API of node:http2. */
import { createServer } from 'node:http2';
import handler from './handler.js';

const server = createServer(handler);
server.listen(0, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ address, pid: process.pid })}\n`);
});
