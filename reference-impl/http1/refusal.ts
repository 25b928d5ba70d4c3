/** What is answered before an application is asked (section 2.2 of the specification). */
import { STATUS_CODES } from 'node:http';
import { latin1Text } from '../../wire/index.ts';

/** A request that is not served. `message` names the rule and quotes nothing of the peer's. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, rule: string) {
    super(rule);
    this.status = status;
  }
}

/** A whole response without content, after which the connection closes. */
export function refusalText(status: number, date: string): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ndate: ${date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
}

/** Errors of the parser that are not a 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** An error of node:http's parser: its code, and the octets that it was given last. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
  readonly bytesParsed?: number;
}

export function parserStatus({ code = '', rawPacket, bytesParsed = 0 }: ParserError): number {
  // The parser has a list of methods; what is a token and not on it is not implemented (RFC 9110 §9.1).
  if (code === 'HPE_INVALID_METHOD') return isRequestLine(rawPacket, bytesParsed) ? 501 : 400;
  return STATUSES[code] ?? 400;
}

/** Whether the line that holds the octet `at` is right but for its method. */
function isRequestLine(octets: Uint8Array = new Uint8Array(0), at: number): boolean {
  const text = latin1Text(octets);
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\r\n', start);
  return end >= 0 && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^ ]+ HTTP\/1\.[01]$/.test(text.slice(start, end));
}
