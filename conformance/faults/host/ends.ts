/** Hosts that settle, close, drain and end wrongly. */
import type { Frame } from '../../../binding/frame.ts';
import type { App, Close, Notice } from '../../../spec/msgi.ts';
import type { Deviation } from '../../process/filters.ts';
import { ForwardedSource, facing, withMembers } from '../gateway/wrap.ts';
import type { HostFault } from './fault.ts';
import { all, is, jsonOf, ofCase, ofHost, ofServer, reading, withJson, writing } from './filters.ts';

const settled = (number: number): Frame => ofHost({ type: 'SETTLED', number, payload: {} });

/** SETTLED comes at another moment than when the promise settles. */
const settlingAt = (moment: (frame: Frame) => boolean): Deviation =>
  writing(frame => {
    if (is(frame, 'SETTLED')) return [];
    return moment(frame) ? [frame, settled(frame.number)] : frame;
  });

/** Notices in another form; null for none. */
const noticing = (change: (notice: Notice) => Notice | null): ((app: App) => App) =>
  facing(x =>
    withMembers(x, {
      watch: listener =>
        x.watch(notice => {
          const told = change(notice);
          if (told !== null) listener(told);
        }),
    }),
  );

const closing = (change: Partial<Close>): ((app: App) => App) =>
  noticing(notice => (notice.type === 'close' ? { ...notice, ...change } : notice));

/** A read that does not end with its exchange. */
class Hanging extends ForwardedSource {
  override async read(): Promise<Uint8Array | null> {
    try {
      return await super.read();
    } catch {
      return new Promise(() => {});
    }
  }
}

export default [
  {
    id: 'host/settles-with-the-response',
    deviation: 'The host sends SETTLED with the end of the response.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-when-the-promise-has-settled'],
    seen: /SETTLED comes while the application runs/,
    pipe: settlingAt(frame => is(frame, 'END') || (is(frame, 'START') && jsonOf(frame).end === true)),
  },
  {
    id: 'host/settles-twice',
    deviation: 'The host sends SETTLED twice.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-when-the-promise-has-settled'],
    seen: /SETTLED of \d+ comes a second time/,
    pipe: writing(frame => (is(frame, 'SETTLED') ? [frame, frame] : frame)),
  },
  {
    id: 'host/settles-with-the-failure',
    deviation: 'The host sends SETTLED when the exchange fails.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-behind-a-failure'],
    seen: /SETTLED comes while the application runs/,
    pipe: ofCase(link => ({
      reads: frame => {
        if (is(frame, 'RESET')) link.toServer(settled(frame.number));
        return frame;
      },
      writes: frame => (is(frame, 'SETTLED') ? [] : frame),
    })),
  },
  {
    id: 'host/forgets-what-is-closed',
    deviation: 'The host sends no SETTLED for an exchange that is closed.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-behind-a-failure', 'host/settled-when-the-promise-has-settled'],
    seen: /waited for SETTLED for number/,
    waits: true,
    pipe: ofCase(() => {
      let closed = false;
      return {
        reads: frame => {
          closed ||= is(frame, 'CLOSE');
          return frame;
        },
        writes: frame => (closed && is(frame, 'SETTLED') ? [] : frame),
      };
    }),
  },
  {
    id: 'host/tells-the-error-of-the-exchange',
    deviation: 'The host tells the error of the exchange as a failure of its application.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-behind-a-failure'],
    seen: /SETTLED has a failure/,
    pipe: writing(frame => (is(frame, 'SETTLED') ? withJson(frame, { failure: 'ExchangeError' }) : frame)),
  },
  {
    id: 'host/tells-no-failure',
    deviation: 'The host tells no failure of its application.',
    clause: 'MSGI-PROC-40',
    fails: ['host/settled-with-a-failure'],
    seen: /the failure of SETTLED is undefined/,
    pipe: writing(frame => (is(frame, 'SETTLED') ? withJson(frame, {}) : frame)),
  },
  {
    id: 'host/settles-before-end',
    deviation: 'The host sends SETTLED when the promise settles, although END waits for room.',
    clause: 'MSGI-PROC-53',
    fails: ['host/settled-behind-end'],
    seen: /SETTLED comes while END waits for room/,
    pipe: settlingAt(frame => is(frame, 'STOP')),
  },
  {
    id: 'host/lets-the-request-flow',
    deviation: 'The host sends no STOP when the promise has settled and END waits for room.',
    clause: 'MSGI-PROC-53',
    fails: ['host/settled-behind-end'],
    seen: /waited for STOP for number/,
    waits: true,
    pipe: writing(frame => (is(frame, 'STOP') ? [] : frame)),
  },
  {
    id: 'host/settles-ahead-of-content',
    deviation: 'The host sends SETTLED before the content that its application has given.',
    clause: 'MSGI-PROC-53',
    fails: ['host/settled-behind-end-at-once'],
    seen: /(?:DATA|END) of \d+ comes behind SETTLED|START, SETTLED/,
    pipe: ofCase(() => {
      let held: readonly Frame[] = [];
      return {
        writes: frame => {
          if (is(frame, 'SETTLED')) return [frame, ...held];
          if (!is(frame, 'DATA', 'END')) return frame;
          held = [...held, frame];
          return [];
        },
      };
    }),
  },
  {
    id: 'host/closes-as-complete',
    deviation: 'The host gives close as complete when SENT has come, although its application has reset the exchange.',
    clause: 'MSGI-PROC-51',
    fails: ['host/close-of-a-reset-that-crosses-sent'],
    seen: /close of a has complete true, code 0 by app, not complete false, code 1 by app/,
    wrap: closing({ complete: true, code: 0, by: 'app' }),
  },
  {
    id: 'host/closes-with-the-word-of-the-server',
    deviation: 'The host gives close the code and the party of the server, although the exchange has failed before.',
    clause: 'MSGI-PROC-51',
    fails: ['host/close-of-a-reset', 'host/close-of-a-response-without-end'],
    seen: /close of a has complete false, code 8 by peer, not complete false, code [25] by app/,
    wrap: closing({ complete: false, code: 8, by: 'peer' }),
  },
  {
    id: 'host/closes-with-sent',
    deviation: 'The host gives close when SENT has come.',
    clause: 'MSGI-PROC-52',
    fails: ['host/close-waits-for-the-server'],
    seen: /close comes before CLOSE of the server/,
    pipe: reading(frame => {
      const sum = { complete: true, code: 0, by: 'app', status: 200, sent: 0, received: 0 } as const;
      if (is(frame, 'SENT')) return [frame, ofServer({ type: 'CLOSE', number: frame.number, payload: sum })];
      return is(frame, 'CLOSE') ? [] : frame;
    }),
  },
  {
    id: 'host/closes-while-content-waits',
    deviation: 'The host gives close when the response is given, although content of the request waits to be read.',
    clause: 'MSGI-PROC-52',
    fails: ['host/close-waits-for-the-reader', 'host/close-waits-for-a-stop'],
    seen: /close comes while content of the request waits to be read/,
    wrap: facing(x => {
      let tell = (_: Notice): void => {};
      return withMembers(x, {
        watch: listener => {
          tell = listener;
          return x.watch(listener);
        },
        respond: (status, fields, body) => {
          x.respond(status, fields, body);
          const sum = { complete: true, code: 0, by: 'app', status, sent: 0, received: 5 } as const;
          queueMicrotask(() => tell({ type: 'close', ...sum }));
        },
      });
    }),
  },
  {
    id: 'host/never-closes',
    deviation: 'The host forgets the notice close where content waited when CLOSE came.',
    clause: 'MSGI-PROC-52',
    fails: ['host/close-waits-for-the-reader', 'host/close-waits-for-a-stop'],
    seen: /waited for the notice "close" of a/,
    waits: true,
    wrap: noticing(notice => (notice.type === 'close' ? null : notice)),
  },
  {
    id: 'host/drains-with-a-connection',
    deviation: 'The host calls drain of its application when a connection drains.',
    clause: 'MSGI-PROC-43',
    fails: ['host/drain-is-called-once'],
    seen: /drain is called when a connection drains/,
    pipe: all({
      reads: frame =>
        is(frame, 'DRAIN') && frame.number !== 0
          ? [frame, ofServer({ type: 'DRAIN', number: 0, payload: null })]
          : frame,
    }),
  },
  {
    id: 'host/drains-twice',
    deviation: 'The host calls drain of its application twice.',
    clause: 'MSGI-PROC-43',
    fails: ['host/drain-is-called-once'],
    seen: /drain is called 2 times/,
    host: application => ({
      ...application,
      drain: () => {
        application.drain?.();
        application.drain?.();
      },
    }),
  },
  {
    id: 'host/drains-in-silence',
    deviation: 'The host does not call drain of its application.',
    clause: 'MSGI-PROC-43',
    fails: ['host/drain-is-called-once'],
    seen: /waited for drain of the application/,
    waits: true,
    host: application => ({ ...application, drain: () => {} }),
  },
  {
    id: 'host/blames-the-peer',
    deviation: 'The host fails the exchanges of a pipe that ends by "peer".',
    clause: 'MSGI-PROC-45',
    fails: ['host/the-end-of-the-pipe-fails-what-lives'],
    seen: /idle fails with ExchangeError by peer, not by transport/,
    wrap: facing(x => {
      const own = new AbortController();
      x.signal.addEventListener('abort', () =>
        own.abort(Object.assign(new Error('code 8'), { name: 'ExchangeError', code: 8, by: 'peer' })),
      );
      return withMembers(x, { signal: own.signal });
    }),
  },
  {
    id: 'host/lets-reads-hang',
    deviation: 'The host leaves a read that waits when its pipe has ended.',
    clause: 'MSGI-PROC-45',
    fails: ['host/the-end-of-the-pipe-fails-what-lives'],
    seen: /waited for body.read of reading/,
    waits: true,
    wrap: facing(x => withMembers(x, { body: new Hanging(x.body) })),
  },
  {
    id: 'host/stays',
    deviation: 'The process of the host stays as long as something that the application has left behind keeps it.',
    clause: 'MSGI-PROC-46',
    fails: ['host/the-process-ends'],
    seen: /waited for the end of the process/,
    waits: true,
    program: 'lingering',
  },
  {
    id: 'host/ends-with-the-pipe',
    deviation: 'The process of the host ends with its pipe, although exchanges have not settled.',
    clause: 'MSGI-PROC-46',
    fails: ['host/the-process-ends'],
    seen: /the process of the host ends|the host ends its process/,
    host: application => ({
      ...application,
      app: x => {
        x.signal.addEventListener('abort', () => process.exit(0));
        return application.app(x);
      },
    }),
  },
  {
    id: 'host/stops-in-silence',
    deviation: 'The host does not call stop of its application.',
    clause: 'MSGI-PROC-47',
    fails: ['host/stop-is-called-and-awaited'],
    seen: /the host ends its process where the kit waits for stop of the application/,
    host: application => ({ ...application, stop: () => {} }),
  },
  {
    id: 'host/does-not-await-stop',
    deviation: 'The host does not await stop of its application.',
    clause: 'MSGI-PROC-47',
    fails: ['host/stop-is-called-and-awaited'],
    seen: /the process of the host ends before its application is done|the host ends its process/,
    host: application => ({ ...application, stop: () => void application.stop?.() }),
  },
  {
    id: 'host/stops-twice',
    deviation: 'The host calls stop of its application twice.',
    clause: 'MSGI-PROC-47',
    fails: ['host/stop-is-called-and-awaited'],
    seen: /stop is called 2 times/,
    host: application => ({
      ...application,
      stop: () => Promise.race([application.stop?.(), application.stop?.()]),
    }),
  },
  {
    id: 'host/stops-early',
    deviation: 'The host calls stop of its application when its pipe ends, although exchanges have not settled.',
    clause: 'MSGI-SPAN-3',
    fails: ['host/stop-is-called-and-awaited'],
    seen: /stop is called while an exchange has not settled/,
    host: application => ({
      ...application,
      app: x => {
        x.signal.addEventListener('abort', () => void application.stop?.());
        return application.app(x);
      },
    }),
  },
] satisfies readonly HostFault[];
