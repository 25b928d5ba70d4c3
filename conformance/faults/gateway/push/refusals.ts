/** Servers that promise, or say that they do, where nothing may be promised. */
import type { Exchange } from '../../../../spec/msgi.ts';
import { FRAME_TYPE, type Payload, SETTING, settings } from '../../../../wire/index.ts';

import { alters, hides, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { pushing } from './pushing.ts';

/** The server does not read a setting of the client. */
const ignores = (name: 'ENABLE_PUSH' | 'MAX_CONCURRENT_STREAMS'): Wire =>
  alters((frame, payload: Payload) =>
    payload.type === 'SETTINGS' && !payload.ack
      ? settings(payload.entries.filter(([id]) => id !== SETTING[name]))
      : frame,
  );

/** The server says true where it has promised nothing. */
const saysTrue = (where: (x: Exchange) => boolean): NonNullable<GatewayFault['wrap']> =>
  pushing((x, request, app) => x.push(request, app) || where(x));

export default [
  {
    id: 'push/swallows-type-errors',
    deviation: 'The server gives false where an argument of push is wrong.',
    clause: 'MSGI-PUSH-2',
    fails: ['push/wrong-arguments', 'push/targets-as-no-wire-has-them', 'push/fields-that-no-promise-has'],
    seen: /before of a is .*false/,
    wrap: pushing((x, request, app) => {
      try {
        return x.push(request, app);
      } catch {
        return false;
      }
    }),
  },
  {
    id: 'push/checks-state-first',
    deviation: 'The server looks at the arguments of push only where something could be promised.',
    clause: 'MSGI-LIFE-1',
    fails: ['push/wrong-arguments', 'push/targets-as-no-wire-has-them', 'push/fields-that-no-promise-has'],
    seen: /behind of a is .*false/,
    wrap: pushing((x, request, app) => x.state !== 'done' && x.push(request, app)),
  },
  {
    id: 'push/forgets-enable-push',
    deviation: 'The server promises whatever ENABLE_PUSH says.',
    clause: 'MSGI-PUSH-3',
    fails: ['push/push-is-disabled'],
    seen: /push of page is true, not false/,
    wire: ignores('ENABLE_PUSH'),
  },
  {
    id: 'push/says-true-on-http1',
    deviation: 'The server gives true at push on HTTP/1.1.',
    clause: 'MSGI-PUSH-3',
    fails: ['push/on-http1'],
    seen: /push of page is true, not false/,
    wrap: saysTrue(({ request }) => request.version === '1.1'),
  },
  {
    id: 'push/forgets-the-limit-of-the-peer',
    deviation: 'The server promises whatever MAX_CONCURRENT_STREAMS says.',
    clause: 'RFC 9113 §5.1.2, MSGI-PUSH-4',
    fails: ['push/the-limit-of-the-peer', 'push/a-limit-of-none', 'push/pushed-streams-within-the-limit'],
    seen: /is true, not false|\d pushed streams where the client allows \d/,
    wire: ignores('MAX_CONCURRENT_STREAMS'),
  },
  {
    id: 'push/forgets-goaway',
    deviation: 'The server takes no notice of a GOAWAY of the client.',
    clause: 'RFC 9113 §6.8, MSGI-PUSH-5, MSGI-PUSH-17',
    fails: ['push/behind-a-goaway', 'push/above-the-last-stream-of-a-goaway'],
    seen: /a stream is promised behind the GOAWAY|waited for the application to report "close" of style-2/,
    waits: true,
    wire: hides(({ type }) => type === FRAME_TYPE.GOAWAY),
  },
  {
    id: 'push/says-true-while-it-drains',
    deviation: 'The server gives true at push while the connection drains.',
    clause: 'MSGI-PUSH-5',
    fails: ['push/while-the-connection-drains'],
    seen: /push of page is true, not false/,
    wrap: saysTrue(({ connection }) => connection.draining),
  },
  {
    id: 'push/says-true-of-what-is-over',
    deviation: 'The server gives true at push when the response of the parent is over.',
    clause: 'MSGI-PUSH-6',
    fails: ['push/the-parent-is-over'],
    seen: /push of (done|dead) is true, not false/,
    wrap: saysTrue(({ state }) => state === 'done' || state === 'dead'),
  },
  {
    id: 'push/says-true-without-content',
    deviation: 'The server gives true at push on a response that has no content and whose head is out.',
    clause: 'MSGI-PUSH-6',
    fails: ['push/the-parent-is-over'],
    seen: /push of (head|empty) is true, not false/,
    wrap: saysTrue(({ state }) => state === 'open'),
  },
  {
    id: 'push/says-true-on-tunnels',
    deviation: 'The server gives true at push on a CONNECT exchange.',
    clause: 'MSGI-PUSH-7',
    fails: ['push/on-a-tunnel'],
    seen: /before of connect is true, not false/,
    wrap: saysTrue(({ request }) => request.method === 'CONNECT'),
  },
  {
    id: 'push/says-true-on-promised-streams',
    deviation: 'The server gives true at push on a pushed exchange.',
    clause: 'MSGI-PUSH-8',
    fails: ['push/on-a-pushed-exchange'],
    seen: /push of style is true, not false/,
    wrap: saysTrue(({ pushed }) => pushed),
  },
  {
    id: 'push/says-true-of-what-it-does-not-promise',
    deviation: 'The server gives true at push whenever the arguments are right, and promises what it may.',
    clause: 'MSGI-PUSH-1',
    fails: ['push/the-limit-of-the-peer', 'push/a-limit-of-none', 'push/behind-a-goaway', 'push/a-foreign-authority'],
    seen: /(style-2|push|foreign) of page is true, not false/,
    wrap: saysTrue(() => true),
  },
  {
    id: 'push/any-authority',
    deviation: 'The server promises in its own name what is asked for in that of another.',
    clause: 'MSGI-PUSH-9',
    fails: ['push/a-foreign-authority'],
    seen: /foreign of page is true, not false/,
    wrap: pushing((x, { authority: _, ...request }, app) => x.push(request, app)),
  },
] satisfies readonly GatewayFault[];
