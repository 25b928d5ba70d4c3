/** The fault's end of TLS: it takes the client's handshake as the fault says, and passes octets on to the sound server. */
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { encodeFrame, goaway, settings } from '../../wire/index.ts';
import type { Endpoint } from '../subject.ts';
import { certificate } from '../targets/certificate.ts';
import type { Front } from './fault.ts';
import type { FaultProxy } from './proxy.ts';

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
