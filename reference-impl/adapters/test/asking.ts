/** Clients of node for the tests of adapters: one request, and the whole answer, over HTTP/2 and over HTTP/1.1. */

import { once } from 'node:events';
import { type ClientRequest, type IncomingHttpHeaders, type InformationEvent, request as request1 } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders as Fields2 } from 'node:http2';

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  /** With `expect` among the fields it is sent once the server says 100, and not where it answers at once. */
  readonly content?: string | Uint8Array;
  readonly fields?: Readonly<Record<string, string>>;
}

/** An informational response. */
export interface Interim {
  readonly status: number;
  readonly link?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** One character is one octet. */
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly interim: readonly Interim[];
}

export async function ask2(client: ClientHttp2Session, asked: Asked): Promise<Answer> {
  const { method = 'GET', path = '/', content, fields } = asked;
  const head = { ':path': path, ':method': method, ...fields };
  const stream = client.request(head, { endStream: content === undefined });
  if (content !== undefined) send(stream, content, fields);
  let trailers = {};
  const interim: Interim[] = [];
  stream.on('trailers', given => {
    trailers = plain(given);
  });
  stream.on('headers', ({ ':status': status, link }) => void interim.push(interimOf(status, link)));
  const [response] = (await once(stream, 'response')) as [Fields2];
  const body = await text(stream);
  const { ':status': status, ...headers } = response;
  return { status: Number(status), headers: plain(headers), body, trailers, interim };
}

export function ask1(port: number, { method = 'GET', path = '/', content, fields }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) };
    const headers = { te: 'trailers', ...length, ...fields };
    const asked = request1({ host: '127.0.0.1', port, method, path, headers, agent: false });
    const interim: Interim[] = [];
    asked.on('error', reject);
    asked.on('information', (one: InformationEvent) => {
      interim.push(interimOf(one.statusCode, one.headers['link']));
    });
    asked.on('response', response => {
      const { statusCode: status = 0 } = response;
      text(response).then(
        body =>
          resolve({ status, headers: plain(response.headers), body, trailers: plain(response.trailers), interim }),
        reject,
      );
    });
    if (content === undefined) asked.end();
    else send(asked, content, fields);
  });
}

function send(asked: ClientRequest | ClientHttp2Stream, content: string | Uint8Array, fields: Asked['fields']): void {
  if (fields?.['expect'] === undefined) asked.end(content);
  else (asked as ClientRequest).once('continue', () => asked.end(content)).once('response', () => asked.end());
}

const interimOf = (status: unknown, link: unknown): Interim => ({
  status: Number(status),
  ...(link !== undefined && { link }),
});

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** Own string keys alone: node:http2 adds a symbol. */
function plain(headers: IncomingHttpHeaders | NodeJS.Dict<string>): Answer['headers'] {
  return Object.fromEntries(Object.entries(headers));
}
