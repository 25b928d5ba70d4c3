/** Servers that are wrong about their end. */
import { rstStream } from '../../../../wire/index.ts';
import { alive } from '../../../application/kit.ts';
import { damages } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { deaf, facing, withMembers } from '../wrap.ts';

export default [
  {
    id: 'drain/forgets-the-application',
    deviation: 'The server tells its exchanges of a drain, and not the application.',
    clause: 'MSGI-SPAN-6',
    fails: ['drain/the-application-is-told-first'],
    seen: /waited for the application to be told "drain"/,
    waits: true,
    host: ({ drain: _, ...rest }) => rest,
  },
  {
    id: 'drain/closes-without-goaway',
    deviation: 'The server closes its connections without GOAWAY.',
    clause: 'RFC 9113 §5.4.1, §6.8, §9.1',
    fails: ['drain/an-idle-connection-hears-of-the-end'],
    seen: /without GOAWAY/,
    grade: 'weak',
    wire: damages((frame, { type }) => (type === 'GOAWAY' ? [] : frame)),
  },
  {
    id: 'drain/tells-nobody-behind-a-throw',
    deviation: 'The server tells its exchanges nothing when the application has thrown at drain.',
    clause: 'MSGI-SPAN-7',
    fails: ['drain/a-drain-that-throws-stops-nothing'],
    seen: /waited for the application to report "draining"/,
    waits: true,
    wrap: deaf,
  },
  {
    id: 'drain/ends-before-stop',
    deviation: 'The server calls stop and ends without waiting for it.',
    clause: 'MSGI-SPAN-3',
    fails: ['drain/stop-is-last-and-awaited'],
    seen: /the application sees drain, settled, and then the server ends/,
    host: application => ({
      ...application,
      stop: () => {
        void application.stop?.();
        process.exit(0);
      },
    }),
  },
  {
    id: 'drain/cancels-by-the-peer',
    deviation: 'At the grace limit the server says that the peer has cancelled.',
    clause: 'MSGI-SPAN-12',
    fails: ['drain/the-grace-limit-cancels'],
    seen: /silent is cancelled with code 8 by peer/,
    wrap: facing(x => {
      const controller = new AbortController();
      x.signal.addEventListener('abort', () =>
        controller.abort(Object.assign(new Error('cancelled'), { code: 8, by: 'peer' })),
      );
      return withMembers(x, { signal: controller.signal });
    }),
  },
  {
    id: 'drain/another-code-at-the-limit',
    deviation: 'At the grace limit the server resets streams with INTERNAL_ERROR.',
    clause: 'MSGI-SPAN-12',
    fails: ['drain/the-grace-limit-cancels'],
    seen: /begun ends with RST_STREAM code 2/,
    wire: damages((frame, { type }) => (type === 'RST_STREAM' ? rstStream(frame.stream, 'INTERNAL_ERROR') : frame)),
  },
  {
    id: 'drain/waits-for-applications',
    deviation: 'The server waits for its applications, however long they take.',
    clause: 'MSGI-SPAN-13',
    fails: ['drain/nobody-is-waited-for-beyond-the-kill-limit'],
    seen: /waited for the process to end/,
    waits: true,
    host: application => {
      const running = new Set<unknown>();
      return {
        ...application,
        app: x => {
          const result = application.app(x);
          running.add(result);
          return result;
        },
        stop: async () => {
          await alive(Promise.all(running));
          await application.stop?.();
        },
      };
    },
  },
] satisfies readonly GatewayFault[];
