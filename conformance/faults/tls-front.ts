/** The fault's end of TLS: it takes the client's handshake as the fault says, and passes octets on to the sound server. */
import { generateKeyPair } from 'node:crypto';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { encodeFrame, goaway, settings } from '../../wire/index.ts';
import type { Endpoint } from '../subject.ts';
import type { Front } from './fault.ts';
import type { FaultProxy } from './proxy.ts';

interface Pem {
  readonly cert: string;
  readonly key: string;
}

const made = new Map<'ec' | 'rsa', Promise<Pem>>();

/** One certificate of each kind in a process: the key of an RSA one takes a second to make. */
function certificate(kind: 'ec' | 'rsa'): Promise<Pem> {
  const known = made.get(kind) ?? make(kind);
  made.set(kind, known);
  return known;
}

async function make(kind: 'ec' | 'rsa'): Promise<Pem> {
  const keys = await (kind === 'ec'
    ? promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
    : promisify(generateKeyPair)('rsa', { modulusLength: 2048 }));
  const { generate } = await import('selfsigned');
  const keyPair = {
    publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
  const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: kind,
    algorithm: 'sha256',
    keyPair,
  });
  return { cert, key: keyPair.privateKey };
}

export async function openTlsFront(upstream: Endpoint, front: Front): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const pem = await certificate(front.certificate ?? 'ec');
  const alpn = front.options.ALPNCallback === undefined ? { ALPNProtocols: ['h2'] } : {};
  const server = createServer({ ...pem, allowHalfOpen: true, ...alpn, ...front.options }, client => {
    sockets.add(client);
    client.on('error', () => client.destroy()).on('close', () => sockets.delete(client));
    if (front.anyProtocol !== true && client.alpnProtocol !== 'h2') client.destroy();
    else if (front.refuses?.(client) === true) refuse(client);
    else join(client, upstream, sockets);
  });
  // Below TLS: a handshake that has not ended, or has failed, is nowhere else.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { scheme: 'https', host: '127.0.0.1', port },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

function refuse(client: TLSSocket): void {
  client.write(encodeFrame(settings()));
  client.end(encodeFrame(goaway(0, 'INADEQUATE_SECURITY')));
}

function join(client: TLSSocket, upstream: Endpoint, sockets: Set<Socket>): void {
  const origin = connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true });
  sockets.add(origin);
  origin.on('error', () => origin.destroy()).on('close', () => sockets.delete(origin));
  client.pipe(origin).pipe(client);
}
