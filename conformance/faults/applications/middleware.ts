/** Middleware that is wrong about one thing each, and middleware that changes much and is sound. */
import type { App, Exchange, Fields } from '../../../spec/msgi.ts';
import type { Middleware } from '../../application/loaded.ts';
import type { MiddlewareFault } from './fault.ts';
import { wrapExchange, wrapSink, wrapSource } from './wrapper.ts';

const stamp = (fields: Fields = []): Fields => {
  const stamped = [...fields, 'x-by', 'kit'];
  return fields.sensitive === undefined ? stamped : Object.assign(stamped, { sensitive: fields.sensitive });
};

/** Adds a field by either way, and answers for an application that has failed before it answered. */
export const soundMiddleware: Middleware = next => async x => {
  try {
    await next(
      wrapExchange(x, {
        start: (status, fields) => x.start(status, stamp(fields)),
        respond: (status, fields, body) => x.respond(status, stamp(fields), body),
      }),
    );
  } catch (error) {
    if (x.state === 'idle') x.respond(502, ['content-type', 'text/plain'], 'sorry\n');
    throw error;
  }
};

/** Middleware that replaces some members. */
const changing =
  (change: (x: Exchange) => Partial<Exchange>): Middleware =>
  next =>
  x =>
    next(wrapExchange(x, change(x)));

const LIMIT = 100_000;
const FOOTER = 'sent by the kit\n';

export default [
  {
    id: 'middleware/takes-members-off',
    deviation: 'The middleware takes `watch` off the exchange before it calls it.',
    clause: 'MSGI-MID-3',
    fails: ['middleware/members-on-their-object'],
    seen: /watch is called on another object/,
    middleware: next => x => {
      // With the checker between, members do not mind: what matters is a server that does.
      const { watch } = Object.create(x) as Exchange;
      try {
        watch(() => {});
      } catch {}
      return next(x);
    },
  },
  {
    id: 'middleware/copies-by-hand',
    deviation: 'The middleware writes the members down by hand, and forgets one.',
    clause: 'MSGI-MID-4',
    fails: ['middleware/every-member'],
    seen: /the application is given no prioritize/,
    middleware: next => x =>
      next(
        new Proxy(wrapExchange(x, {}), {
          has: (target, key) => key !== 'prioritize' && key in target,
          get: (target, key) => (key === 'prioritize' ? undefined : Reflect.get(target, key)),
        }),
      ),
  },
  {
    id: 'middleware/drops-the-promise-of-write',
    deviation: 'The middleware wraps `write` to count octets, and gives nothing back.',
    clause: 'MSGI-MID-5',
    fails: ['middleware/back-pressure-passes'],
    seen: /a write settles while \d+ octets wait at the server/,
    middleware: changing(x => ({
      start: (status, fields) => {
        const out = x.start(status, fields);
        return wrapSink(out, { write: chunk => void out.write(chunk) });
      },
    })),
  },
  {
    id: 'middleware/resets-by-its-own-code',
    deviation: 'The middleware wraps `reset` to log it, and does not pass its code on.',
    clause: 'MSGI-MID-5',
    fails: ['middleware/arguments-and-results-pass'],
    seen: /lost on the way: the code of reset/,
    middleware: changing(x => ({ reset: () => x.reset() })),
  },
  {
    id: 'middleware/changes-respond-only',
    deviation: 'The middleware adds its field in `respond`, and not in `start`.',
    clause: 'MSGI-MID-6',
    fails: ['middleware/start-as-respond'],
    seen: /by respond status 200, fields content-type x-by.*; by start status 200, fields content-type,/,
    middleware: changing(x => ({ respond: (status, fields, body) => x.respond(status, stamp(fields), body) })),
  },
  {
    id: 'middleware/limits-read-only',
    deviation: 'The middleware limits what `read` gives, and the iterator walks around it.',
    clause: 'MSGI-MID-7',
    fails: ['middleware/iterator-as-read'],
    seen: /read gives \d+ octets, the iterator 2097152 octets|read gives an error .*, the iterator 2097152 octets/,
    middleware: changing(x => {
      let octets = 0;
      const read = async (): Promise<Uint8Array | null> => {
        const chunk = await x.body.read();
        octets += chunk?.length ?? 0;
        if (octets > LIMIT) x.body.stop();
        return octets > LIMIT ? x.body.read() : chunk;
      };
      return { body: wrapSource(x.body, { read }) };
    }),
  },
  {
    id: 'middleware/cuts-the-prefix-off',
    deviation: 'The middleware routes by prefix, and takes the prefix out of `target` without putting it into `base`.',
    clause: 'MSGI-MID-8',
    fails: ['middleware/prefix-is-kept'],
    seen: /the application is given base "" and target "\/inner/,
    middleware: next => x => {
      const { target } = x.request;
      return next(wrapExchange(x, { request: { ...x.request, target: `/inner${target}` } }));
    },
  },
  {
    id: 'middleware/takes-push-away',
    deviation: 'The middleware gives false at `push`, and leaves `caps.push` true.',
    clause: 'MSGI-MID-9',
    fails: ['middleware/capabilities-are-told'],
    seen: /caps.push is true, and push gives false/,
    middleware: changing(() => ({ push: () => false })),
  },
  {
    id: 'middleware/adds-a-footer',
    deviation: 'The middleware adds a footer to the content, and leaves its content-length.',
    clause: 'MSGI-MID-10',
    fails: ['middleware/length-of-what-is-changed'],
    seen: /a content-length of \d+, and \d+ octets of content/,
    middleware: changing(x => ({
      respond: (status, fields, body = '') => x.respond(status, fields, `${String(body)}${FOOTER}`),
    })),
  },
  {
    id: 'middleware/settles-at-once',
    deviation: 'The middleware calls the application and does not give its promise back.',
    clause: 'MSGI-MID-11',
    fails: ['middleware/settles-last'],
    seen: /the middleware has settled while the application works/,
    middleware: (next: App) => x => {
      // A sound request is answered at the call.
      const result = next(x);
      return x.request.method === 'POST' ? undefined : result;
    },
  },
  {
    id: 'middleware/swallows-failures',
    deviation: 'The middleware answers 500 for an application that has failed, and keeps the failure to itself.',
    clause: 'MSGI-MID-12',
    fails: ['middleware/failures-go-on'],
    seen: /the application fails, and nobody reports it/,
    middleware: next => async x => {
      try {
        await next(x);
      } catch {
        if (x.state === 'idle') x.respond(500);
      }
    },
  },
  {
    id: 'middleware/answers-without-asking',
    deviation: 'The middleware answers 500 for an application that has failed, whatever that has sent.',
    clause: 'MSGI-MID-13',
    fails: ['middleware/asks-the-state'],
    seen: /respond: the response is open/,
    middleware: next => async x => {
      try {
        await next(x);
      } catch (error) {
        x.respond(500);
        throw error;
      }
    },
  },
  {
    id: 'middleware/spreads-fields',
    deviation: 'The middleware builds its field list by spreading that of the application.',
    clause: 'MSGI-FIELD-16',
    fails: ['middleware/sensitive-is-kept'],
    seen: /sensitive does not name it any more/,
    middleware: changing(x => ({
      start: (status, fields = []) => x.start(status, [...fields, 'x-by', 'kit']),
      respond: (status, fields = [], body) => x.respond(status, [...fields, 'x-by', 'kit'], body),
    })),
  },
] satisfies readonly MiddlewareFault[] as readonly MiddlewareFault[];
