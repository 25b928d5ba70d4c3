/** TLS handshakes in every form that a case wants (RFC 9113 §9.2); what comes of one is data, a refusal too. */
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { KitError } from '../outcome.ts';
import type { Endpoint } from '../subject.ts';

export interface Handshake {
  readonly socket: TLSSocket;
  /** What ALPN has chosen; "no protocol" where it has not. */
  readonly alpn: string;
  /** An alert or a close in place of the end of the handshake, in OpenSSL's words; null where it was completed. */
  readonly refused: string | null;
}

export type HandshakeOptions = ConnectionOptions;

/** OpenSSL below its usual level of security: suites and versions that a sound server refuses can be offered. */
export const OLD = '@SECLEVEL=0';

/** Shakes hands. Throws KitError when this OpenSSL cannot say what is asked for, or no answer comes before the deadline. */
export function shakeHands(
  { host, port }: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket = begin({ host, port, rejectUnauthorized: false, ...options });
    if (socket instanceof Error) return void reject(new KitError(`this OpenSSL cannot offer it: ${socket.message}`));
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', passed);
      socket.off('secureConnect', connected).off('close', closed).off('error', failed);
      // Whenever the transport fails after this, the kit lives.
      socket.on('error', () => {});
      end();
    };
    const refused = (why: string): void => settle(() => resolve({ socket, alpn: 'no protocol', refused: why }));
    const connected = (): void =>
      settle(() => resolve({ socket, alpn: socket.alpnProtocol || 'no protocol', refused: null }));
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'ECONNREFUSED') settle(() => reject(new KitError(`cannot connect: ${error.message}`, 'dial')));
      else if (error.code === 'ERR_SSL_NO_PROTOCOLS_AVAILABLE' || error.code === 'ERR_SSL_NO_CIPHERS_AVAILABLE')
        settle(() => reject(new KitError(`this OpenSSL cannot offer it: ${error.message}`)));
      else refused(error.code ?? error.message);
    };
    const closed = (): void => refused('a close');
    const passed = (): void => {
      settle(() => reject(new KitError('no answer to the TLS handshake before the deadline of the case', 'dial')));
      socket.destroy();
    };
    socket.once('secureConnect', connected).once('close', closed).once('error', failed);
    signal.addEventListener('abort', passed);
  });
}

function begin(options: ConnectionOptions): TLSSocket | Error {
  try {
    return connect({ allowHalfOpen: true, ...options } as ConnectionOptions);
  } catch (error) {
    return error as Error;
  }
}

/** The first octets that the server says, none where it closes instead, or null where `ms` milliseconds bring neither. */
export function firstWords(socket: Socket, ms: number): Promise<Uint8Array | null> {
  return new Promise(resolve => {
    const done = (octets: Uint8Array | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(octets);
    };
    const timer = setTimeout(() => done(null), ms);
    const closed = (): void => done(new Uint8Array(0));
    socket.once('data', chunk => done(chunk as Buffer));
    socket.once('end', closed).once('close', closed).once('error', closed);
  });
}

/** Asks for a renegotiation, and says within `ms` milliseconds what came of it. */
export function renegotiate(socket: TLSSocket, ms: number): Promise<'completed' | 'refused' | 'ignored'> {
  return new Promise(resolve => {
    const done = (outcome: 'completed' | 'refused' | 'ignored'): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const timer = setTimeout(() => done('ignored'), ms);
    socket.once('close', () => done('refused')).once('error', () => done('refused'));
    socket.renegotiate({ rejectUnauthorized: false }, error => done(error === null ? 'completed' : 'refused'));
  });
}
