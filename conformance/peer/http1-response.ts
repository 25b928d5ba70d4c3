/** One response of HTTP/1.x out of the octets of a connection (RFC 9112), one character for each octet. */

/** How the end of the content is told (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface Http1Response {
  /** "1.1" */
  readonly version: string;
  readonly status: number;
  /** Flat, names in lower case. */
  readonly fields: readonly string[];
  readonly content: string;
  readonly trailers: readonly string[];
  readonly framing: Framing;
  /** Its end has come, in the way of its framing. */
  readonly whole: boolean;
  /** Where the octets behind it begin. */
  readonly end: number;
}

/** What has come of the response at `from`; null while its head is not whole. `ended`: the sender's FIN has come. */
export function readResponse(text: string, from: number, method: string, ended: boolean): Http1Response | null {
  const at = text.indexOf('\r\n\r\n', from);
  if (at < 0) return null;
  const [start = '', ...lines] = text.slice(from, at).split('\r\n');
  const [, version = '', status = '0'] = /^HTTP\/(1\.[01]) ([0-9]{3})(?: |$)/.exec(start) ?? [];
  const head = { version, status: Number(status), fields: lines.flatMap(fieldOf) };
  return { ...head, ...contentOf(text, at + 4, head, method, ended) };
}

type Content = Pick<Http1Response, 'content' | 'trailers' | 'framing' | 'whole' | 'end'>;
type Head = Pick<Http1Response, 'status' | 'fields'>;

function contentOf(text: string, at: number, { status, fields }: Head, method: string, ended: boolean): Content {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { content: '', trailers: [], framing: 'none', whole: true, end: at };
  if (valuesOf(fields, 'transfer-encoding').join().toLowerCase() === 'chunked') return chunked(text, at);
  const [length] = valuesOf(fields, 'content-length');
  const end = length === undefined ? text.length : Math.min(text.length, at + Number(length));
  const content = text.slice(at, end);
  const framing = length === undefined ? 'close' : 'length';
  return { content, trailers: [], framing, whole: length === undefined ? ended : end === at + Number(length), end };
}

/** RFC 9112 §7.1. */
function chunked(text: string, from: number): Content {
  let content = '';
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return { content, framing: 'chunked', ...trailersOf(text, line) };
    const end = line + 2 + size;
    if (Number.isNaN(size) || text.length < end + 2)
      return { content, trailers: [], framing: 'chunked', whole: false, end: text.length };
    content += text.slice(line + 2, end);
    at = end + 2;
  }
}

/** Behind the line of the last chunk: its end is at `at`. */
function trailersOf(text: string, at: number): Pick<Content, 'trailers' | 'whole' | 'end'> {
  const end = text.indexOf('\r\n\r\n', at);
  if (end < 0) return { trailers: [], whole: false, end: text.length };
  const lines = text.slice(at + 2, end + 2).split('\r\n');
  return { trailers: lines.filter(line => line !== '').flatMap(fieldOf), whole: true, end: end + 4 };
}

function fieldOf(line: string): readonly string[] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Values of all fields of that name in a flat list. */
export function valuesOf(fields: readonly string[], name: string): readonly string[] {
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === name);
}

/** "status 200, 5 octets by content-length", for sentences. */
export function describeResponse({ status, content, framing, whole }: Http1Response): string {
  const by = framing === 'length' ? 'content-length' : framing;
  return `status ${status} with ${content.length} octets (${by}), ${whole ? 'whole' : 'cut short'}`;
}
