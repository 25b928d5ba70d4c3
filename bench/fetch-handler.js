/** The Fetch handler of the benchmark of adapters: "/" is 13 octets, "/big" 1 MiB. */
const big = new Uint8Array(1_048_576).fill(0x62);
const headers = { 'content-type': 'text/plain' };

export default request => new Response(request.url.endsWith('/big') ? big : 'hello, world\n', { headers });
