/** What the first octets of a connection are: HTTP/2 with prior knowledge, or HTTP/1.x (RFC 9113 §3.3). */
import { METHODS } from 'node:http';
import { latin1Text } from '../../wire/index.ts';

/** `http2`: also what is neither, since the engine can tell the peer so. `more`: it cannot be told yet. */
export type Greeting = 'http1' | 'http2' | 'more';

/** Octets of a first line whose method is not known; a longer one is no request. */
const LINE = 4096;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;

export function greeting(octets: Uint8Array): Greeting {
  const text = latin1Text(octets.subarray(0, LINE)).replace(/^(?:\r\n)+/, '');
  // An empty line before a request is borne (RFC 9112 §2.2).
  if (text === '' || text === '\r') return octets.length < LINE ? 'more' : 'http2';
  const method = TOKEN.exec(text)?.[0] ?? '';
  if (method === '') return 'http2';
  if (method.length === text.length) return method.length < 64 ? 'more' : 'http2';
  if (text[method.length] !== ' ' || method === 'PRI') return 'http2';
  if (METHODS.includes(method)) return 'http1';
  const end = text.indexOf('\r\n');
  if (end < 0) return octets.length < LINE ? 'more' : 'http2';
  return /^[^ ]+ [^ ]+ HTTP\/1\.[0-9]$/.test(text.slice(0, end)) ? 'http1' : 'http2';
}
