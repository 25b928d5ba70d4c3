/** A forwarding exchange, source and sink by hand: what middleware that changes one member is made of. */
import type { Exchange, Sink, Source } from '../../../spec/msgi.ts';

/** The exchange with some members of it replaced: all others are called on the object that has them. */
export function wrapExchange(x: Exchange, changed: Partial<Exchange>): Exchange {
  return forwarding(x, changed);
}

export function wrapSource(source: Source, changed: Partial<Source>): Source {
  return forwarding(source, changed);
}

export function wrapSink(sink: Sink, changed: Partial<Sink>): Sink {
  return forwarding(sink, changed);
}

function forwarding<T extends object>(inner: T, changed: Partial<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (Object.hasOwn(changed, key)) return Reflect.get(changed, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (...given: unknown[]) => Reflect.apply(value, target, given) : value;
    },
  });
}
