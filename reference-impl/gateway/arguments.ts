/** Arguments of applications, checked at the call: what is wrong is a TypeError, and nothing is sent. */
import type { Fields } from '../../spec/msgi.ts';
import { isConnectionSpecific, isName, isValue } from '../engine/fields.ts';

/** Framing, routing, authentication and content format have no place in trailers (RFC 9110 §6.5.1). */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'host',
  'te',
  'trailer',
  'cache-control',
  'expect',
  'max-forwards',
  'pragma',
  'range',
  'authorization',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'set-cookie',
  'cookie',
  'age',
  'date',
  'expires',
  'location',
  'retry-after',
  'vary',
]);

/** Throws unless the list may be sent; gives the content-length in it, −1 where there is none. `te`: a request's may have it. */
export function checkFields(fields: Fields, te = false): number {
  if (!Array.isArray(fields)) throw new TypeError('fields are a flat array: [name, value, …]');
  if (fields.length % 2 !== 0) throw new TypeError('a field list has a value for every name');
  let contentLength = -1;
  for (let i = 0; i < fields.length; i += 2) {
    const name: unknown = fields[i];
    const value: unknown = fields[i + 1];
    checkLine(name, value, te);
    if (name === 'content-length') contentLength = checkContentLength(value as string, contentLength);
  }
  return contentLength;
}

function checkLine(name: unknown, value: unknown, te: boolean): void {
  if (typeof name !== 'string' || !isName(name)) {
    throw new TypeError(`field name ${JSON.stringify(name)} is not a token in lower case (RFC 9113 section 8.2.1)`);
  }
  if (typeof value !== 'string' || !isValue(value)) {
    throw new TypeError(`the value of ${name} is not a field value (RFC 9110 section 5.5)`);
  }
  if (isConnectionSpecific(name) || (name === 'te' && !(te && value === 'trailers'))) {
    throw new TypeError(`${name} speaks of one connection and is never sent (RFC 9113 section 8.2.2)`);
  }
}

function checkContentLength(value: string, before: number): number {
  const length = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length) || (before >= 0 && before !== length)) {
    throw new TypeError('content-length is one decimal number of octets (RFC 9110 section 8.6)');
  }
  return length;
}

/** Throws unless the list may be sent as trailers. */
export function checkTrailers(fields: Fields): void {
  checkFields(fields);
  for (let i = 0; i < fields.length; i += 2) {
    if (NOT_IN_TRAILERS.has(fields[i] as string)) {
      throw new TypeError(`${fields[i]} has no place in trailers (RFC 9110 section 6.5.1)`);
    }
  }
}

export function hasField(fields: Fields, name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return true;
  return false;
}

/** The list without one name; `sensitive` is kept. */
export function withoutField(fields: Fields, name: string): Fields {
  const rest: string[] & { sensitive?: readonly string[] } = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== name) rest.push(fields[i] as string, fields[i + 1] as string);
  }
  if (fields.sensitive !== undefined) rest.sensitive = fields.sensitive;
  return rest;
}

export function checkStatus(status: number, least: number, most: number): void {
  if (Number.isInteger(status) && status >= least && status <= most) return;
  throw new TypeError(`status ${String(status)} is not from ${least} to ${most}`);
}

/** An integer from `least` to `most`, or a TypeError that names it. */
export function checkInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TypeError(`${what} is an integer from ${least} to ${most}, not ${String(value)}`);
}

const encoder = new TextEncoder();
let lastText = '';
let lastOctets: Uint8Array = new Uint8Array(0);

/** Octets of a chunk above which it is handed on by reference, in pieces. */
const VIEW_ABOVE = 4096;

/** The same memory as the kind of view that sockets take: else each piece needs one more, a tenth of the CPU of a download. */
function asBuffer(chunk: Uint8Array): Uint8Array {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

/** The octets of a chunk; the short text last seen is not encoded again. */
export function toOctets(chunk: Uint8Array | string): Uint8Array {
  if (typeof chunk === 'string') {
    if (chunk === lastText) return lastOctets;
    const octets = encoder.encode(chunk);
    if (octets.length > 1024) return octets;
    lastText = chunk;
    lastOctets = octets;
    return octets;
  }
  if (chunk instanceof Uint8Array) return chunk.length > VIEW_ABOVE ? asBuffer(chunk) : chunk;
  throw new TypeError('content is a Uint8Array or a string');
}
