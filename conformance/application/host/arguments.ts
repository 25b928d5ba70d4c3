/**
 * What the kit's host answers with a TypeError: the arguments of chapters 2, 3, 6 and 7. The kit's own opinion on what is
 * legal; a server has another one, on purpose.
 */
import type { Fields, PushRequest } from '../../../spec/msgi.ts';

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^(?![\t ])[\t\x20-\x7e\x80-\xff]*(?<![\t ])$/;
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te'];

/** MSGI-FIELD-11. */
const NEVER_TRAILERS =
  'age authorization cache-control content-encoding content-length content-range content-type cookie date expect expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te trailer vary www-authenticate';

export const MAX_CREDIT = 2 ** 31 - 1;
const REFUSED_STREAM = 7;

export function checkInteger(what: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new TypeError(`${what} is ${String(value)}, not an integer of ${least} to ${most}`);
}

/** A copy, read during the call (MSGI-FIELD-12). */
export function checkFields(fields: Fields | undefined, te = false): Fields {
  if (fields === undefined) return [];
  if (!Array.isArray(fields) || fields.length % 2 !== 0)
    throw new TypeError('a field list is pairs of names and values');
  const copy: string[] & { sensitive?: readonly string[] } = [...fields];
  for (let i = 0; i < copy.length; i += 2) checkLine(copy[i], copy[i + 1], te);
  if ((fields as Fields).sensitive !== undefined) copy.sensitive = [...((fields as Fields).sensitive ?? [])];
  return copy;
}

function checkLine(name: unknown, value: unknown, te: boolean): void {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError(`a field name is a lower-case token`);
  if (typeof value !== 'string' || !VALUE.test(value)) throw new TypeError(`the value of ${name} cannot be sent`);
  const hint = te && name === 'te' && value === 'trailers';
  if (HOP_BY_HOP.includes(name) && !hint) throw new TypeError(`${name} is connection-specific`);
}

export function checkHead(status: unknown, fields: Fields | undefined): Fields {
  checkInteger('the status', status, 200, 599);
  const list = checkFields(fields);
  lengthOf(list);
  return list;
}

export function checkTrailers(fields: Fields | undefined): Fields {
  const list = checkFields(fields);
  const wrong = list.find((name, i) => i % 2 === 0 && NEVER_TRAILERS.split(' ').includes(name));
  if (wrong !== undefined) throw new TypeError(`${wrong} has no place in trailers`);
  return list;
}

/** The declared length, or null (MSGI-LEN-1). */
export function lengthOf(fields: Fields): number | null {
  const lines = fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === 'content-length');
  const [first] = lines;
  if (first === undefined) return null;
  const right = /^[0-9]+$/.test(first) && Number.isSafeInteger(Number(first)) && lines.every(line => line === first);
  if (!right) throw new TypeError('content-length is one decimal number');
  return Number(first);
}

export function checkContent(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('content is a string or a Uint8Array');
}

export function checkReset(code: unknown): void {
  checkInteger('the code', code, 0, 0xffff_ffff);
  if (code === REFUSED_STREAM) throw new TypeError('REFUSED_STREAM is of requests that no application has seen');
}

export function checkPush({ target, method, authority, fields }: PushRequest, app: unknown): void {
  if (typeof target !== 'string' || !target.startsWith('/') || /[\0- \x7f]/.test(target))
    throw new TypeError('the target of a promise begins with a slash');
  if (method !== undefined && method !== 'GET' && method !== 'HEAD') throw new TypeError('a promise is GET or HEAD');
  if (authority !== undefined && typeof authority !== 'string') throw new TypeError('an authority is a string');
  if (app !== undefined && typeof app !== 'function') throw new TypeError('an app is a function');
  checkFields(fields, true);
}

/** Nothing but the head is sent (section 3.2). */
export function isBare(method: string, status: number): boolean {
  return method === 'HEAD' || [204, 205, 304].includes(status);
}
