/** What a field line may hold: RFC 9113 §8.2.1 and §8.2.2 over RFC 9110 §5.1 and §5.5. Strings hold one octet a character. */
import { Malformed } from './errors.ts';

const TOKEN = 1;
const UPPER = 2;
const IN_VALUE = 4;
const IN_TARGET = 8;
const IN_AUTHORITY = 16;

/** One octet of classes for each octet: a check is one look-up a character. */
const CLASSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet);
  let classes = 0;
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char)) classes |= TOKEN;
  if (/[A-Z]/.test(char)) classes |= UPPER;
  if (octet === 0x09 || (octet >= 0x20 && octet !== 0x7f)) classes |= IN_VALUE;
  if (octet > 0x20 && octet !== 0x7f && char !== '#') classes |= IN_TARGET;
  if (/[A-Za-z0-9\-._~!$&'()*+,;=:%[\]]/.test(char)) classes |= IN_AUTHORITY;
  return classes;
});

function all(text: string, wanted: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (((CLASSES[text.charCodeAt(i)] as number) & wanted) === 0) return false;
  }
  return true;
}

/** A token of RFC 9110 §5.6.2, as methods are. */
export function isToken(text: string): boolean {
  return text.length > 0 && all(text, TOKEN);
}

/** A field name as HTTP/2 sends it: a token without upper case. */
export function isName(name: string): boolean {
  if (name.length === 0) return false;
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    if (code > 0xff || ((CLASSES[code] as number) & (TOKEN | UPPER)) !== TOKEN) return false;
  }
  return true;
}

/** A field value: no control octet but HTAB, and no SP or HTAB at either end (RFC 9113 §8.2.1, RFC 9110 §5.5). */
export function isValue(value: string): boolean {
  const length = value.length;
  if (length === 0) return true;
  for (let i = 0; i < length; i += 1) {
    const code = value.charCodeAt(i);
    if (code > 0xff || ((CLASSES[code] as number) & IN_VALUE) === 0) return false;
  }
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(length - 1);
  return first !== 0x20 && first !== 0x09 && last !== 0x20 && last !== 0x09;
}

/** Path and query (RFC 3986 §3.3, §3.4), with octets 0x80–FF let through as they came. */
export function isTarget(target: string): boolean {
  return target.charCodeAt(0) === 0x2f && all(target, IN_TARGET);
}

/** The authority last found good: most requests of a connection name the same. */
let lastAuthority = '';

/** Host and port without userinfo (RFC 9113 §8.3.1); never empty. */
export function isAuthority(authority: string): boolean {
  if (authority === '') return false;
  if (authority === lastAuthority) return true;
  if (!all(authority, IN_AUTHORITY) || !/^(?:\[[^[\]]*\]|[^:[\]]*)(?::[0-9]*)?$/.test(authority)) return false;
  lastAuthority = authority;
  return true;
}

export function isScheme(scheme: string): boolean {
  return scheme === 'https' || scheme === 'http' || /^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme);
}

/** Fields that speak of one connection (RFC 9113 §8.2.2): never sent, refused when received. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

export function isConnectionSpecific(name: string): boolean {
  return CONNECTION_SPECIFIC.has(name);
}

/** Throws Malformed unless the line may stand in a section that a client sends. Pseudo-fields are not for this. */
export function checkFieldLine(name: string, value: string): void {
  if (!isName(name)) {
    throw new Malformed('a field name is a token in lower case (RFC 9113 section 8.2.1)');
  }
  if (!isValue(value)) {
    throw new Malformed(
      'a field value holds no control octets and neither begins nor ends with white space (RFC 9113 section 8.2.1)',
    );
  }
  if (isConnectionSpecific(name)) {
    throw new Malformed(`the field ${name} speaks of one connection and has no place here (RFC 9113 section 8.2.2)`);
  }
  if (name === 'te' && value !== 'trailers') {
    throw new Malformed('the field te says "trailers" or is not sent (RFC 9113 section 8.2.2)');
  }
}
