/** Applications that do not see that their exchange is over. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApplicationFault } from './fault.ts';
import { contentOf, words } from './sound.ts';

const TEXT = ['content-type', 'text/plain'];
const never = (): Promise<void> => new Promise(() => {});

export default [
  {
    id: 'app-failures/waits-for-ever-after-a-reset',
    deviation: 'The application tries to read again and again when its read is given the error of the exchange.',
    clause: 'MSGI-APP-6',
    fails: ['app-failures/reset-while-reading', 'app-failures/limit-while-reading'],
    seen: /POST \/: not settled \d+ ms after the end of its exchange/,
    app: async x => {
      try {
        await contentOf(x);
      } catch {
        await never();
      }
      x.respond(200, TEXT, 'read\n');
    },
  },
  {
    id: 'app-failures/waits-for-a-close-that-was',
    deviation:
      'The application waits for something else when the end of its response is given the error of the exchange.',
    clause: 'MSGI-APP-6',
    fails: ['app-failures/reset-while-sending', 'app-failures/connection-lost'],
    seen: /not settled \d+ ms after the end of its exchange/,
    app: async x => {
      if (x.request.method === 'POST') await contentOf(x);
      const out = x.start(200, TEXT);
      try {
        await out.write('hello\n');
        await out.end();
      } catch {
        await never();
      }
    },
  },
  {
    id: 'app-failures/ignores-the-error-of-write',
    deviation: 'The application drops the error of `write` and goes on producing.',
    clause: 'MSGI-APP-5',
    fails: ['app-failures/producer-stops'],
    seen: /\d+ calls were told the error of the exchange, and the application goes on/,
    requests: ['GET /'],
    app: async x => {
      const out = x.start(200, TEXT);
      for (;;) {
        try {
          await out.write('tick\n');
        } catch {}
        await delay(1);
      }
    },
  },
  {
    id: 'app-failures/ignores-the-error-of-write-at-once',
    deviation:
      'The application drops the error of `write` and goes on producing, without ever giving the event loop back.',
    clause: 'MSGI-APP-5',
    fails: ['app-failures/producer-stops'],
    seen: /goes on producing: \d+ calls/,
    requests: ['GET /'],
    app: async x => {
      const out = x.start(200, TEXT);
      for (;;) {
        try {
          await out.ready();
          await out.write('tick\n');
          if (!x.signal.aborted) await delay(1);
        } catch {}
      }
    },
  },
  {
    id: 'app-failures/asks-ready-and-does-not-listen',
    deviation: 'The application awaits `ready`, and writes whatever it gives.',
    clause: 'MSGI-APP-5',
    fails: ['app-failures/producer-stops-without-content'],
    seen: /goes on producing: \d+ calls|calls were told that nothing is taken, and the application goes on/,
    requests: ['GET /'],
    app: async x => {
      const out = x.start(200, TEXT);
      while (!x.signal.aborted) {
        await out.ready();
        await out.write('tick\n');
        if (x.request.method === 'GET') await delay(1);
      }
    },
  },
  {
    id: 'app-failures/reads-beside-itself',
    deviation: 'The application reads in a function that nobody awaits.',
    clause: 'MSGI-APP-10',
    fails: ['app-failures/nothing-unhandled'],
    seen: /nobody takes a failure: ExchangeError/,
    app: async x => {
      let text = '';
      const pump = async (): Promise<void> => {
        text = await contentOf(x);
        x.respond(200, TEXT, `${text.length}\n`);
      };
      const done = pump();
      void done.then(() => {});
      await done;
    },
  },
  {
    id: 'app-failures/throws-in-a-timer',
    deviation: 'The application throws in a timer when its visitor has left.',
    clause: 'MSGI-APP-10',
    fails: ['app-failures/nothing-unhandled'],
    seen: /nobody takes a failure: Error: the visitor has left/,
    app: async x => {
      x.signal.addEventListener('abort', () =>
        setTimeout(() => {
          throw new Error('the visitor has left');
        }),
      );
      await words(x);
    },
  },
] satisfies readonly ApplicationFault[];
