/** What is known of the other end of a socket. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Address, Tls } from '../../spec/msgi.ts';

export function address(host: string | undefined, port: number | undefined): Address | null {
  return host === undefined || port === undefined ? null : { host, port };
}

export function tlsFacts(socket: TLSSocket): Tls {
  const chain: Uint8Array[] = [];
  let certificate: ReturnType<TLSSocket['getPeerX509Certificate']> = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < 16) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    alpn: socket.alpnProtocol || '',
    sni: (socket as { servername?: string | false }).servername || '',
    chain,
    verified: socket.authorized,
  };
}

/** Octets that the kernel has taken. A write in flight counts as far as it has got, which the handle alone knows. */
export function taken(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  const { bytesWritten, writeQueueSize } = handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
