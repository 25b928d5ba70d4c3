/** Content from a file to an exchange, as the peer takes it. */
import type { FileHandle } from 'node:fs/promises';
import type { Exchange, Sink } from '../../spec/msgi.ts';
import type { Range } from './range.ts';

/** Octets that are read at a time; a file of no more is one response. */
const CHUNK = 65_536;

/** Sends a part of a file of `size` octets, as 206 where `partial`. Rejects with the exchange's error when it fails. */
export async function send(
  x: Exchange,
  handle: FileHandle,
  fields: readonly string[],
  { first, length }: Range,
  size: number,
  partial: boolean,
): Promise<void> {
  const extent = partial ? ['content-range', `bytes ${first}-${first + length - 1}/${size}`] : [];
  const head = [...fields, ...extent, 'content-length', String(length)];
  const status = partial ? 206 : 200;
  if (x.request.method === 'HEAD') return x.respond(status, head);
  if (length <= CHUNK) return x.respond(status, head, await read(handle, first, length));
  const out = x.start(status, head);
  try {
    await copy(handle, out, first, first + length);
  } catch (error) {
    // INTERNAL_ERROR: a part is not the whole. Without effect where the exchange has failed by itself.
    if (x.state === 'open') x.reset(2);
    throw error;
  }
}

async function copy(handle: FileHandle, out: Sink, from: number, to: number): Promise<void> {
  for (let at = from; at < to; ) {
    // Nothing is read for a peer that takes nothing; then a whole chunk, lest a window of one octet cost a read for each.
    if ((await out.ready()) === 0) break;
    const chunk = await read(handle, at, Math.min(CHUNK, to - at));
    await out.write(chunk);
    at += chunk.length;
  }
  await out.end();
}

/** A buffer of its own for each chunk: what is written is the server's for good (MSGI-DATA-5). */
async function read(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const chunk = new Uint8Array(length);
  for (let got = 0; got < length; ) {
    const { bytesRead } = await handle.read(chunk, got, length - got, position + got);
    if (bytesRead === 0) throw new Error('the file has become shorter while it was sent');
    got += bytesRead;
  }
  return chunk;
}
