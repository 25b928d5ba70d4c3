/** Upgrade of HTTP/1.1 in the shape of an extended CONNECT (section 8.2 of the specification). */
import { createHash } from 'node:crypto';
import { readFieldLines } from './field-lines.ts';
import { Refusal } from './refusal.ts';
import type { Received, Request } from './request-head.ts';

/** What a request asks to switch to, and may. */
export interface Upgrade {
  /** As received. */
  readonly protocol: string;
  /** Lines of the 101 beside those of the application. */
  readonly lines: readonly string[];
}

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The first listed protocol that a GET without content asks for; null where there is none (MSGI-TUN-4, MSGI-TUN-16). */
export function upgradeOf(received: Received, protocols: ReadonlySet<string>): Upgrade | null {
  if (received.version !== '1.1' || received.method !== 'GET') return null;
  const { upgrade, connection, transferEncoding, contentLength } = readFieldLines(received.lines);
  if (!connection.includes('upgrade') || transferEncoding.length > 0 || contentLength > 0) return null;
  const protocol = upgrade.find(name => protocols.has(name.toLowerCase()));
  if (protocol === undefined) return null;
  return { protocol, lines: ['connection', 'upgrade', 'upgrade', protocol, ...accept(protocol, received.lines)] };
}

function accept(protocol: string, lines: readonly string[]): readonly string[] {
  if (protocol.toLowerCase() !== 'websocket') return [];
  const key = lines.filter((_, i) => i % 2 === 1 && lines[i - 1]?.toLowerCase() === 'sec-websocket-key');
  if (key.length !== 1 || !/^[+/0-9A-Za-z]{22}==$/.test(key[0] as string)) {
    throw new Refusal(400, 'an upgrade to websocket has one key of 16 octets (RFC 6455 section 4.2.1)');
  }
  return ['sec-websocket-accept', createHash('sha1').update(`${key[0]}${GUID}`).digest('base64')];
}

/** The request as CONNECT, without the fields that exist on HTTP/1.1 only (MSGI-TUN-13, MSGI-TUN-15). */
export function asConnect(request: Request, { protocol }: Upgrade): Request {
  const isWebSocket = protocol.toLowerCase() === 'websocket';
  const fields = isWebSocket ? without(request.head.fields, 'sec-websocket-key') : request.head.fields;
  return { ...request, head: { ...request.head, method: 'CONNECT', protocol, fields } };
}

function without(fields: readonly string[], name: string): readonly string[] {
  return Object.freeze(fields.filter((_, i) => fields[i - (i % 2)] !== name));
}

/** A request that asked for nothing listed, as octets, without `upgrade`: to be read once more (MSGI-TUN-4). */
export function withoutUpgrade({ method, target, version, lines }: Received): Buffer {
  let text = `${method} ${target} HTTP/${version}\r\n`;
  for (let i = 0; i < lines.length; i += 2) {
    if (lines[i]?.toLowerCase() !== 'upgrade') text += `${lines[i]}: ${lines[i + 1]}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}
