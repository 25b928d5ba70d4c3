/** What a conformance kit asks of any server: fixed resources, the same on every subject. */
import type { App, Exchange, Fields } from '../../spec/msgi.ts';

const TEXT: Fields = Object.freeze(['content-type', 'text/plain']);
const HELLO = 'hello from msgi!';
const LARGE = new Uint8Array(2_097_152).fill(0x6d);

/** Takes the whole request first, as most applications do; "/early" does not. */
function hello(x: Exchange): void | Promise<void> {
  if (!x.body.ended) return helloAfterBody(x);
  x.respond(200, TEXT, HELLO);
}

async function helloAfterBody(x: Exchange): Promise<void> {
  while ((await x.body.read()) !== null);
  x.respond(200, TEXT, HELLO);
}

function early(x: Exchange): void {
  x.respond(200, TEXT, HELLO);
}

function large(x: Exchange): void {
  x.respond(200, TEXT, LARGE);
}

function empty(x: Exchange): void {
  x.respond(200, TEXT);
}

async function upload(x: Exchange): Promise<void> {
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, TEXT, `${octets}\n`);
}

async function trailers(x: Exchange): Promise<void> {
  const out = x.start(200, ['content-type', 'text/plain', 'trailer', 'x-checksum']);
  await out.write(HELLO);
  await out.end(['x-checksum', '42']);
}

async function echo(x: Exchange): Promise<void> {
  const out = x.start(200, ['content-type', 'application/octet-stream']);
  for await (const chunk of x.body) await out.write(chunk);
  await out.end();
}

/** A field section of about `octets` octets, in lines of at most 4,000. */
function headers(x: Exchange, octets: number): void {
  const fields = [...TEXT];
  for (let left = octets, line = 0; left > 0; line += 1) {
    const value = 'v'.repeat(Math.min(left, 4000));
    fields.push(`x-filler-${line}`, value);
    left -= value.length;
  }
  x.respond(200, fields, HELLO);
}

const resources: Readonly<Record<string, App>> = {
  '/': hello,
  '/early': early,
  '/large': large,
  '/empty': empty,
  '/upload': upload,
  '/trailers': trailers,
  '/echo': echo,
};

const app: App = x => {
  const [path = ''] = x.request.target.split('?', 1);
  const resource = resources[path];
  if (resource !== undefined) return resource(x);
  const sized = /^\/headers\/([0-9]{1,6})$/.exec(path);
  if (sized !== null) return headers(x, Number(sized[1]));
  x.respond(404, TEXT, 'not found\n');
};

export default app;
