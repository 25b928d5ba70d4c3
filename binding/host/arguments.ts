/** Arguments of applications, checked at the call: over a pipe a TypeError would come too late (MSGI-PROC-31). */
import type { Fields, PushRequest } from '../../spec/msgi.ts';

export const MAX_OCTETS = 2 ** 31 - 1;
export const NO_ERROR = 0;
export const INTERNAL_ERROR = 2;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control octet but the tab, no white space at either end, one octet a character (MSGI-FIELD-8, MSGI-FIELD-9). */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** Path and query as they go on the wire (MSGI-HEAD-7, MSGI-PUSH-19). */
const TARGET = /^\/[!"$-~\x80-\xff]*$/;

/** MSGI-FIELD-10. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
]);

/** MSGI-FIELD-11. */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set(
  (
    'age authorization cache-control content-encoding content-length content-range content-type cookie date expect ' +
    'expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te ' +
    'trailer vary www-authenticate'
  ).split(' '),
);

/** Throws unless the list may be sent; gives the content-length in it, −1 where there is none. */
export function checkFields(fields: Fields, allowsTe = false): number {
  if (!Array.isArray(fields)) throw new TypeError('fields are a flat array: [name, value, …]');
  if (fields.length % 2 !== 0) throw new TypeError('a field list has a value for every name');
  checkSensitive((fields as Fields).sensitive);
  let length = -1;
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as unknown, fields[i + 1] as unknown];
    checkLine(name, value, allowsTe);
    if (name === 'content-length') length = checkLength(value as string, length);
  }
  return length;
}

function checkSensitive(names: unknown): void {
  if (names === undefined) return;
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string' && TOKEN.test(name))) {
    throw new TypeError('sensitive is an array of field names');
  }
}

function checkLine(name: unknown, value: unknown, allowsTe: boolean): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw new TypeError(`field name ${JSON.stringify(name)} is not a token in lower case`);
  }
  if (typeof value !== 'string' || !VALUE.test(value)) {
    throw new TypeError(`the value of ${name} is not a field value (RFC 9110 section 5.5)`);
  }
  if (CONNECTION_SPECIFIC.has(name) && !(allowsTe && name === 'te' && value === 'trailers')) {
    throw new TypeError(`${name} speaks of one connection and is never sent (RFC 9113 section 8.2.2)`);
  }
}

function checkLength(value: string, before: number): number {
  const length = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length) || before >= 0) {
    throw new TypeError('content-length is one decimal number of octets (RFC 9110 section 8.6)');
  }
  return length;
}

export function checkTrailers(fields: Fields): void {
  checkFields(fields);
  for (let i = 0; i < fields.length; i += 2) {
    if (NOT_IN_TRAILERS.has(fields[i] as string)) {
      throw new TypeError(`${fields[i]} has no place in trailers (RFC 9110 section 6.5.1)`);
    }
  }
}

/** Throws for a promise that is none (MSGI-PUSH-2, MSGI-PUSH-19, MSGI-PUSH-20). */
export function checkPush({ target, method, authority, fields }: PushRequest, app: unknown): void {
  if (typeof target !== 'string' || !TARGET.test(target)) throw new TypeError('the target of a push begins with "/"');
  if (method !== undefined && method !== 'GET' && method !== 'HEAD')
    throw new TypeError('only GET and HEAD are pushed');
  if (authority !== undefined && typeof authority !== 'string') throw new TypeError('an authority is a string');
  if (app !== undefined && typeof app !== 'function') throw new TypeError('an app is a function');
  if (fields === undefined) return;
  checkFields(fields, true);
  if (fields.some((name, i) => i % 2 === 0 && (name === 'host' || name === 'content-length'))) {
    throw new TypeError('host and content-length have no place in a promise');
  }
}

export function checkInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TypeError(`${what} is an integer from ${least} to ${most}, not ${String(value)}`);
}

export function checkCode(code: number): void {
  checkInteger('a code', code, 0, 0xffff_ffff);
}

const encoder = new TextEncoder();

/** Octets of a chunk; strings are UTF-8 (MSGI-DATA-1, MSGI-DATA-2). */
export function toOctets(chunk: Uint8Array | string): Uint8Array {
  if (typeof chunk === 'string') return encoder.encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('content is a Uint8Array or a string');
}

/** The list without `content-length`; `sensitive` is kept. */
export function withoutLength(fields: Fields): Fields {
  const rest = fields.filter((_, i) => fields[i - (i % 2)] !== 'content-length');
  return fields.sensitive === undefined ? rest : Object.assign(rest, { sensitive: fields.sensitive });
}

/** The list with a `content-length` at its end; `sensitive` is kept. */
export function withLength(fields: Fields, octets: number): Fields {
  const more = [...fields, 'content-length', `${octets}`];
  return fields.sensitive === undefined ? more : Object.assign(more, { sensitive: fields.sensitive });
}
