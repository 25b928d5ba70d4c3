/** The same application on node:http2, core API: the server that is compared with. */
import { createServer } from 'node:http2';

const headers = { ':status': 200, 'content-type': 'text/plain' };
const hello = Buffer.from('hello, world\n');
const big = Buffer.alloc(1_048_576, 0x62);

const server = createServer();
server.on('stream', (stream, request) => {
  stream.on('error', () => {});
  const path = request[':path'];
  if (path === '/late') return setImmediate(() => answer(stream, hello));
  if (path === '/upload') return count(stream);
  answer(stream, path === '/big' ? big : hello);
});

function count(stream) {
  let octets = 0;
  stream.on('data', chunk => {
    octets += chunk.length;
  });
  // The client may have left: h2load stops in the middle.
  stream.on('end', () => stream.destroyed || answer(stream, Buffer.from(String(octets))));
}

function answer(stream, body) {
  stream.respond({ ...headers, 'content-length': body.length });
  stream.end(body);
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(
    `${JSON.stringify({ address: `http://127.0.0.1:${server.address().port}`, pid: process.pid })}\n`,
  );
});
