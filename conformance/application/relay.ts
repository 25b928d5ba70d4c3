/** Plain CONNECT as a proxy takes it (RFC 9113 §8.5): the kit's application joins the tunnel and a TCP connection. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Exchange } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';

/** The port of this machine's loopback address that a CONNECT names; null for any other authority. */
export function relayed({ method, protocol, authority }: Exchange['request']): number | null {
  if (method !== 'CONNECT' || protocol !== '') return null;
  const [, port] = /^127\.0\.0\.1:([1-9][0-9]{0,4})$/.exec(authority) ?? [];
  return port === undefined || Number(port) > 65_535 ? null : Number(port);
}

/** Each direction ends by itself; an error on one side is an error on the other. */
export async function relay(x: Exchange, port: number): Promise<void> {
  const far = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  try {
    await once(far, 'connect');
  } catch {
    return x.respond(502);
  }
  x.signal.addEventListener('abort', () => far.resetAndDestroy());
  try {
    await join(x, far);
  } catch {
    far.resetAndDestroy();
    x.reset(ERROR_CODE.CONNECT_ERROR);
  }
}

async function join(x: Exchange, far: Socket): Promise<void> {
  const out = x.start(200);
  const there = async (): Promise<void> => {
    for await (const chunk of x.body) if (!far.write(chunk)) await once(far, 'drain');
    far.end();
  };
  const back = async (): Promise<void> => {
    // The end of what is read is not the end of what is written.
    for await (const chunk of far.iterator({ destroyOnReturn: false })) await out.write(chunk as Uint8Array);
    await out.end();
  };
  await Promise.all([there(), back()]);
}
