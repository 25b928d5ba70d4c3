/** Servers that are wrong about start and stop. */
import type { GatewayFault } from '../fault.ts';

export default [
  {
    id: 'drain/listens-before-start',
    deviation: 'The server listens without waiting for start.',
    clause: 'MSGI-SPAN-1',
    fails: ['drain/start-is-awaited'],
    seen: /the server listens while start waits/,
    host: application => ({
      ...application,
      start: host => {
        void application.start?.(host);
      },
    }),
  },
  {
    id: 'drain/tells-no-version',
    deviation: 'The server does not tell the application which version of the text it follows.',
    clause: 'MSGI-SPAN-1',
    fails: ['drain/start-is-awaited'],
    seen: /spec is ""/,
    host: application => ({ ...application, start: host => application.start?.({ ...host, spec: '' }) }),
  },
  {
    id: 'drain/serves-behind-a-failed-start',
    deviation: 'The server serves although start has rejected.',
    clause: 'MSGI-SPAN-2',
    fails: ['drain/no-service-when-start-fails'],
    seen: /the server listens although start has rejected/,
    host: application => ({
      ...application,
      start: async host => {
        await Promise.resolve(application.start?.(host)).catch(() => {});
      },
    }),
  },
  {
    id: 'drain/stops-what-did-not-start',
    deviation: 'The server calls stop when start has rejected.',
    clause: 'MSGI-SPAN-2',
    fails: ['drain/no-service-when-start-fails'],
    seen: /stop is called although start has rejected/,
    host: application => ({
      ...application,
      start: async host => {
        try {
          await application.start?.(host);
        } catch (error) {
          await application.stop?.();
          throw error;
        }
      },
    }),
  },
  {
    id: 'drain/hosts-anything',
    deviation: 'The server answers 404 in place of a module that exports no application.',
    clause: 'MSGI-SPAN-5',
    fails: ['drain/ends-without-an-application'],
    seen: /the server listens although "app" is no function/,
    host: application =>
      typeof application.app === 'function' ? application : { ...application, app: x => x.respond(404) },
  },
  {
    id: 'drain/does-not-call-functions',
    deviation: 'The server answers 500 in place of a module that exports a function.',
    clause: 'MSGI-SPAN-5',
    fails: ['drain/hosts-a-function'],
    seen: /a: status 500 where 200 is known/,
    wrap: () => x => x.respond(500),
  },
  {
    id: 'drain/a-lifespan-for-each-listener',
    deviation: 'The server starts the application once for each listener.',
    clause: 'MSGI-SPAN-4',
    fails: ['drain/one-lifespan-for-two-listeners'],
    seen: /lifespan: start 2, drain 1, stop 1/,
    host: application => ({
      ...application,
      start: async host => {
        await application.start?.(host);
        await application.start?.(host);
      },
    }),
  },
] satisfies readonly GatewayFault[];
