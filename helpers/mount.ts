/** Routing by prefix: what lies below moves from `target` to `base`. */
import type { App, Exchange, RequestHead } from '../spec/msgi.ts';
import { ForwardExchange } from './forward-exchange.ts';

class Mounted extends ForwardExchange {
  readonly #head: RequestHead;

  constructor(inner: Exchange, head: RequestHead) {
    super(inner);
    this.#head = head;
  }

  override get request(): RequestHead {
    return this.#head;
  }
}

/**
 * Serves each application below its prefix, such as "/shop": it sees the rest of the path as `target`, which is "" or "?…"
 * for the prefix itself, and `base` longer by the prefix (MSGI-MID-8). The longest prefix wins; what no prefix fits goes to
 * `fallback` untouched, by default 404. Octets are compared, as sent: no rule on access may rest on it (section 13.1).
 * TypeError for a prefix that does not begin with "/", or ends with one.
 */
export function mount(apps: Readonly<Record<string, App>>, fallback: App = notFound): App {
  const prefixes = Object.entries(apps).sort(([one], [other]) => other.length - one.length);
  for (const [prefix] of prefixes) check(prefix);
  return x => {
    const { request } = x;
    const { base, target } = request;
    for (const [prefix, app] of prefixes) {
      if (!isBelow(target, prefix)) continue;
      return app(new Mounted(x, { ...request, base: base + prefix, target: target.slice(prefix.length) }));
    }
    return fallback(x);
  };
}

/** "/shop" is no prefix of "/shopping": a segment fits as a whole. */
function isBelow(target: string, prefix: string): boolean {
  return target.startsWith(prefix) && ['', '/', '?'].includes(target.charAt(prefix.length));
}

function check(prefix: string): void {
  if (/^\/[^?#]*[^/?#]$/.test(prefix)) return;
  throw new TypeError(`a prefix is like "/shop", without a slash at its end: ${JSON.stringify(prefix)}`);
}

function notFound(x: Exchange): void {
  x.respond(404, ['content-type', 'text/plain; charset=utf-8'], 'not found\n');
}
