/** What a host is started with: a socket for each of its descriptors 0 and 1, and the other ends of them. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type OnReadOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Octets of one read. All reads come to the same place: where each had memory of its own, as the pipes that `spawn` makes
 * have it, half of the CPU of a download went into collecting that.
 */
const AT_ONCE = 262_144;

export interface Channel {
  /** Written here, and read by the host. */
  readonly input: Socket;
  /** Ends when the host, and what it has started, has closed its end. */
  readonly output: Socket;
  /** The host's ends: for its descriptors, and to be destroyed here when it has them. */
  readonly theirs: readonly [input: Socket, output: Socket];
}

/** `receive` is called with what the host writes; the memory of the octets is written again when it has returned. */
export async function channel(receive: (octets: Uint8Array) => void): Promise<Channel> {
  // Nobody else can enter it.
  const folder = await mkdtemp(join(tmpdir(), 'msgi-pipe-'));
  try {
    const buffer = new Uint8Array(AT_ONCE);
    const callback = (octets: number): boolean => {
      receive(buffer.subarray(0, octets));
      return true;
    };
    const [input, itsInput] = await pair(join(folder, '0'));
    const [output, itsOutput] = await pair(join(folder, '1'), { buffer, callback });
    return { input, output, theirs: [itsInput, itsOutput] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Two ends of a socket; only the first one is read. */
async function pair(path: string, onread?: OnReadOpts): Promise<readonly [ours: Socket, theirs: Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, 'listening');
  const ours = connect({ path, ...(onread === undefined ? {} : { onread }) });
  const [[theirs]] = await Promise.all([once(server, 'connection'), once(ours, 'connect')]);
  server.close();
  return [ours, theirs as Socket];
}
