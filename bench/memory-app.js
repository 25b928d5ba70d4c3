/** The application of bench/memory.js: one response, and below "/heap" what the heap holds after a forced collection. */
const text = Object.freeze(['content-type', 'text/plain']);

/** @type {import('msgi').App} */
const app = x => {
  if (x.request.target !== '/heap') return x.respond(200, text, 'hello, world\n');
  // Twice: what the first one finalises, the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  x.respond(200, text, JSON.stringify({ heapUsed, external, arrayBuffers }));
};

export default app;
