/** Hosts that take, answer and forward calls of the application wrongly. */
import type { Frame } from '../../../binding/frame.ts';
import type { Deviation } from '../../process/filters.ts';
import { facing, withMembers } from '../gateway/wrap.ts';
import type { HostFault } from './fault.ts';
import { begins, is, jsonOf, ofHost, ofServer, reading, withJson, writing } from './filters.ts';

/** HEAD says that the peer takes it, whatever it takes. */
const allows = (cap: 'push' | 'inform') =>
  reading((frame: Frame) => {
    if (!is(frame, 'HEAD')) return frame;
    const head = jsonOf(frame);
    return withJson(frame, { ...head, caps: { ...head.caps, [cap]: true } });
  });

/** The promise has another number on the pipe than at the host. */
const renumbered = (renumber: (promise: number) => number): Deviation => {
  return () => {
    const given = new Map<number, number>();
    const known = new Map<number, number>();
    return {
      toServer: frame => {
        if (!is(frame, 'PUSH')) return [{ ...frame, number: given.get(frame.number) ?? frame.number }];
        const push = jsonOf(frame);
        const promise = renumber(push.promise);
        given.set(push.promise, promise);
        known.set(promise, push.promise);
        return [withJson(frame, { ...push, promise })];
      },
      toHost: frame => [{ ...frame, number: known.get(frame.number) ?? frame.number }],
    };
  };
};

export default [
  {
    id: 'host/one-at-a-time',
    deviation: 'The host calls the application on a HEAD when the exchange before has settled.',
    clause: 'MSGI-PROC-21',
    fails: ['host/heads-wait-for-nobody'],
    seen: /waited for the application to be called on b/,
    waits: true,
    pipe: link => {
      const held: Frame[] = [];
      let live = 0;
      return {
        toHost: frame => {
          if (!begins(frame)) return [frame];
          live += 1;
          if (live === 1) return [frame];
          held.push(frame);
          return [];
        },
        toServer: frame => {
          const next = is(frame, 'SETTLED') && live > 0 ? held.shift() : undefined;
          if (next !== undefined) link.toHost(next);
          return [frame];
        },
      };
    },
  },
  {
    id: 'host/takes-any-code',
    deviation: 'The host takes REFUSED_STREAM at reset, without effect.',
    clause: 'MSGI-PROC-31',
    fails: ['host/arguments-are-checked-at-the-call', 'host/arguments-are-checked-on-dead-exchanges'],
    seen: /no TypeError (?:on a dead exchange )?for reset\(7\)$/,
    wrap: facing(x =>
      withMembers(x, {
        reset: code => {
          if (code !== 7) x.reset(code);
        },
      }),
    ),
  },
  {
    id: 'host/checks-behind-the-message',
    deviation: 'The host checks a deadline when it has told the server of it.',
    clause: 'MSGI-PROC-31',
    fails: ['host/arguments-are-checked-at-the-call'],
    seen: /the host writes DEADLINE, START, END where START, END is all that is right/,
    wrap: facing(x =>
      withMembers(x, {
        deadline: ms => {
          if (ms === 0) x.deadline(1000);
          x.deadline(ms);
        },
      }),
    ),
  },
  {
    id: 'host/checks-nothing-of-the-dead',
    deviation: 'The host looks at no argument of prioritize on a dead exchange.',
    clause: 'MSGI-LIFE-1',
    fails: ['host/arguments-are-checked-on-dead-exchanges'],
    seen: /there is no TypeError on a dead exchange for prioritize\(8, false\), prioritize\(-1, false\)$/,
    wrap: facing(x =>
      withMembers(x, {
        prioritize: (urgency, incremental) => {
          if (x.state !== 'dead') x.prioritize(urgency, incremental);
        },
      }),
    ),
  },
  {
    id: 'host/inform-gives-false',
    deviation: 'The host gives false at inform, although it sends INFORM.',
    clause: 'MSGI-PROC-33',
    fails: ['host/inform-is-true-when-it-is-sent'],
    seen: /inform gives false where caps.inform is true/,
    wrap: facing(x =>
      withMembers(x, {
        inform: (status, fields) => {
          x.inform(status, fields);
          return false;
        },
      }),
    ),
  },
  {
    id: 'host/keeps-inform-to-itself',
    deviation: 'The host gives true at inform, and sends nothing.',
    clause: 'MSGI-PROC-33',
    fails: ['host/inform-is-true-when-it-is-sent'],
    seen: /waited for INFORM for number/,
    waits: true,
    pipe: writing(frame => (is(frame, 'INFORM') ? [] : frame)),
  },
  {
    id: 'host/informs-in-silence',
    deviation: 'The host sends INFORM where caps.inform is false, and gives false.',
    clause: 'MSGI-PROC-33',
    fails: ['host/inform-is-false-where-it-is-not-sent'],
    seen: /INFORM of \d+, where caps.inform is false/,
    pipe: allows('inform'),
    wrap: facing(x =>
      withMembers(x, {
        inform: (status, fields) => {
          x.inform(status, fields);
          return false;
        },
      }),
    ),
  },
  {
    id: 'host/pretends-to-inform',
    deviation: 'The host gives true at inform where caps.inform is false.',
    clause: 'MSGI-PROC-33',
    fails: ['host/inform-is-false-where-it-is-not-sent'],
    seen: /inform gives true where caps.inform is false/,
    wrap: facing(x =>
      withMembers(x, {
        inform: (status, fields) => {
          x.inform(status, fields);
          return true;
        },
      }),
    ),
  },
  {
    id: 'host/push-gives-false',
    deviation: 'The host gives false at push, although it sends PUSH.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-true-when-it-is-sent'],
    seen: /push gives false before the response, false within it/,
    wrap: facing(x =>
      withMembers(x, {
        push: (request, app) => {
          x.push(request, app);
          return false;
        },
      }),
    ),
  },
  {
    id: 'host/keeps-push-to-itself',
    deviation: 'The host gives true at push, and sends nothing.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-true-when-it-is-sent'],
    seen: /waited for PUSH for number/,
    waits: true,
    pipe: writing(frame => (is(frame, 'PUSH') ? [] : frame)),
  },
  {
    id: 'host/pushes-to-everybody',
    deviation: 'The host sends PUSH, and gives true, whatever caps.push is.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-false-where-it-is-not-sent'],
    seen: /PUSH of \d+, where caps.push is false|push gives true where caps.push is false/,
    pipe: allows('push'),
  },
  {
    id: 'host/pushes-for-the-pushed',
    deviation: 'The host gives true at push on a pushed exchange.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-false-where-it-is-not-sent'],
    seen: /push gives true on a pushed exchange/,
    wrap: facing(x => withMembers(x, { push: (request, app) => x.pushed || x.push(request, app) })),
  },
  {
    id: 'host/pushes-in-a-drain',
    deviation: 'The host gives true at push on a connection that drains.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-false-where-it-is-not-sent'],
    seen: /push gives true on a connection that drains/,
    wrap: facing(x => withMembers(x, { push: (request, app) => x.connection.draining || x.push(request, app) })),
  },
  {
    id: 'host/forgets-the-app-of-the-call',
    deviation: 'The host runs the hosted application on every promise.',
    clause: 'MSGI-PROC-36',
    fails: ['host/the-application-of-a-promise'],
    seen: /the promise with an app runs the hosted application/,
    wrap: facing(x => withMembers(x, { push: request => x.push(request) })),
  },
  {
    id: 'host/mixes-promises-up',
    deviation: 'The host takes promises in the order of their calls, not by their numbers.',
    clause: 'MSGI-PROC-36',
    fails: ['host/the-application-of-a-promise'],
    seen: /the promise without an app runs that of another call/,
    pipe: () => {
      const swapped = (frame: Frame): Frame =>
        frame.number === 2 || frame.number === 4 ? { ...frame, number: 6 - frame.number } : frame;
      return { toHost: frame => [swapped(frame)], toServer: frame => [swapped(frame)] };
    },
  },
  {
    id: 'host/runs-what-is-refused',
    deviation: 'The host runs the application of a promise that the server has refused.',
    clause: 'MSGI-PROC-36',
    fails: ['host/a-promise-that-is-refused'],
    seen: /an application runs on the refused promise/,
    pipe: () => {
      let head = ofServer({ type: 'SENT', number: 0, payload: null });
      let target = '';
      return {
        toServer: frame => {
          if (is(frame, 'PUSH')) target = jsonOf(frame).target;
          return [frame];
        },
        toHost: frame => {
          if (begins(frame)) head = frame;
          if (!is(frame, 'RESET') || frame.number % 2 === 1) return [frame];
          const { request, ...rest } = jsonOf(head);
          return [
            { ...withJson(head, { ...rest, pushed: true, request: { ...request, target } }), number: frame.number },
          ];
        },
      };
    },
  },
  {
    id: 'host/promises-odd-numbers',
    deviation: 'The host gives odd numbers to its promises.',
    clause: 'MSGI-PROC-12',
    fails: ['host/promises-are-even-and-rise'],
    seen: /PUSH promises an odd number/,
    waits: true,
    pipe: renumbered(promise => promise + 1),
  },
  {
    id: 'host/promises-fall',
    deviation: 'The host counts its promises down.',
    clause: 'MSGI-PROC-12',
    fails: ['host/promises-are-even-and-rise'],
    seen: /the first PUSH promises 998, not 2/,
    pipe: renumbered(promise => 1000 - promise),
  },
  {
    id: 'host/promises-fall-later',
    deviation: 'The host gives its third promise a lower number than the second.',
    clause: 'MSGI-PROC-12',
    fails: ['host/promises-are-even-and-rise'],
    seen: /PUSH gives 4 behind 6/,
    pipe: renumbered(promise => (promise === 4 ? 6 : promise === 6 ? 4 : promise)),
  },
  {
    id: 'host/promises-twice',
    deviation: 'The host gives the number of a promise that was refused to the next.',
    clause: 'MSGI-PROC-13',
    fails: ['host/promises-are-even-and-rise'],
    seen: /PUSH gives the number 2 a second time/,
    pipe: renumbered(() => 2),
  },
  {
    id: 'host/asks-for-promises-of-its-own',
    deviation: 'The host sends PUSH where its application has not called push.',
    clause: 'MSGI-PROC-34',
    fails: ['host/push-is-false-where-it-is-not-sent'],
    seen: /PUSH is sent for e, although push gave false/,
    pipe: () => {
      let bare = 0;
      return {
        toHost: frame => {
          if (begins(frame) && jsonOf(frame).request.method === 'HEAD') bare = frame.number;
          return [frame];
        },
        toServer: frame => {
          if (!is(frame, 'START') || frame.number !== bare) return [frame];
          const payload = { promise: 100, method: 'GET', target: '/x', fields: [] } as const;
          return [frame, ofHost({ type: 'PUSH', number: bare, payload })];
        },
      };
    },
  },
] satisfies readonly HostFault[];
