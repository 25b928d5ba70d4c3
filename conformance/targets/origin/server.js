// The origin behind proxies, HTTP/1.1. Usage: node server.js PORT
import { createServer } from 'node:http';

const SMALL = Buffer.from('hello of origin\n');
const LARGE = Buffer.alloc(2 * 1024 * 1024, 'x');
const ABSENT = Buffer.from('not found\n');

function answer(response, status, content) {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': content.length }).end(content);
}

function onRequest(request, response) {
  let octets = 0;
  request.on('data', chunk => {
    octets += chunk.length;
  });
  if (request.url === '/upload') request.on('end', () => answer(response, 200, Buffer.from(`${octets} octets\n`)));
  else if (request.url === '/') answer(response, 200, SMALL);
  else if (request.url === '/large') answer(response, 200, LARGE);
  else answer(response, 404, ABSENT);
}

createServer({ keepAliveTimeout: 60_000 }, onRequest).listen(Number(process.argv[2]), '127.0.0.1');
