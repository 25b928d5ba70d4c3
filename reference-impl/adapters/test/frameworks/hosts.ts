/** Where an application of the tests runs, and a client of each: node's two servers, and the reference server twice. */
import { once } from 'node:events';
import { createServer as createHttp1, type IncomingMessage, request as request1 } from 'node:http';
import { connect, constants, createServer as createHttp2 } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Test } from 'tap';
import { formatLint, lint } from '../../../../lint/index.ts';
import type { App } from '../../../../spec/msgi.ts';
import { serve } from '../../../server.ts';
import type { NodeHandler } from '../../from-node.ts';
import { type Answer, type Asked, ask1, ask2 } from '../asking.ts';

export interface Host {
  ask(asked: Asked): Promise<Answer>;
  open(path: string): Promise<Opened>;
}

/** A GET whose content is read as it comes. */
export interface Opened {
  readonly content: Readable;
  /** As browsers do: CANCEL, or the end of the connection. */
  leave(): void;
  /** Once it has closed: whether it was seen to be cut. */
  readonly cut: Promise<boolean>;
}

export interface Hosted {
  readonly node: NodeHandler;
  readonly msgi: App;
}

/** In the order in which they are compared: with the first. */
export const HOSTS = ['node:http', 'node:http2', 'msgi on HTTP/2', 'msgi on HTTP/1.1'] as const;
export type HostName = (typeof HOSTS)[number];

/** `make` is called for each: what an application remembers is of one host. */
export async function hosts(t: Test, make: () => Hosted | Promise<Hosted>): Promise<Readonly<Record<HostName, Host>>> {
  const { node } = await make();
  const { node: node2 } = await make();
  return {
    'node:http': http1(await listening(t, createHttp1(node))),
    'node:http2': await http2(t, await listening(t, createHttp2(node2 as never))),
    'msgi on HTTP/2': await http2(t, await served(t, await make())),
    'msgi on HTTP/1.1': http1(await served(t, await make())),
  };
}

async function served(t: Test, { msgi }: Hosted): Promise<number> {
  const checked = lint(msgi, { report: error => error.side === 'server' && t.fail(formatLint(error)) });
  // Failures of applications are part of the tests. Clients of HTTP/1.1 take 103 here, as they do of node:http.
  const server = await serve(checked, { report: () => {}, grace: 100, earlyHints: true });
  t.teardown(() => server.close());
  return server.port;
}

async function listening(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Duplex>();
  server.on('connection', socket => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function http1(port: number): Host {
  return {
    ask: asked => ask1(port, asked),
    async open(path) {
      const asked = request1({ host: '127.0.0.1', port, path, agent: false }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return { content: response, leave: () => response.destroy(), cut: closed(response, () => !response.complete) };
    },
  };
}

async function http2(t: Test, port: number): Promise<Host> {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  await once(client, 'remoteSettings');
  return {
    ask: asked => ask2(client, asked),
    async open(path) {
      const stream = client.request({ ':path': path });
      await once(stream, 'response');
      return {
        content: stream,
        leave: () => stream.close(constants.NGHTTP2_CANCEL),
        cut: closed(stream, () => stream.rstCode !== constants.NGHTTP2_NO_ERROR),
      };
    },
  };
}

function closed(content: Readable, cut: () => boolean): Promise<boolean> {
  content.on('error', () => {});
  return new Promise(resolve => content.once('close', () => resolve(cut())));
}
