// Usage: node server.js HANDLER PORT TLSPORT CERT KEY
import { readFileSync } from 'node:fs';
import { createSecureServer, createServer } from 'node:http2';

const [file, port, tlsPort, cert, key] = process.argv.slice(2);
const { default: handler } = await import(file);

for (const [server, number] of [
  [createServer(), port],
  [createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }), tlsPort],
]) {
  server.on('request', handler);
  // A handler of its own decides whether the client may go on.
  server.on('checkContinue', handler);
  // What a client does to its own connection must not end the server.
  server.on('session', session => session.on('error', () => {}));
  server.on('sessionError', () => {});
  server.listen(Number(number), '127.0.0.1');
}
