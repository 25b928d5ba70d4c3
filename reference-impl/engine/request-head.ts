/** From a decoded field section to the head of a request, or Malformed: RFC 9113 §8.3.1, §8.2.3, §8.5, §8.1.1, RFC 8441 §4. */
import { Malformed } from './errors.ts';
import { checkFieldLine, isAuthority, isScheme, isTarget, isToken, isValue } from './fields.ts';
import { NOT_ASKED, readPriority } from './priority-field.ts';
import type { FieldList } from './response-blocks.ts';

/** What an application may trust of a request. Never changed once built: heads of equal blocks are shared. */
export interface RequestHead {
  readonly version: '2';
  readonly method: string;
  readonly scheme: string;
  /** From ":authority", else from "host"; "" where neither came. */
  readonly authority: string;
  /** ":path"; "" for plain CONNECT. */
  readonly target: string;
  readonly base: '';
  /** ":protocol", "" without. */
  readonly protocol: string;
  /** Flat, without pseudo-fields and "host", cookie crumbs joined; `sensitive` names what came never-indexed. */
  readonly fields: FieldList;
}

export interface Request {
  readonly head: RequestHead;
  /** The content-length that was declared, −1 where none was. */
  readonly contentLength: number;
  /** The client waits for 100 (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** What the `priority` field asks for, packed; NOT_ASKED where there is none that can be read. */
  readonly priority: number;
}

const PSEUDO = [':method', ':scheme', ':path', ':authority', ':protocol'] as const;

/** Reads a section as decoded. `extendedConnect`: this side has said that it takes ":protocol" (RFC 8441 §3). */
export function readRequest(section: FieldList, extendedConnect = false): Request {
  const pseudo: (string | undefined)[] = [undefined, undefined, undefined, undefined, undefined];
  let at = 0;
  for (; at < section.length && (section[at] as string).charCodeAt(0) === 0x3a; at += 2) {
    takePseudo(pseudo, section[at] as string, section[at + 1] as string);
  }
  const rest = readFields(section, at);
  const [method, scheme, path, authority, protocol] = pseudo;
  if (method === undefined || !isToken(method)) {
    throw new Malformed('a request has one ":method", a token (RFC 9113 section 8.3.1)');
  }
  if (authority !== undefined && !isAuthority(authority)) {
    throw new Malformed('":authority" is host and port without userinfo (RFC 9113 section 8.3.1)');
  }
  if (protocol !== undefined) checkProtocol(method, authority, protocol, extendedConnect);
  const isPlainConnect = method === 'CONNECT' && protocol === undefined;
  const target = isPlainConnect ? connectTarget(scheme, path, authority) : requestTarget(method, scheme, path);
  return {
    head: {
      version: '2',
      method,
      scheme: scheme ?? '',
      authority: agreedAuthority(scheme, authority, rest.host),
      target,
      base: '',
      protocol: protocol ?? '',
      fields: rest.fields,
    },
    // What a tunnel carries is no content.
    contentLength: method === 'CONNECT' ? -1 : rest.contentLength,
    expectsContinue: rest.expectsContinue,
    priority: rest.priority,
  };
}

function takePseudo(pseudo: (string | undefined)[], name: string, value: string): void {
  const index = PSEUDO.indexOf(name as (typeof PSEUDO)[number]);
  if (index < 0) throw new Malformed('a pseudo-field that no request has (RFC 9113 section 8.3)');
  if (pseudo[index] !== undefined) throw new Malformed(`"${name}" stands twice (RFC 9113 section 8.3)`);
  if (!isValue(value)) throw new Malformed(`"${name}" holds an octet that no field has (RFC 9113 section 8.2.1)`);
  pseudo[index] = value;
}

function checkProtocol(method: string, authority: string | undefined, protocol: string, enabled: boolean): void {
  if (!enabled) throw new Malformed('":protocol" was not enabled by SETTINGS (RFC 8441 section 4)');
  if (method !== 'CONNECT' || protocol === '') {
    throw new Malformed('":protocol" names what CONNECT is to speak (RFC 8441 section 4)');
  }
  if (authority === undefined) throw new Malformed('CONNECT has ":authority" (RFC 8441 section 4)');
}

function requestTarget(method: string, scheme: string | undefined, path: string | undefined): string {
  if (scheme === undefined || !isScheme(scheme)) {
    throw new Malformed('a request has one ":scheme", as a URI begins (RFC 9113 section 8.3.1)');
  }
  if (path === undefined || path === '') {
    throw new Malformed('a request has one ":path", and it is not empty (RFC 9113 section 8.3.1)');
  }
  if (!isTarget(path) && !(path === '*' && method === 'OPTIONS')) {
    throw new Malformed('":path" is an absolute path with a query, or "*" for OPTIONS (RFC 9113 section 8.3.1)');
  }
  return path;
}

function connectTarget(scheme: string | undefined, path: string | undefined, authority: string | undefined): '' {
  if (scheme !== undefined || path !== undefined || authority === undefined) {
    throw new Malformed('CONNECT has ":authority" and neither ":scheme" nor ":path" (RFC 9113 section 8.5)');
  }
  return '';
}

function agreedAuthority(scheme: string | undefined, authority: string | undefined, host: string | undefined): string {
  if (authority === undefined) {
    if ((host ?? '') === '' && (scheme === 'http' || scheme === 'https')) {
      throw new Malformed('":authority" or "host" names who is asked (RFC 9113 section 8.3.1)');
    }
    if (host !== undefined && host !== '' && !isAuthority(host)) {
      throw new Malformed('"host" is host and port without userinfo (RFC 9110 section 7.2)');
    }
    return host ?? '';
  }
  if (host === undefined) return authority;
  if (authority !== host && normal(scheme, authority) !== normal(scheme, host)) {
    throw new Malformed('"host" names another authority than ":authority" (RFC 9113 section 8.3.1)');
  }
  return authority;
}

/** As the scheme compares it: letters without case, its default port as none (RFC 3986 section 6.2.3). */
function normal(scheme: string | undefined, authority: string): string {
  const port = scheme === 'https' ? /:(443)?$/ : scheme === 'http' ? /:(80)?$/ : /:$/;
  return authority.toLowerCase().replace(port, '');
}

interface Rest {
  readonly fields: FieldList;
  readonly host: string | undefined;
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  readonly priority: number;
}

function readFields(section: FieldList, from: number): Rest {
  const fields: string[] & { sensitive?: readonly string[] } = [];
  let host: string | undefined;
  let contentLength = -1;
  let expectsContinue = false;
  let cookie = -1;
  let priority: string | undefined;
  for (let i = from; i < section.length; i += 2) {
    const name = section[i] as string;
    const value = section[i + 1] as string;
    if (name.charCodeAt(0) === 0x3a) {
      throw new Malformed('a pseudo-field stands behind a regular field (RFC 9113 section 8.3)');
    }
    checkFieldLine(name, value);
    if (name === 'host') {
      if (host !== undefined) throw new Malformed('"host" stands twice (RFC 9110 section 7.2)');
      host = value;
      continue;
    }
    if (name === 'content-length') {
      if (contentLength >= 0) throw new Malformed('a request declares one length (RFC 9110 section 8.6)');
      contentLength = parseContentLength(value);
    } else if (name === 'expect') {
      expectsContinue ||= value.toLowerCase() === '100-continue';
    } else if (name === 'cookie') {
      if (cookie >= 0) {
        // Crumbs are one field to everybody but HPACK (RFC 9113 §8.2.3).
        fields[cookie] = `${fields[cookie]}; ${value}`;
        continue;
      }
      cookie = fields.length + 1;
    } else if (name === 'priority') {
      priority = priority === undefined ? value : `${priority}, ${value}`;
    }
    fields.push(name, value);
  }
  if (section.sensitive !== undefined) markSensitive(fields, section.sensitive);
  const asked = priority === undefined ? NOT_ASKED : readPriority(priority);
  return { fields, host, contentLength, expectsContinue, priority: asked };
}

/** Keeps what was never-indexed so for whoever passes it on (RFC 7541 §7.1.3); pseudo-fields and "host" are not there. */
function markSensitive(fields: string[] & { sensitive?: readonly string[] }, names: readonly string[]): void {
  const present = new Set(fields.filter((_, i) => i % 2 === 0));
  const kept = names.filter(name => present.has(name));
  if (kept.length > 0) fields.sensitive = kept;
}

/** 1*DIGIT, and a number that can be counted to exactly. */
export function parseContentLength(value: string): number {
  const length = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) {
    throw new Malformed('content-length is a decimal number of octets (RFC 9110 section 8.6)');
  }
  return length;
}

/** Checks a trailer section: regular fields only (RFC 9113 §8.1). */
export function checkTrailers(section: readonly string[]): void {
  for (let i = 0; i < section.length; i += 2) {
    const name = section[i] as string;
    if (name.charCodeAt(0) === 0x3a) {
      throw new Malformed('trailers hold no pseudo-field (RFC 9113 section 8.1)');
    }
    checkFieldLine(name, section[i + 1] as string);
  }
}
