/** Servers that tell an exchange what happens at a wrong time, too often, or wrongly. */
import type { Close, Exchange, Notice } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';
import { summing, type Wrap, watching } from './faces.ts';

type Listener = (notice: Notice) => void;

/** The server tells all listeners of an exchange by one of its own. */
const telling = (tell: (listeners: readonly Listener[], notice: Notice) => void): Wrap =>
  facing(x => {
    const listeners: Listener[] = [];
    x.watch(notice => tell(listeners, notice));
    return withMembers(x, {
      watch: listener => {
        listeners.push(listener);
        return () => void listeners.splice(listeners.indexOf(listener), 1);
      },
    });
  });

/** What a listener is told that comes when all is over: `give` says how. */
const late = (give: (tell: () => void) => void): Wrap =>
  facing(x => {
    const told: Notice[] = [];
    x.watch(notice => told.push(notice));
    return withMembers(x, {
      watch: listener => {
        if (told.at(-1)?.type !== 'close') return x.watch(listener);
        give(() => told.forEach(listener));
        return () => {};
      },
    });
  });

/** Counts what is written. */
class Adding extends ForwardedSink {
  static readonly written = new WeakMap<Exchange, number>();
  readonly #x: Exchange;

  constructor(inner: ForwardedSink, x: Exchange) {
    super(inner);
    this.#x = x;
  }

  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    Adding.written.set(this.#x, (Adding.written.get(this.#x) ?? 0) + chunk.length);
    return super.write(chunk);
  }
}

export default [
  {
    id: 'lifecycle/tells-inside-watch',
    deviation: 'A listener that is added late is called inside watch.',
    clause: 'MSGI-NOTE-1',
    fails: ['lifecycle/no-notice-inside-a-call'],
    seen: /the late close of respond is given inside the call/,
    wrap: late(tell => tell()),
  },
  {
    id: 'lifecycle/tells-in-the-same-turn',
    deviation: 'A listener that is added late is told in the same turn.',
    clause: 'MSGI-NOTE-4',
    fails: ['lifecycle/late-listeners-are-told'],
    seen: /early of a is 2, not 0/,
    wrap: late(tell => queueMicrotask(tell)),
  },
  {
    id: 'lifecycle/watches-anything',
    deviation: 'The member watch takes what is no function.',
    clause: 'MSGI-NOTE-12',
    fails: ['lifecycle/a-listener-is-a-function'],
    seen: /given of idle is \["a function"/,
    wrap: watching((x, listener) => x.watch(typeof listener === 'function' ? listener : () => {})),
  },
  {
    id: 'lifecycle/the-last-listener-first',
    deviation: 'The listener that was added last is called first.',
    clause: 'MSGI-NOTE-2',
    fails: ['lifecycle/listeners-in-order'],
    seen: /the order is drain third/,
    wrap: telling((listeners, notice) => {
      for (const listener of listeners.toReversed()) listener(notice);
    }),
  },
  {
    id: 'lifecycle/stops-at-a-throw',
    deviation: 'A listener that throws keeps the next ones from being called.',
    clause: 'MSGI-NOTE-3',
    fails: ['lifecycle/a-listener-that-throws'],
    seen: /waited for the application to report "notice" of a/,
    waits: true,
    wrap: telling((listeners, notice) => {
      for (const listener of listeners) listener(notice);
    }),
  },
  {
    id: 'lifecycle/closes-twice',
    deviation: 'Each listener is given close twice.',
    clause: 'MSGI-NOTE-5',
    fails: ['lifecycle/one-close-and-nothing-behind'],
    seen: /the notices are first close, second close, first close/,
    wrap: watching((x, listener) =>
      x.watch(notice => {
        listener(notice);
        setImmediate(listener, notice);
      }),
    ),
  },
  {
    id: 'lifecycle/removes-nobody',
    deviation: 'Listeners stay, though they have been removed.',
    clause: 'MSGI-NOTE-6',
    fails: ['lifecycle/who-has-left-is-not-called'],
    seen: /a listener that was removed is called/,
    wrap: watching((x, listener) => {
      x.watch(listener);
      return () => {};
    }),
  },
  {
    id: 'lifecycle/tells-its-own-priority',
    deviation: 'The server tells the notice "priority" when the application prioritizes.',
    clause: 'MSGI-NOTE-7',
    fails: ['lifecycle/priority-when-it-changes'],
    seen: /the notice comes with urgency 6, unchanged/,
    wrap: facing(x => {
      const listeners: Listener[] = [];
      return withMembers(x, {
        watch: listener => {
          listeners.push(listener);
          return x.watch(listener);
        },
        prioritize: (urgency, incremental = false) => {
          x.prioritize(urgency, incremental);
          const priority = { ...x.priority, urgency, incremental };
          setImmediate(() => listeners.forEach(listener => void listener({ type: 'priority', priority })));
        },
      });
    }),
  },
  {
    id: 'lifecycle/drains-twice',
    deviation: 'Each listener is given drain twice.',
    clause: 'MSGI-NOTE-8',
    fails: ['lifecycle/one-drain'],
    seen: /the notices are drain, drain, close/,
    wrap: watching((x, listener) =>
      x.watch(notice => {
        listener(notice);
        if (notice.type === 'drain') listener(notice);
      }),
    ),
  },
  {
    id: 'lifecycle/no-error-is-complete',
    deviation: 'The server takes an exchange that ends with code 0 for complete.',
    clause: 'MSGI-NOTE-9',
    fails: ['lifecycle/complete-is-the-whole-response'],
    seen: /left-with-no-error: complete is true/,
    wrap: summing(close => ({ ...close, complete: close.complete || close.code === 0 })),
  },
  {
    id: 'lifecycle/the-503-is-complete',
    deviation: 'The server takes its own 503 for a complete response.',
    clause: 'MSGI-NOTE-9',
    fails: ['lifecycle/complete-is-the-whole-response'],
    seen: /overdue: complete is true/,
    wrap: summing(close => ({ ...close, complete: close.complete || close.status === 503 })),
  },
  {
    id: 'lifecycle/complete-with-the-head',
    deviation: 'The server takes a response to HEAD for complete before the application has ended it.',
    clause: 'MSGI-NOTE-9',
    fails: ['lifecycle/complete-is-the-whole-response'],
    seen: /head-that-fails: complete is true/,
    wrap: summing((close, x) => ({ ...close, complete: close.complete || x.request.method === 'HEAD' })),
  },
  {
    id: 'lifecycle/sums-the-response-only',
    deviation: 'The server gives code 0 where the response is complete, whatever became of the request.',
    clause: 'MSGI-NOTE-10',
    fails: ['lifecycle/the-first-failure'],
    seen: /upload-that-breaks-off: code is 0/,
    wrap: summing((close): Close => (close.complete ? { ...close, code: 0, by: 'app' } : close)),
  },
  {
    id: 'lifecycle/counts-what-was-dropped',
    deviation: 'The server counts what was written as sent.',
    clause: 'MSGI-NOTE-11',
    fails: ['lifecycle/content-is-counted'],
    seen: /left-with-no-error: sent is 30, not 10/,
    wrap: facing(x =>
      withMembers(x, {
        start: (...given) => new Adding(x.start(...given) as ForwardedSink, x),
        watch: listener =>
          x.watch(notice =>
            listener(notice.type === 'close' ? { ...notice, sent: Adding.written.get(x) ?? notice.sent } : notice),
          ),
      }),
    ),
  },
] satisfies readonly GatewayFault[];
