/** A cleartext connection that has not shown yet what it speaks. */
import type { Socket } from 'node:net';
import type { Host } from '../gateway/gateway.ts';
import { address } from './facts.ts';
import { type Greeting, greeting } from './greeting.ts';
import type { ServeOptions } from './options.ts';
import type { Peer } from './peer.ts';

/** Makes the peer of a socket, and gives it the octets that were read. */
export type Welcome = (kind: Exclude<Greeting, 'more'>, octets: Buffer) => void;

export function newcomer(socket: Socket, host: Host, options: ServeOptions, welcome: Welcome, gone: () => void): Peer {
  const opened = performance.now();
  const peer = address(socket.remoteAddress, socket.remotePort);
  const { prefaceTimeout = 10_000 } = options;
  let read: Buffer = Buffer.alloc(0);
  const data = (octets: Buffer): void => {
    read = read.length === 0 ? octets : Buffer.concat([read, octets]);
    const kind = greeting(read);
    if (kind === 'more') return;
    socket.off('data', data).off('end', end).off('error', failed).off('close', gone);
    welcome(kind, read);
    gone();
  };
  const end = (): void => void socket.end();
  const failed = (): void => void socket.destroy();
  const destroy = failed;
  socket.on('data', data).on('end', end).on('error', failed).on('close', gone);
  return {
    tick(now) {
      if (socket.destroyed || now - opened <= prefaceTimeout) return;
      host.failed({ peer, code: null, rule: 'the client has not begun in time' });
      socket.destroy();
    },
    drain: destroy,
    cancel: destroy,
    destroy,
  };
}
