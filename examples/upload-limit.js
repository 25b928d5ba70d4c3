/**
 * One upload held to 64 kB/s, 64,000 octets a second, whatever the network could do, while every other request of the same connection runs at
 * full speed: only `credit` lets the client send more of this one.
 *
 *   head -c 300000 /dev/zero | curl --http2-prior-knowledge -T - http://127.0.0.1:8080/
 */
const RATE = 64_000; // octets a second
const TURNS = 10; // grants a second

/** @type {import('msgi').App} */
const app = async x => {
  x.body.manual();
  // Topped up, never saved up: a client that pauses gets no burst afterwards.
  const topUp = () => x.body.credit(Math.max(0, RATE / TURNS - x.body.window));
  const timer = setInterval(topUp, 1000 / TURNS);
  let octets = 0;
  try {
    for await (const chunk of x.body) octets += chunk.length;
  } finally {
    clearInterval(timer);
  }
  x.respond(200, ['content-type', 'text/plain'], `${octets} octets\n`);
};

export default app;
