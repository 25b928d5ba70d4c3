/** Servers that call the application late, twice, or otherwise than as a member with one argument. */
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';

export default [
  {
    id: 'multiplexing/one-at-a-time',
    deviation: 'The server calls the application on the next request when the exchange before it has settled.',
    clause: 'MSGI-MODEL-8',
    fails: ['multiplexing/all-invoked-while-held'],
    seen: /waited for the application of b to come to gate "go"/,
    waits: true,
    wrap: app => {
      let last: Promise<unknown> = Promise.resolve();
      return x => {
        const turn = last.then(() => app(x));
        last = turn.catch(() => {});
        return turn;
      };
    },
  },
  {
    id: 'multiplexing/waits-for-content',
    deviation: 'The server calls the application when the first content of the request has arrived, or its end.',
    clause: 'MSGI-MODEL-9',
    fails: ['multiplexing/invoked-before-content'],
    seen: /waited for the application to report "ended" of a/,
    waits: true,
    wrap: app => async x => {
      while (!x.body.ended && x.body.buffered === 0 && x.state === 'idle') await delay(5);
      return app(x);
    },
  },
  {
    id: 'multiplexing/tries-again',
    deviation: 'The server calls the application again when it has failed before its response.',
    clause: 'MSGI-MODEL-7',
    fails: ['multiplexing/invoked-once'],
    seen: /the application is called 2 times on (throws|rejects)/,
    wrap: app => async x => {
      try {
        await app(x);
      } catch {
        await app(x);
      }
    },
  },
  {
    id: 'multiplexing/second-argument',
    deviation: 'The server gives the application a second argument.',
    clause: 'MSGI-MODEL-10',
    fails: ['multiplexing/one-argument'],
    seen: /called with 2 arguments/,
    wrap: app => x => (app as (...given: readonly unknown[]) => ReturnType<App>)(x, {}),
  },
  {
    id: 'multiplexing/loses-the-object',
    deviation: 'The server takes the member app from its object and calls it as a function.',
    clause: 'MSGI-MODEL-10',
    fails: ['multiplexing/one-argument'],
    seen: /app is not called on its object/,
    wrap: app => x => app.call(null, x),
  },
] satisfies readonly GatewayFault[];
