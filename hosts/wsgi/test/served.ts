/** `msgi serve --wsgi` as an operator starts it, and clients of node's that say what came. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as request1 } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const apps = fileURLToPath(new URL('apps', import.meta.url));
/** The Python of the packages that the tests want, before any other; the same order of its sets in each process. */
export const env = {
  ...process.env,
  PATH: `/usr/bin:${process.env['PATH']}`,
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONHASHSEED: '0',
};

export interface Served {
  readonly address: string;
  readonly child: ChildProcess;
  /** What went to stderr so far. */
  said(): string;
  /** Fulfilled when that matches. */
  says(pattern: RegExp): Promise<void>;
  /** Ends it as an operator does; gives all that was said, and the exit code behind it. */
  stop(): Promise<string>;
}

export async function served(t: Test, callable: string, ...options: readonly string[]): Promise<Served> {
  const argv = ['dist/msgi.js', 'serve', '--port', '0', '--log', '--lint', '--chdir', apps, '--wsgi', callable];
  return started(t, process.execPath, [...argv, ...options]);
}

/** Starts a command that prints its address as JSON. */
export async function started(t: Test, command: string, argv: readonly string[]): Promise<Served> {
  const child = spawn(command, argv, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text;
  });
  const over = once(child, 'close') as Promise<[number | null]>;
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    over.then(() => Promise.reject(new Error(`it did not start: ${said}`))),
  ]);
  return {
    address: (JSON.parse(line) as { address: string }).address,
    child,
    said: () => said,
    async says(pattern) {
      while (!pattern.test(said)) await once(child.stderr, 'data');
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await over;
      return `${said}exit code ${code}\n`;
    },
  };
}

export interface Answer {
  readonly status: number;
  /** Without `date` and what frames a message of HTTP/1.1. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** Of RST_STREAM; over HTTP/1.1 −1 where the message was cut. */
  readonly code: number;
}

export interface Asked {
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly content?: Buffer;
}

export type Ask = (target: string, asked?: Asked) => Promise<Answer>;

const FRAMING = ['date', 'connection', 'keep-alive', 'transfer-encoding', ':status'];

function plain(headers: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !FRAMING.includes(name)));
}

export function session(t: Test, { address }: Served): ClientHttp2Session {
  const client = connect(address, { rejectUnauthorized: false });
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  return client;
}

export async function answered(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  stream.on('error', () => {});
  stream.on('response', fields => {
    headers = fields;
  });
  stream.on('data', chunk => chunks.push(chunk));
  await new Promise(resolve => stream.on('close', resolve));
  const status = Number(headers[':status'] ?? 0);
  return { status, fields: plain(headers), body: Buffer.concat(chunks), code: stream.rstCode ?? 0 };
}

export function overHttp2(client: ClientHttp2Session): Ask {
  return (target, { method = 'GET', fields = {}, content } = {}) => {
    const ends = content === undefined;
    // As browsers and curl do: Django takes a request without one for a request without content.
    const length = ends ? {} : { 'content-length': content.length };
    const stream = client.request({ ':path': target, ':method': method, ...fields, ...length }, { endStream: ends });
    if (!ends) stream.end(content);
    return answered(stream);
  };
}

export function overHttp1({ address }: Served): Ask {
  return (target, { method = 'GET', fields = {}, content } = {}) =>
    new Promise((resolve, reject) => {
      const length = content === undefined ? {} : { 'content-length': content.length };
      const sent = request1(new URL(target, address), { method, headers: { ...fields, ...length } }, response => {
        const chunks: Buffer[] = [];
        const { statusCode: status = 0, headers } = response;
        const over = (code: number): void =>
          resolve({ status, fields: plain(headers), body: Buffer.concat(chunks), code });
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', () => over(-1));
        response.on('end', () => over(0));
      });
      sent.on('error', reject);
      sent.end(content);
    });
}
