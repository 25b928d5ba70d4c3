/** What an exchange of HTTP/1.x can do (section 9.3 of the specification): it depends on the message. */
import type { Caps } from '../../spec/msgi.ts';
import type { Host } from '../gateway/gateway.ts';
import type { Request } from './request-head.ts';

export function capsOf({ head, takesTrailers }: Request, host: Host): Caps {
  const is11 = head.version === '1.1';
  const tunnel = head.method === 'CONNECT';
  return Object.freeze({
    multiplex: false,
    duplex: is11 && host.duplex,
    push: false,
    inform: is11,
    trailers: takesTrailers && !tunnel,
    tunnel,
    credit: 'coarse',
    priority: countsUrgency(host) ? 'urgency' : 'none',
    reset: 'close',
  });
}

/** The signals of RFC 9218 count; the tree has none here. */
export function countsUrgency({ priority }: Host): boolean {
  return priority?.signals !== 'tree';
}
