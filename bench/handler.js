/** The handler of the benchmark of adapters: "/" is 13 octets, "/big" and "/piped" 1 MiB, "/upload" counts what it gets. */
import { Readable } from 'node:stream';

const hello = Buffer.from('hello, world\n');
const big = Buffer.alloc(1_048_576, 0x62);
/** As files are read. */
const PIECE = 65_536;

export default (request, response) => {
  response.setHeader('content-type', 'text/plain');
  if (request.url === '/upload') return count(request, response);
  if (request.url === '/piped') return Readable.from(pieces(), { objectMode: false }).pipe(response);
  response.end(request.url === '/big' ? big : hello);
};

function* pieces() {
  for (let at = 0; at < big.length; at += PIECE) yield big.subarray(at, at + PIECE);
}

function count(request, response) {
  let octets = 0;
  request.on('data', chunk => {
    octets += chunk.length;
  });
  request.on('end', () => response.end(String(octets)));
}
