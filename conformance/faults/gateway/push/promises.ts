/** Servers whose promises are none, come late, or are answered by the wrong application at the wrong time. */
import type { App, Exchange } from '../../../../spec/msgi.ts';
import { FRAME_TYPE, type Frame, rstStream } from '../../../../wire/index.ts';

import { alters, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSource, facing, withMembers } from '../wrap.ts';
import { pushing } from './pushing.ts';
import { promiseFrames, recodesPromises } from './recoded.ts';

/** Pushed exchanges as the application sees them. */
const facingPushed = (face: (x: Exchange) => Exchange): NonNullable<GatewayFault['wrap']> =>
  facing(x => (x.pushed ? face(x) : x));

class NeverEnded extends ForwardedSource {
  override get ended(): boolean {
    return false;
  }
}

/** An exchange before there is one: it takes the response, and gives it to the exchange that comes. */
function early(parent: Exchange, target: string): { readonly x: Exchange; readonly answer: App } {
  const given: Parameters<Exchange['respond']>[] = [];
  const x = withMembers(parent, {
    pushed: true,
    request: { ...parent.request, target },
    respond: (...response) => void given.push(response),
  });
  return {
    x,
    answer: y => {
      for (const response of given) y.respond(...response);
    },
  };
}

/** Each promise waits until the content behind it is out. */
const behindContent: Wire = link => {
  let held: readonly Frame[] = [];
  const inner = recodesPromises(
    promise => {
      held = promiseFrames(promise);
      return [];
    },
    frame => {
      if (frame.type !== FRAME_TYPE.DATA) return [frame];
      const late = held;
      held = [];
      return [frame, ...late];
    },
  );
  return inner(link);
};

export default [
  {
    id: 'push/promises-nothing',
    deviation: 'The server gives true at push and promises nothing.',
    clause: 'MSGI-PUSH-1',
    fails: ['push/a-promise-is-queued'],
    seen: /no PUSH_PROMISE for style: the response to page ends/,
    wrap: pushing(() => true),
  },
  {
    id: 'push/says-nothing',
    deviation: 'The server gives false at push although it has queued PUSH_PROMISE.',
    clause: 'MSGI-PUSH-1',
    fails: ['push/a-promise-is-queued'],
    seen: /push of page is false, not true/,
    wrap: pushing((x, request, app) => x.push(request, app) && false),
  },
  {
    id: 'push/promises-get-only',
    deviation: 'The server promises GET where the application asks for HEAD.',
    clause: 'MSGI-PUSH-12',
    fails: ['push/a-promise-of-head'],
    seen: /method of style is "GET", not "HEAD"/,
    wrap: pushing((x, { method: _, ...request }, app) => x.push(request, app)),
  },
  {
    id: 'push/promises-behind-content',
    deviation: 'The server sends content before the promise that was made before it.',
    clause: 'MSGI-PUSH-10',
    fails: ['push/before-what-refers-to-it'],
    seen: /the content that names the promised resource comes before PUSH_PROMISE/,
    wire: behindContent,
  },
  {
    id: 'push/promises-on-begun-responses-only',
    deviation: 'The server promises nothing before the head of the response.',
    clause: 'MSGI-PUSH-11',
    fails: ['push/before-the-head'],
    seen: /push of page is false, not true/,
    wrap: pushing((x, request, app) => x.state !== 'idle' && x.push(request, app)),
  },
  {
    id: 'push/pushed-like-any-other',
    deviation: 'The server does not say that an exchange is pushed.',
    clause: 'MSGI-PUSH-12',
    fails: ['push/invoked-as-promised'],
    seen: /pushed of style is false, not true/,
    wrap: facingPushed(x => withMembers(x, { pushed: false })),
  },
  {
    id: 'push/promises-without-fields',
    deviation: 'The server invokes the application on a promise without its fields.',
    clause: 'MSGI-PUSH-12',
    fails: ['push/invoked-as-promised'],
    seen: /request of style is .*"fields":\[\]/,
    wrap: facingPushed(x => withMembers(x, { request: { ...x.request, fields: [] } })),
  },
  {
    id: 'push/waits-for-content',
    deviation: 'The body of a pushed exchange has not ended.',
    clause: 'MSGI-PUSH-12',
    fails: ['push/invoked-as-promised'],
    seen: /body of style is \[false/,
    wrap: facingPushed(x => withMembers(x, { body: new NeverEnded(x.body) })),
  },
  {
    id: 'push/one-app-for-all',
    deviation: 'The server invokes the application that it hosts on every promise.',
    clause: 'MSGI-PUSH-13',
    fails: ['push/the-app-of-the-call'],
    seen: /the hosted application is invoked where push is given another one/,
    wrap: pushing((x, request) => x.push(request)),
  },
  {
    id: 'push/calls-within-push',
    deviation: 'The server calls the application of the promise inside push.',
    clause: 'MSGI-PUSH-14',
    fails: ['push/in-a-later-turn'],
    seen: /(own of page|turn of hosted) is "present", not "later"/,
    wrap: app => {
      const face = pushing((x, request, own = app) => {
        const { x: now, answer } = early(x, request.target);
        if (!x.push(request, answer)) return false;
        void own(now);
        return true;
      });
      return face(app);
    },
  },
  {
    id: 'push/ends-with-the-parent',
    deviation: 'The server gives pushed exchanges up when the application of their parent has settled.',
    clause: 'MSGI-PUSH-15',
    fails: ['push/outlives-its-parent'],
    seen: /style-\d: RST_STREAM/,
    wrap: app => {
      const pushed: Exchange[] = [];
      return async x => {
        if (x.pushed) pushed.push(x);
        await app(x);
        if (!x.pushed) for (const each of pushed) each.reset();
      };
    },
  },
  {
    id: 'push/loses-the-code-of-a-refusal',
    deviation: 'The server fails every pushed exchange that is reset with CANCEL.',
    clause: 'MSGI-PUSH-16',
    fails: ['push/the-peer-refuses'],
    seen: /close of style-1 is .*"code":8/,
    wire: alters(frame =>
      frame.type === FRAME_TYPE.RST_STREAM && frame.stream % 2 === 0 ? rstStream(frame.stream, 'CANCEL') : frame,
    ),
  },
] satisfies readonly GatewayFault[];
