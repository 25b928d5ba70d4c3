/** Stands for your server: node:http2 with the four resources. Usage: node server.js PORT TLSPORT CERT KEY */
import { readFileSync } from 'node:fs';
import { createSecureServer, createServer } from 'node:http2';

const CONTENT = { '/': 'hello\n', '/large': 'x'.repeat(2 ** 21), '/other': 'else\n' };

function answer(request, response) {
  if (request.url === '/upload') {
    // The whole request comes first: only then does an answer show what became of its end.
    request.resume().on('end', () => response.end('thanks\n'));
    return;
  }
  request.resume();
  const content = CONTENT[request.url];
  response.writeHead(content === undefined ? 404 : 200).end(content);
}

const [port, tlsPort, cert, key] = process.argv.slice(2);
createServer(answer).listen(Number(port), '127.0.0.1');
createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer).listen(Number(tlsPort), '127.0.0.1');
