/** The head of an HTTP/1.x request as an application sees it, or a Refusal: chapter 2 of the specification, RFC 9112 §3. */
import type { RequestHead } from '../../spec/msgi.ts';
import { isAuthority, isTarget, isToken } from '../engine/fields.ts';
import type { Limits } from '../engine/limits.ts';
import { readFieldLines, type Section } from './field-lines.ts';
import { Refusal } from './refusal.ts';

/** A request line and its field lines, flat, as the parser gives them. */
export interface Received {
  readonly version: string;
  readonly method: string;
  readonly target: string;
  readonly lines: readonly string[];
}

export interface Request {
  readonly head: RequestHead;
  /** Content follows. */
  readonly hasContent: boolean;
  readonly expectsContinue: boolean;
  /** `TE: trailers`. */
  readonly takesTrailers: boolean;
  /** The connection ends with the response, by the version or by the client's word. */
  readonly closes: boolean;
}

/** `scheme`: that of the listener. */
export function readRequest(received: Received, scheme: string, limits: Limits): Request {
  const { version, method, target } = received;
  if (version !== '1.0' && version !== '1.1')
    throw new Refusal(505, 'this is HTTP/1.0 and HTTP/1.1 (RFC 9110 section 15.6.6)');
  if (!isToken(method)) throw new Refusal(400, 'a method is a token (RFC 9110 section 9.1)');
  checkSize(received.lines, limits);
  const section = readFieldLines(received.lines);
  checkFraming(version, section);
  const parts = method === 'CONNECT' ? connectParts(target) : requestParts(method, target, scheme);
  const host = hostOf(version, section);
  const authority = parts.authority ?? host;
  if (authority === '' && (version === '1.1' || method === 'CONNECT')) {
    throw new Refusal(400, 'a request names who is asked (RFC 9112 section 3.2)');
  }
  const hasContent = section.transferEncoding.length > 0 || section.contentLength > 0;
  return {
    head: {
      version,
      method,
      scheme: parts.scheme,
      authority,
      target: parts.target,
      base: '',
      protocol: '',
      fields: section.fields,
    },
    hasContent,
    expectsContinue: hasContent && version === '1.1' && section.expects,
    takesTrailers: version === '1.1' && section.te.some(member => /^trailers\s*(?:;|$)/.test(member)),
    closes: version === '1.0' || section.connection.includes('close'),
  };
}

/** As HTTP/2 counts it (RFC 9113 §6.5.2): a section is too large on both, or on none. */
function checkSize(lines: readonly string[], limits: Limits): void {
  let size = 0;
  for (const text of lines) size += text.length + 16;
  if (size > limits.headerListSize || lines.length > 2 * limits.fieldLines) {
    throw new Refusal(431, 'the field section is too large (RFC 6585 section 5)');
  }
}

/** One way of delimiting, and one that both sides know (RFC 9112 §6.1). The parser has refused the two together. */
function checkFraming(version: string, { transferEncoding }: Section): void {
  if (transferEncoding.length === 0) return;
  if (version === '1.0') throw new Refusal(400, 'HTTP/1.0 has no transfer coding (RFC 9112 section 6.1)');
  if (transferEncoding.length > 1 || transferEncoding[0] !== 'chunked') {
    throw new Refusal(501, 'no transfer coding but chunked is known (RFC 9112 section 6.1)');
  }
}

/** A line is needed on HTTP/1.1, and one only is allowed (RFC 9112 §3.2). */
function hostOf(version: string, { hosts }: Section): string {
  const [host] = hosts;
  if (hosts.length > 1 || (host === undefined && version === '1.1')) {
    throw new Refusal(400, 'a request has one line of host (RFC 9112 section 3.2)');
  }
  if (host === undefined || host === '') return '';
  if (!isAuthority(host)) throw new Refusal(400, '"host" is host and port without userinfo (RFC 9110 section 7.2)');
  return host;
}

interface Parts {
  readonly scheme: string;
  readonly target: string;
  /** null where the target names none. */
  readonly authority: string | null;
}

function connectParts(target: string): Parts {
  if (!isAuthority(target)) throw new Refusal(400, 'CONNECT has host and port as its target (RFC 9112 section 3.2.3)');
  return { scheme: '', target: '', authority: target };
}

function requestParts(method: string, received: string, scheme: string): Parts {
  const absolute = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/.exec(received);
  if (absolute === null) return { scheme, target: checkedTarget(method, received), authority: null };
  const [, claimed = '', authority = '', rest = ''] = absolute;
  if (!isAuthority(authority))
    throw new Refusal(400, 'the authority of a target is host and port (RFC 9112 section 3.2.2)');
  const target = rest === '' && method === 'OPTIONS' ? '*' : rest.startsWith('/') ? rest : `/${rest}`;
  return { scheme: claimed, target: checkedTarget(method, target), authority };
}

function checkedTarget(method: string, target: string): string {
  if (isTarget(target) || (target === '*' && method === 'OPTIONS')) return target;
  throw new Refusal(400, 'a target is an absolute path with a query, or "*" for OPTIONS (RFC 9112 section 3.2)');
}
