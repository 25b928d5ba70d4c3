/** What each payload in JSON looks like: section 11.4 and schemas/process.schema.json, for the end that writes it. */
import type { HostPayloads, ServerPayloads } from './messages.ts';
import { boolean, either, integer, list, nullOr, object, oneOf, type Shape, text } from './shapes.ts';

const MAX_NUMBER = 0xffff_ffff;
const OCTETS = 0x7fff_ffff;

const code = integer(0, MAX_NUMBER);
/** Neither the type nor the number says it: REFUSED_STREAM is the server's (MSGI-ERR-11). */
const hostCode: Shape = value => (value === 7 ? 'is REFUSED_STREAM' : code(value));
const odd: Shape = value => integer(1, MAX_NUMBER)(value) ?? ((value as number) % 2 === 1 ? null : 'is even');
const even: Shape = value => integer(2, MAX_NUMBER)(value) ?? ((value as number) % 2 === 0 ? null : 'is odd');
// biome-ignore lint/suspicious/noControlCharactersInRegex: one character is one octet.
const fields = list(text(/^[\u0000-\u00ff]*$/));
const sensitive = list(text(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/), 1);
const party = oneOf('peer', 'app', 'server', 'transport');
const urgency = integer(0, 7);
const size = integer(0, Number.MAX_SAFE_INTEGER);

const address = nullOr(object({ host: text(), port: integer(0, 65_535) }));
const base64 = text(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
const tls = nullOr(
  object({ version: text(), cipher: text(), alpn: text(), sni: text(), chain: list(base64), verified: boolean }),
);
const wish = object({ scheme: oneOf('urgency', 'tree', 'none'), urgency, incremental: boolean });
const caps = object(
  {
    multiplex: boolean,
    duplex: boolean,
    push: boolean,
    inform: boolean,
    trailers: boolean,
    tunnel: boolean,
    credit: oneOf('exact', 'coarse'),
    priority: oneOf('both', 'tree', 'urgency', 'none'),
    reset: oneOf('code', 'close'),
  },
  {},
  key => /^[^.]+\./.test(key),
);
const request = object(
  {
    version: oneOf('1.0', '1.1', '2', '3'),
    method: text(/./s),
    scheme: text(),
    authority: text(),
    target: text(),
    base: text(/^(?:\/.*[^/])?$/s),
    protocol: text(),
    fields,
  },
  { sensitive },
);
const hello = object({
  versions: list(text(/^[0-9]+\.[0-9]+$/), 1),
  payload: integer(65_536, MAX_NUMBER),
  name: text(/./s),
});
const end: Shape = value =>
  object({}, { fields, sensitive })(value) ??
  (Object.hasOwn(value as object, 'sensitive') && !Object.hasOwn(value as object, 'fields') ? 'lacks fields' : null);

const sum = object({
  complete: boolean,
  code,
  by: party,
  status: either(oneOf(0), integer(200, 599)),
  sent: size,
  received: size,
});

/** JSON of a shape, or: no octets; content; a u32; no octets for a connection and JSON for an exchange. */
export type Payload = Shape | 'none' | 'octets' | 'credit' | { readonly orNone: Shape };

export const SERVER_PAYLOADS: Readonly<Record<keyof ServerPayloads, Payload>> = {
  HELLO: hello,
  OPEN: object({ peer: address, local: address, tls }),
  CLOSE: { orNone: sum },
  HEAD: object({
    connection: odd,
    id: size,
    request,
    caps,
    priority: wish,
    window: integer(-OCTETS, OCTETS),
    room: integer(0, OCTETS),
    pushed: boolean,
    ended: boolean,
  }),
  DATA: 'octets',
  END: end,
  CREDIT: 'credit',
  PRIORITY: wish,
  RESET: object({ code, by: party }),
  DRAIN: 'none',
  SENT: 'none',
};

export const HOST_PAYLOADS: Readonly<Record<keyof HostPayloads, Payload>> = {
  HELLO: hello,
  DATA: 'octets',
  END: end,
  CREDIT: 'credit',
  INFORM: object({ status: either(oneOf(100), integer(102, 199)), fields }, { sensitive }),
  START: object({ status: integer(200, 599), fields }, { sensitive, end: oneOf(true) }),
  PUSH: object(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it may not have (MSGI-HEAD-7).
    { promise: even, method: oneOf('GET', 'HEAD'), target: text(/^\/[^\u0000- \u007f]*$/), fields },
    { sensitive, authority: text(/./s) },
  ),
  STOP: object({ code }),
  DEADLINE: object({ ms: nullOr(integer(1, OCTETS)) }),
  PRIORITY: object({ urgency, incremental: boolean }),
  RESET: object({ code: hostCode }),
  DRAIN: 'none',
  SETTLED: object({}, { failure: text() }),
};
