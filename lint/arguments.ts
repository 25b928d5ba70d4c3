/** Arguments of the exchange's members that a server answers with a TypeError, each with the rule that says so. */
import type { Fields, PushRequest, RequestHead } from '../spec/msgi.ts';
import { isCode } from './exchange-error.ts';
import { lengthOf, wrongFields, wrongLength } from './fields.ts';
import { argument, isInteger, type Wrong } from './judge.ts';
import { octetsOf, wrongContent } from './octets.ts';
import { isBare } from './outcome.ts';

const MAX_DEADLINE = 2 ** 31 - 1;
const REFUSED_STREAM = 7;
const REFUSED = /[\0- \x7f]/;
/** A fragment is no part of a path, and a character above U+00FF is no octet. */
const NO_PATH = /[#\u0100-\uffff]/;

function wrongHead(status: unknown, fields: Fields | undefined): Wrong | null {
  if (!isInteger(status, 200, 599)) return argument('MSGI-LIFE-7', `the status ${String(status)}`);
  return wrongFields(fields) ?? wrongLength(fields);
}

export function wrongInform(status: unknown, fields: Fields | undefined): Wrong | null {
  if (status === 101 || !isInteger(status, 100, 199)) return argument('MSGI-INFO-1', `the status ${String(status)}`);
  return wrongFields(fields) ?? wrongLength(fields);
}

export const wrongStart = wrongHead;

export function wrongRespond(
  head: RequestHead,
  status: number,
  fields: Fields | undefined,
  body: Uint8Array | string | undefined,
): Wrong | null {
  const wrong = wrongHead(status, fields) ?? (body === undefined ? null : wrongContent(body));
  if (wrong !== null) return wrong;
  if (head.method === 'CONNECT' && status < 300) return argument('MSGI-TUN-6', `${status} to CONNECT opens a tunnel`);
  const declared = lengthOf(fields);
  const compared = isBare(status, head.method) ? head.method === 'HEAD' && isPlain(status) && body !== undefined : true;
  if (declared < 0 || !compared || declared === octetsOf(body ?? '')) return null;
  return argument('MSGI-LEN-2', `a content-length of ${declared}, and ${octetsOf(body ?? '')} octets of content`);
}

/** Of 204, 205 and 304 no length is compared, whatever the method. */
function isPlain(status: number): boolean {
  return !isBare(status, 'GET');
}

export function wrongPush(request: PushRequest, app: unknown): Wrong | null {
  const { target, method, authority, fields } = request;
  if (typeof target !== 'string' || !target.startsWith('/') || REFUSED.test(target)) {
    return argument('MSGI-PUSH-2', `the target ${JSON.stringify(target)}`);
  }
  if (NO_PATH.test(target)) return argument('MSGI-PUSH-19', `the target ${JSON.stringify(target)}`);
  if (method !== undefined && method !== 'GET' && method !== 'HEAD') {
    return argument('MSGI-PUSH-2', `the method ${JSON.stringify(method)}`);
  }
  if (app !== undefined && typeof app !== 'function') return argument('MSGI-PUSH-2', 'an app that is no function');
  const wrong = wrongFields(fields, true) ?? wrongPromised(fields);
  if (wrong !== null || authority === undefined || typeof authority === 'string') return wrong;
  return argument('MSGI-PUSH-19', 'an authority that is no string');
}

function wrongPromised(fields: Fields = []): Wrong | null {
  const name = fields.find((text, i) => i % 2 === 0 && (text === 'host' || text === 'content-length'));
  return name === undefined ? null : argument('MSGI-PUSH-20', `${name} in a request that is promised`);
}

export function wrongPrioritize(urgency: unknown, incremental: unknown): Wrong | null {
  const right = isInteger(urgency, 0, 7) && (incremental === undefined || typeof incremental === 'boolean');
  return right ? null : argument('MSGI-PRIO-15', `urgency ${String(urgency)}, incremental ${String(incremental)}`);
}

export function wrongDeadline(ms: unknown): Wrong | null {
  if (ms === Number.POSITIVE_INFINITY || isInteger(ms, 1, MAX_DEADLINE)) return null;
  return argument('MSGI-LIFE-51', `a deadline of ${String(ms)}`);
}

export function wrongReset(code: unknown): Wrong | null {
  if (code === REFUSED_STREAM)
    return argument('MSGI-ERR-11', 'REFUSED_STREAM, of a request that an application has seen');
  return code === undefined || isCode(code) ? null : argument('MSGI-ERR-10', `the code ${String(code)}`);
}

export function wrongWatch(listener: unknown): Wrong | null {
  return typeof listener === 'function' ? null : argument('MSGI-NOTE-12', 'a listener that is no function');
}
