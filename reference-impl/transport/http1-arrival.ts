/** Requests as node's parser tells them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Arrival, Receiver } from '../http1/message.ts';
import type { Received } from '../http1/request-head.ts';

export function messageArrival(message: IncomingMessage, response: ServerResponse): Arrival {
  return {
    received: receivedOf(message),
    tunnel: false,
    again: null,
    get complete() {
      return message.complete;
    },
    begin(receiver) {
      message.on('data', (octets: Buffer) => receiver.data(plain(octets)));
      message.on('end', () => receiver.end(message.rawTrailers));
    },
    answered() {
      message.resume();
      // The response was written beside it; with this node goes on to the next request, if it is where it has to be.
      if (response.socket === message.socket) response.emit('finish');
      else message.socket.destroy();
    },
  };
}

export function tunnelArrival(message: IncomingMessage, socket: Socket, rest: Buffer): Arrival {
  return {
    received: receivedOf(message),
    tunnel: true,
    complete: true,
    again: null,
    begin: receiver => carry(socket, rest, receiver),
    answered() {},
  };
}

/** An upgrade that nobody lists: `again` gives it back to the parser when all before it is answered (MSGI-TUN-4). */
export function unlistedArrival(message: IncomingMessage, again: () => void): Arrival {
  return { received: receivedOf(message), tunnel: false, complete: true, again, begin() {}, answered() {} };
}

/** All that follows is the tunnel's. */
function carry(socket: Socket, rest: Buffer, receiver: Receiver): void {
  if (rest.length > 0) socket.unshift(rest);
  socket.on('data', (octets: Buffer) => receiver.data(plain(octets)));
  socket.on('end', () => receiver.end([]));
  socket.resume();
}

/** Not as a Buffer: its `slice` copies nothing, and an application would not expect one. */
function plain(octets: Buffer): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

export function receivedOf({ httpVersion, method = '', url = '', rawHeaders }: IncomingMessage): Received {
  return { version: httpVersion, method, target: url, lines: rawHeaders };
}
