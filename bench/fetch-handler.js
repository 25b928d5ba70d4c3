/** The Fetch handler of the benchmark: "/" is 13 octets, "/big" and "/piped" 1 MiB, "/upload" counts what it gets. */
const big = new Uint8Array(1_048_576).fill(0x62);
const headers = { 'content-type': 'text/plain' };
/** As files are read. */
const PIECE = 65_536;

export default request => {
  const { pathname } = new URL(request.url);
  if (pathname === '/upload') return count(request);
  if (pathname === '/piped') return new Response(pieces(), { headers });
  return new Response(pathname === '/big' ? big : 'hello, world\n', { headers });
};

function pieces() {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(big.subarray(at, at + PIECE));
      at += PIECE;
      if (at >= big.length) controller.close();
    },
  });
}

async function count({ body }) {
  let octets = 0;
  for await (const chunk of body) octets += chunk.length;
  return new Response(String(octets), { headers });
}
