/** Clients of node for the tests of adapters: one request, and the whole answer, over HTTP/2 and over HTTP/1.1. */

import { once } from 'node:events';
import { type IncomingHttpHeaders, request as request1 } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders as Fields2 } from 'node:http2';

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly content?: string | Uint8Array;
  readonly fields?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** One character is one octet. */
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
}

export async function ask2(client: ClientHttp2Session, asked: Asked): Promise<Answer> {
  const { method = 'GET', path = '/', content, fields } = asked;
  const head = { ':path': path, ':method': method, ...fields };
  const stream = client.request(head, { endStream: content === undefined });
  if (content !== undefined) stream.end(content);
  let trailers = {};
  stream.on('trailers', given => {
    trailers = { ...given };
  });
  const [response] = (await once(stream, 'response')) as [Fields2];
  const body = await text(stream);
  const { ':status': status, ...headers } = response;
  return { status: Number(status), headers: plain(headers), body, trailers };
}

export function ask1(port: number, { method = 'GET', path = '/', content, fields }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) };
    const headers = { te: 'trailers', ...length, ...fields };
    const asked = request1({ host: '127.0.0.1', port, method, path, headers, agent: false });
    asked.on('error', reject);
    asked.on('response', response => {
      const { statusCode: status = 0 } = response;
      text(response).then(
        body => resolve({ status, headers: plain(response.headers), body, trailers: plain(response.trailers) }),
        reject,
      );
    });
    asked.end(content);
  });
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** Own string keys alone: node:http2 adds a symbol. */
function plain(headers: IncomingHttpHeaders | NodeJS.Dict<string>): Answer['headers'] {
  return Object.fromEntries(Object.entries(headers));
}
