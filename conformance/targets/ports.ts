/** Free ports on the loopback address, and whether somebody listens on one. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Ports given out by this process; a second subject does not get one of them before its subject has bound it. */
const given = new Set<number>();

/** `count` ports that were free a moment ago. They are all held before the first is let go, so no two are the same. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const held = [];
  while (ports.length < count) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    held.push(server);
    const { port } = server.address() as AddressInfo;
    if (!given.has(port)) ports.push(port);
  }
  for (const port of ports) given.add(port);
  for (const server of held) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

export function releasePorts(ports: readonly number[]): void {
  for (const port of ports) given.delete(port);
}

/** Null where a TCP connection is accepted within `limit` milliseconds, else why not: ECONNREFUSED, ENOTFOUND, ETIMEDOUT, … */
export function dial(host: string, port: number, limit: number): Promise<string | null> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    const settle = (outcome: string | null) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => settle(null));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.setTimeout(Math.max(1, limit), () => settle('ETIMEDOUT'));
  });
}

/** Milliseconds for one dial of a port of this machine. */
const DIAL_MS = 1000;

/** Whether nobody listens on the port, now or within `limit` milliseconds. */
export async function isFree(host: string, port: number, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while ((await dial(host, port, DIAL_MS)) === null) {
    if (performance.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}
