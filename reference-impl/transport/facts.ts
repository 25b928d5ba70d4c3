/** What is known of the other end of a socket. */
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
