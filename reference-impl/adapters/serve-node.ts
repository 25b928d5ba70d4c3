/** `serveNode`: a server of node:http2 that hosts an MSGI application, in cleartext or over TLS with ALPN. */
import { createSecureServer, createServer, type Http2SecureServer, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { App, Application } from '../../spec/msgi.ts';
import { type NodeHost, type ToNodeOptions, toNode } from './to-node.ts';

/** PEM texts. */
export interface NodeCredentials {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

export interface ServeNodeOptions extends ToNodeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Serve TLS with ALPN "h2" and nothing else; without it cleartext, with prior knowledge. */
  readonly tls?: NodeCredentials;
  /** Milliseconds that running exchanges are given at the end; default 5,000. */
  readonly grace?: number;
  /** Milliseconds that applications are given after that; default 2,000. */
  readonly kill?: number;
}

export interface NodeRunning {
  /** "http://127.0.0.1:8080" */
  readonly address: string;
  readonly port: number;
  /** Drains: running exchanges get the grace time, then the rest is cancelled. */
  close(): Promise<void>;
}

const MAX_CONCURRENT_STREAMS = 100;
const INITIAL_WINDOW = 65_535;

/** Hosts an application until `close`. Rejects when it cannot listen or when the application's `start` does. */
export async function serveNode(hosted: App | Application, options: ServeNodeOptions = {}): Promise<NodeRunning> {
  const { initialWindow = INITIAL_WINDOW, maxConcurrentStreams = MAX_CONCURRENT_STREAMS } = options;
  if (!(initialWindow >= 1)) throw new TypeError('node:http2 cannot open an initial window of 0: give 1 or more');
  const application: Application = typeof hosted === 'function' ? { app: hosted } : hosted;
  await application.start?.({ spec: '1.0', server: 'msgi on node:http2' });
  const host = toNode(application, { ...options, initialWindow, maxConcurrentStreams });
  const server = createNodeServer({ ...options, initialWindow, maxConcurrentStreams });
  const sockets = socketsOf(server);
  server.on('session', host.onSession);
  server.on('stream', host.onStream as Parameters<typeof server.on>[1]);
  try {
    await listening(server, options);
  } catch (error) {
    // It was started, so it is stopped.
    await application.stop?.();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const name = options.host ?? '127.0.0.1';
  let closing: Promise<void> | null = null;
  return {
    address: `${options.tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`,
    port,
    close: () => {
      closing ??= stop(application, host, server, sockets, options);
      return closing;
    },
  };
}

function createNodeServer(options: ServeNodeOptions): Http2Server | Http2SecureServer {
  const {
    initialWindow = INITIAL_WINDOW,
    maxConcurrentStreams = MAX_CONCURRENT_STREAMS,
    protocols = [],
    tls,
  } = options;
  const enableConnectProtocol = protocols.some(protocol => protocol !== '');
  const settings = {
    initialWindowSize: initialWindow,
    maxConcurrentStreams,
    ...(enableConnectProtocol && { enableConnectProtocol }),
  };
  const server =
    tls === undefined
      ? createServer({ settings })
      : createSecureServer({ settings, cert: asPem(tls.cert), key: asPem(tls.key), ALPNProtocols: ['h2'] });
  // What a client does to its own connection must not end the server.
  server.on('sessionError', ignoreError);
  return server;
}

function listening(server: Http2Server | Http2SecureServer, options: ServeNodeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Those of clients that have not begun to speak HTTP/2 are in no session. */
function socketsOf(server: Http2Server | Http2SecureServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function stop(
  application: Application,
  host: NodeHost,
  server: Http2Server | Http2SecureServer,
  sockets: ReadonlySet<Socket>,
  { grace = 5000, kill = 2000, report }: ServeNodeOptions,
): Promise<void> {
  try {
    application.drain?.();
  } catch (error) {
    report?.(error, 'drain');
  }
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  host.drain();
  if (!(await within(grace, closed))) host.cancel();
  const settled = await within(kill, Promise.all([closed, host.idle()]));
  if (!settled) for (const socket of sockets) socket.destroy();
  await closed;
  await application.stop?.();
}

/** Whether it settles in so many milliseconds. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

function asPem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text);
}

function ignoreError(): void {}
