/** The handler of the benchmark of adapters: "/" is 13 octets, "/big" 1 MiB. */
const hello = Buffer.from('hello, world\n');
const big = Buffer.alloc(1_048_576, 0x62);

export default (request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end(request.url === '/big' ? big : hello);
};
