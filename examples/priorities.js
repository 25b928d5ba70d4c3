/**
 * Images in the order that the client wants, by urgency; of each the first rows before the rest of any. It may change its mind.
 *
 *   msgi serve examples/priorities.js --tls       (and a browser at https://127.0.0.1:8080/)
 */
const [SIDE, PREVIEW, PIECE] = [400, 40_000, 16_384]; // pixels, octets, octets
const page = `<!doctype html>${[1, 2, 3, 4].map(n => `<img src="${n}.bmp">`).join('')}`;

/** A square of one colour, as a bitmap. @param {number} shade */
const picture = shade => {
  const octets = new Uint8Array(54 + SIDE * SIDE * 3).fill(shade, 54);
  octets.set([0x42, 0x4d]);
  const view = new DataView(octets.buffer);
  const header = { 2: octets.length, 10: 54, 14: 40, 18: SIDE, 22: SIDE, 26: 1 + (24 << 16) };
  for (const [at, value] of Object.entries(header)) view.setUint32(Number(at), value, true);
  return octets;
};

/** @type {import('msgi').App} */
const app = async x => {
  const number = /^\/([1-4])\.bmp$/.exec(x.request.target)?.[1];
  if (number === undefined) return x.respond(200, ['content-type', 'text/html'], page);
  const image = picture(Number(number) * 50);
  const out = x.start(200, ['content-type', 'image/bmp', 'content-length', String(image.length)]);
  await out.write(image.subarray(0, PREVIEW));
  const yieldToOthers = () => x.prioritize(Math.min(7, x.priority.urgency + 2), true);
  x.watch(notice => void (notice.type === 'priority' && yieldToOthers()));
  yieldToOthers();
  // Piece by piece, and always one that waits: who only asks for room with `ready` has nothing there when room comes.
  for (let at = PREVIEW; at < image.length; at += PIECE) await out.write(image.subarray(at, at + PIECE));
  await out.end();
};

export default app;
