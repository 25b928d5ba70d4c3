/** Fields that an old application may set, and that are not its own to send: they speak of one connection (MSGI-ADAPT-6). */
import type { Fields } from '../../spec/msgi.ts';

export const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'http2-settings',
]);

/** Without the fields that the value of `connection` names: they are of the connection as well (RFC 9110 §7.6.1). */
export function withoutNamed(fields: Fields, connection: string): Fields {
  if (connection === '') return fields;
  const named = new Set(connection.toLowerCase().split(/[ \t]*,[ \t]*/));
  return fields.filter((_, i) => !named.has(fields[i - (i % 2)] as string));
}
