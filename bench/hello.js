/** The application of the benchmark: "/" is 13 octets, "/big" 1 MiB, "/late" answers in a later turn, "/upload" counts. */
const text = Object.freeze(['content-type', 'text/plain']);
const big = new Uint8Array(1_048_576).fill(0x62);

export default x => {
  const { target } = x.request;
  if (target === '/big') return x.respond(200, text, big);
  if (target === '/late') return late(x);
  if (target === '/upload') return upload(x);
  x.respond(200, text, 'hello, world\n');
};

async function late(x) {
  await new Promise(resolve => setImmediate(resolve));
  x.respond(200, text, 'hello, world\n');
}

async function upload(x) {
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, text, String(octets));
}
