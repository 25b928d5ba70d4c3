/** In what two answers to one request differ: section 9.2 of the specification says what belongs to the version. */
import { isDeepStrictEqual } from 'node:util';

/** An answer, whoever gave it. */
export interface Message {
  readonly status: number;
  /** Lines of one name as their client gives them. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string | Buffer;
  readonly trailers?: unknown;
  /** Informational responses before it. */
  readonly interim?: unknown;
}

/** Of the connection, and how a message is delimited on it. `content-length` is not: all versions have it. */
const OF_THE_VERSION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Parts that differ, in order: "status", "content", "trailers", "interim", and names of fields. Two dates are alike. */
export function differing(one: Message, other: Message): readonly string[] {
  const parts = [
    ...(one.status === other.status ? [] : ['status']),
    ...(isDeepStrictEqual(octetsOf(one), octetsOf(other)) ? [] : ['content']),
    ...(isDeepStrictEqual(one.trailers, other.trailers) ? [] : ['trailers']),
    ...(isDeepStrictEqual(one.interim, other.interim) ? [] : ['interim']),
  ];
  const names = new Set([...Object.keys(one.headers), ...Object.keys(other.headers)]);
  const fields = [...names].filter(name => !OF_THE_VERSION.has(name) && !sameField(name, one.headers, other.headers));
  return [...parts, ...fields].sort();
}

const octetsOf = ({ body }: Message): Buffer => (typeof body === 'string' ? Buffer.from(body, 'latin1') : body);

function sameField(name: string, one: Message['headers'], other: Message['headers']): boolean {
  if (name === 'date') return typeof one[name] === typeof other[name];
  return isDeepStrictEqual(one[name], other[name]);
}
