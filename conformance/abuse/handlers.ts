/** What the kit's application does with requests that are an abuse. It runs in the subject's process. */
import type { Exchange } from '../../spec/msgi.ts';
import type { Handler } from '../application/kit.ts';
import { PUSHED } from './names.ts';

/** Works until it is told that nobody waits for the response any more. */
export const untilGone: Handler = x =>
  new Promise(resolve => {
    if (x.signal.aborted) resolve();
    else x.signal.addEventListener('abort', () => resolve());
  });

/** Works on although nobody waits any more, until the case lets it go. */
export const stubborn: Handler = async (x, kit) => {
  await kit.gate();
  if (!x.signal.aborted) x.respond(200);
};

/** Answers when the request is whole, and tells how many reads that took. */
export const reads: Handler = async (x, kit) => {
  let count = 0;
  const counted = async (): Promise<void> => {
    for (let chunk = await x.body.read(); chunk !== null; chunk = await x.body.read()) count += 1;
  };
  await counted().catch(() => {});
  kit.report('reads', count);
  if (!x.signal.aborted) x.respond(200);
};

/** A page that promises so many responses, as far as it may, and is empty itself. */
export const promising =
  (count: number): Handler =>
  (x, kit) => {
    for (let n = 0; n < count && x.push({ target: kit.path(PUSHED) }); n += 1);
    if (!x.signal.aborted) x.respond(200);
  };

/** Answers with more fields than some clients say they take; works on where that was the end of the exchange. */
export const answersAtLength: Handler = async (x, kit) => {
  const closed = new Promise<void>(resolve => x.watch(({ type }) => type === 'close' && resolve()));
  x.respond(200, ['x-large', 'm'.repeat(1000)]);
  await closed;
  if (x.signal.aborted) await kit.gate();
};

/** Octets of the content that `writes` has. */
export const LARGE_OCTETS = 8 * 2 ** 20;

const CHUNK = new Uint8Array(16_384);

/** Writes much, as fast as the server takes it, and tells how much it took. */
export const writes: Handler = async (x, kit) => {
  let octets = 0;
  await content(x, written => {
    octets = written;
  }).catch(() => {});
  kit.report('written', octets);
};

async function content(x: Exchange, told: (octets: number) => void): Promise<void> {
  const out = x.start(200);
  for (let octets = CHUNK.length; octets <= LARGE_OCTETS; octets += CHUNK.length) {
    await out.write(CHUNK);
    told(octets);
  }
  await out.end();
}
