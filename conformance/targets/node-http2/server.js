// Usage: node server.js PORT TLSPORT CERT KEY
import { readFileSync } from 'node:fs';
import { createSecureServer, createServer } from 'node:http2';

const SMALL = Buffer.from('hello from node\n');
const LARGE = Buffer.alloc(2 * 1024 * 1024, 'x');
const ABSENT = Buffer.from('not found\n');

/** Answers only where the client has not given the stream up in the meantime. */
function answer(stream, status, content) {
  if (stream.destroyed || stream.closed) return;
  const head = { ':status': status, 'content-type': 'text/plain', 'content-length': content.length };
  if (stream.headRequest) stream.respond(head, { endStream: true });
  else {
    stream.respond(head);
    stream.end(content);
  }
}

function onStream(stream, fields) {
  stream.on('error', () => {});
  const path = fields[':path'];
  // The stream API leaves this to the application (RFC 9110 section 10.1.1).
  if (fields.expect?.toLowerCase() === '100-continue' && !stream.closed) stream.additionalHeaders({ ':status': 100 });
  if (path === '/upload' && fields[':method'] === 'POST') {
    let octets = 0;
    stream.on('data', chunk => {
      octets += chunk.length;
    });
    stream.on('end', () => answer(stream, 200, Buffer.from(`${octets} octets\n`)));
    return;
  }
  stream.resume();
  if (path === '/') answer(stream, 200, SMALL);
  else if (path === '/large') answer(stream, 200, LARGE);
  else answer(stream, 404, ABSENT);
}

const [port, tlsPort, cert, key] = process.argv.slice(2);

for (const [server, number] of [
  [createServer(), port],
  [createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }), tlsPort],
]) {
  server.on('stream', onStream);
  // What a client does to its own connection must not end the server.
  server.on('session', session => session.on('error', () => {}));
  server.on('sessionError', () => {});
  server.listen(Number(number), '127.0.0.1');
}
