/** The man in the middle of an HTTP/1 connection: text and its ends, as they come. */
import type { Socket } from 'node:net';
import type { Http1Filters } from './gateway/fault.ts';

/** The first octets are those of an HTTP/1 request. */
export function isHttp1(octets: Uint8Array): boolean {
  return /^(?:GET|HEAD|POST|OPTIONS|CONNECT) [^ ]+ HTTP\/1/.test(latin1(octets));
}

/** Joins both ends, through the filters. What was read of the client is `first`. */
export function joinHttp1(client: Socket, origin: Socket, filters: Http1Filters, first: Uint8Array): void {
  const send = (socket: Socket, text: string): boolean =>
    text === '' || !socket.writable || socket.write(Buffer.from(text, 'latin1'));
  const upstream = (octets: Uint8Array): void => {
    const text = latin1(octets);
    const sent = send(origin, filters.toServer?.(text, answer => void send(client, answer)) ?? text);
    // Else what stands in between would take what the server does not.
    if (!sent && filters.hoards !== true) client.pause();
  };
  origin.on('drain', () => client.resume());
  const last = (): void => void send(client, filters.last?.() ?? '');
  client.on('data', upstream);
  client.on('end', () => {
    if (filters.takesEndForLoss) origin.destroy();
  });
  client.on('error', () => origin.resetAndDestroy());
  origin.on('data', octets => void send(client, filters.toClient?.(latin1(octets)) ?? latin1(octets)));
  origin.on('end', () => {
    last();
    client.end();
  });
  origin.on('error', () => {
    if (filters.hidesReset) {
      last();
      client.end();
    } else client.resetAndDestroy();
  });
  origin.on('close', () => client.destroySoon());
  upstream(first);
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}
