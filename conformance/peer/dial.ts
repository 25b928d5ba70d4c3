/** Opens the transport: TCP, or TLS with ALPN h2 (RFC 9113 §3.2). */

import { appendFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { KitError } from '../outcome.ts';
import { type Endpoint, formatEndpoint } from '../subject.ts';

/** A connected socket with TCP_NODELAY. Throws KitError (reason dial) when none can be had before the deadline. */
export function dial(endpoint: Endpoint, verify: boolean, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = endpoint.scheme === 'https';
    const socket = secure ? openTls(endpoint, verify) : connectTcp({ ...endpoint, allowHalfOpen: true });
    socket.setNoDelay(true);
    // Whenever the transport fails, before somebody listens or after nobody does, the kit lives.
    socket.on('error', () => {});
    const settle = (error: Error | null): void => {
      signal.removeEventListener('abort', abort);
      socket.off('error', failed).off(secure ? 'secureConnect' : 'connect', connected);
      if (error === null) {
        resolve(socket);
      } else {
        socket.destroy();
        reject(error);
      }
    };
    const refuse = (why: string): void =>
      settle(new KitError(`cannot connect to ${formatEndpoint(endpoint)}: ${why}`, 'dial'));
    const failed = (error: Error): void => refuse(error.message);
    const abort = (): void => refuse('no answer before the deadline of the case');
    const connected = (): void => {
      if (secure && 'alpnProtocol' in socket && socket.alpnProtocol !== 'h2')
        refuse('the server does not choose h2 by ALPN');
      else settle(null);
    };
    socket.once('error', failed).once(secure ? 'secureConnect' : 'connect', connected);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

function openTls({ host, port }: Endpoint, verify: boolean): Socket {
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const socket = connectTls({
    host,
    port,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: verify,
    allowHalfOpen: true,
    ...servername,
  } as never);
  const keylog = process.env['SSLKEYLOGFILE'];
  if (keylog !== undefined) socket.on('keylog', line => appendFileSync(keylog, line));
  return socket;
}
