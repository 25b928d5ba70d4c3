/** Puts a fault between the kit and a sound server: a proxy on the frame level, one upstream connection for each. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import {
  concat,
  encodeFrame,
  type Frame,
  FrameReader,
  goaway,
  HpackError,
  latin1Text,
  PREFACE_OCTETS,
} from '../../wire/index.ts';
import type { Endpoint } from '../subject.ts';
import type { Filters } from './fault.ts';
import type { GatewayFault } from './gateway/fault.ts';
import { isHttp1, joinHttp1 } from './http1-proxy.ts';

type Deviation = Pick<GatewayFault, 'wire' | 'http1'> & { readonly refuses?: () => boolean };

export interface FaultProxy {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1; without a fault it passes everything on, octet for octet. `http1`: connections may be of HTTP/1, so
 * that the client's first octets are waited for.
 */
export async function openProxy(upstream: Endpoint, fault: Deviation | null, http1 = false): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    if (fault?.refuses?.()) {
      client.destroy();
      return;
    }
    const origin = connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true });
    origin.setNoDelay(true);
    for (const socket of [client, origin]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    if (http1) joinEither(client, origin, fault);
    else join(client, origin, fault);
  });
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: { scheme: 'http', host: '127.0.0.1', port }, close: () => shut(server, sockets) };
}

function shut(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise(resolve => server.close(() => resolve()));
}

function joinEither(client: Socket, origin: Socket, fault: Deviation | null): void {
  client.once('data', first => {
    if (isHttp1(first)) joinHttp1(client, origin, fault?.http1?.() ?? {}, first);
    else {
      join(client, origin, fault);
      client.emit('data', first);
    }
  });
  client.on('end', () => origin.end()).on('close', () => origin.destroy());
}

function join(client: Socket, origin: Socket, fault: Deviation | null): void {
  const close = (): void => {
    client.end();
    origin.end();
  };
  client
    .on('end', () => origin.end())
    .on('close', reset => {
      if (!reset) origin.destroy();
      // Behind what waits for the connection: a reset before it would become an ordinary end.
      else if (origin.connecting) origin.once('connect', () => setImmediate(() => origin.resetAndDestroy()));
      else origin.resetAndDestroy();
    });
  origin.on('end', () => client.end()).on('close', () => client.destroySoon());
  const send = (socket: Socket, frames: readonly Frame[]): void => {
    if (frames.length > 0 && socket.writable) socket.write(concat(frames.map(frame => encodeFrame(frame))));
  };
  const filters: Filters =
    fault?.wire?.({
      toServer: (...frames) => send(origin, frames),
      toClient: (...frames) => send(client, frames),
      close,
    }) ?? {};
  const reader = new FrameReader();
  const plain = { http1: false };
  client.on('data', clientOctets(filters, origin, send, close, client, plain));
  client.on('drain', () => origin.resume());
  origin.on('data', chunk => {
    // A client that does not read keeps the server from sending, as it would without the proxy.
    if (client.writableNeedDrain) origin.pause();
    if (filters.toClient === undefined || plain.http1) client.write(chunk);
    else
      send(
        client,
        reader.read(chunk).flatMap(frame => filters.toClient?.(copy(frame)) ?? []),
      );
  });
}

/** The begin of a request of HTTP/1.x, on which filters of frames have no say. */
const HTTP1 = /^(?!PRI )[A-Z]+ [a-z/*]/;

/** The client's octets: its preface, then frames. */
function clientOctets(
  filters: Filters,
  origin: Socket,
  send: (socket: Socket, frames: readonly Frame[]) => void,
  close: () => void,
  client: Socket,
  plain: { http1: boolean },
): (chunk: Uint8Array) => void {
  const reader = new FrameReader();
  let opening: Uint8Array | null = new Uint8Array(0);
  let highest = 0;
  return chunk => {
    let rest = chunk;
    if (opening !== null) {
      opening = concat([opening, chunk]);
      if (opening.length < PREFACE_OCTETS.length) return;
      const preface = opening.subarray(0, PREFACE_OCTETS.length);
      rest = opening.subarray(PREFACE_OCTETS.length);
      opening = null;
      plain.http1 = filters.preface === undefined && HTTP1.test(latin1Text(preface));
      origin.write(filters.preface?.(preface) ?? preface);
    }
    rest = filters.read?.(rest) ?? rest;
    if (filters.toServer === undefined || plain.http1) {
      origin.write(rest);
      return;
    }
    try {
      send(
        origin,
        reader.read(rest).flatMap(frame => {
          highest = Math.max(highest, frame.stream);
          return filters.toServer?.(copy(frame)) ?? [];
        }),
      );
    } catch (error) {
      // A block that even this server cannot decode: it says so, as a sound one does.
      if (!(error instanceof HpackError)) throw error;
      send(client, [goaway(highest, 'COMPRESSION_ERROR', error.message)]);
      close();
    }
  };
}

/** Filters keep frames, readers reuse their octets. */
function copy(frame: Frame): Frame {
  return { ...frame, payload: Uint8Array.from(frame.payload) };
}
