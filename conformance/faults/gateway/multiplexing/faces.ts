/** Servers whose objects are not those that are declared. */
import type { Exchange } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { facing, withMembers } from '../wrap.ts';

/** Facts on a prototype: a copy loses them. */
function inherited(facts: object): object {
  return Object.create(facts) as object;
}

export default [
  {
    id: 'multiplexing/gives-the-socket',
    deviation: 'The server gives exchanges a member "socket".',
    clause: 'MSGI-MODEL-1',
    fails: ['multiplexing/members-are-those-declared'],
    seen: /exchange of a is .*"socket"/,
    wrap: facing(x => withMembers(x, { socket: null } as Partial<Exchange>)),
  },
  {
    id: 'multiplexing/request-of-getters',
    deviation: 'The request is an object with everything on its prototype.',
    clause: 'MSGI-MODEL-5',
    fails: ['multiplexing/plain-data-is-whole-in-a-copy'],
    seen: /request of a is \[\]/,
    wrap: facing(x => withMembers(x, { request: inherited(x.request) as Exchange['request'] })),
  },
  {
    id: 'multiplexing/undotted-extension',
    deviation: 'The server puts a key without a dot into locals.',
    clause: 'MSGI-MODEL-2',
    fails: ['multiplexing/extensions-have-a-dot'],
    seen: /extensions of a is \["requestId"\]/,
    wrap: facing(x => {
      x.locals['requestId'] = 1;
      return x;
    }),
  },
  {
    id: 'multiplexing/caps-without-tunnel',
    deviation: 'The server leaves keys of caps out where they are false.',
    clause: 'MSGI-CAPS-1',
    fails: ['multiplexing/caps-has-every-key'],
    seen: /types of a is .*"tunnel":"undefined"/,
    wrap: facing(x => {
      const there = Object.entries(x.caps).filter(([, value]) => value !== false);
      return withMembers(x, { caps: Object.fromEntries(there) as unknown as Exchange['caps'] });
    }),
  },
  {
    id: 'multiplexing/counts-ids',
    deviation: 'The server numbers the exchanges of a connection itself.',
    clause: 'MSGI-VER-3',
    fails: ['multiplexing/id-is-the-stream'],
    seen: /id of [ab] is \d+, not \d+/,
    wrap: app => {
      let last = -1;
      return x => {
        last += 2;
        return app(withMembers(x, { id: last }));
      };
    },
  },
  {
    id: 'multiplexing/locals-are-objects',
    deviation: 'The locals are ordinary objects.',
    clause: 'MSGI-SEC-1',
    fails: ['multiplexing/locals-have-no-prototype'],
    seen: /exchange of a is false/,
    wrap: facing(x => withMembers(x, { locals: {} })),
  },
  {
    id: 'multiplexing/locals-of-the-connection',
    deviation: 'All exchanges have the same locals.',
    clause: 'MSGI-SEC-2',
    fails: ['multiplexing/locals-are-each-ones-own'],
    seen: /exchange of b-1 is "a", not null/,
    wrap: app => {
      const locals = Object.create(null) as Record<string, unknown>;
      return x => app(withMembers(x, { locals }));
    },
  },
  {
    id: 'multiplexing/connections-share-locals',
    deviation: 'All connections have the same locals.',
    clause: 'MSGI-SEC-2',
    fails: ['multiplexing/locals-are-each-ones-own'],
    seen: /connection of c is "a", not null/,
    wrap: app => {
      let first: Record<string, unknown> | null = null;
      return x => {
        first ??= x.connection.locals;
        const locals = first;
        const connection = Object.create(x.connection, { locals: { get: () => locals } }) as Exchange['connection'];
        return app(withMembers(x, { connection }));
      };
    },
  },
  {
    id: 'multiplexing/locals-of-no-connection',
    deviation: 'Each exchange has locals of its connection that no other one sees.',
    clause: 'MSGI-SEC-2',
    fails: ['multiplexing/locals-are-each-ones-own'],
    seen: /connection of b is null, not "a"/,
    wrap: facing(x => {
      const locals = Object.create(null) as Record<string, unknown>;
      return withMembers(x, { connection: Object.create(x.connection, { locals: { get: () => locals } }) });
    }),
  },
] satisfies readonly GatewayFault[];
