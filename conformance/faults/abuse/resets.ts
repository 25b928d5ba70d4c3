/** Servers that let a client start what it does not wait for. */
import type { Exchange } from '../../../spec/msgi.ts';
import { ERROR_CODE, FRAME_TYPE } from '../../../wire/index.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { withMembers } from '../gateway/wrap.ts';
import { busyWith, CROWDED, GROWN, keeps, ofType, UNANSWERED } from './servers.ts';

export default [
  {
    id: 'abuse/tells-nobody',
    deviation: 'The server does not tell the application that its exchange has failed.',
    clause: 'MSGI-LIFE-48',
    fails: [
      'abuse/rapid-reset',
      'abuse/rapid-reset-of-uploads',
      'abuse/settings-never-acknowledged',
      'abuse/promises-reset-at-once',
    ],
    seen: /\d+ of \d+ invocations go on although nobody waits/,
    waits: true,
    wrap: app => x => app(withMembers(x, { signal: new AbortController().signal })),
  },
  {
    id: 'abuse/counts-streams-of-the-wire',
    deviation: 'The server counts an exchange no more that was reset, though its application runs on.',
    clause: 'MSGI-MODEL-11',
    fails: [
      'abuse/rapid-reset-of-the-deaf',
      'abuse/made-you-reset-by-increment-of-zero',
      'abuse/made-you-reset-by-window-overflow',
      'abuse/made-you-reset-by-length-of-priority',
      'abuse/made-you-reset-by-dependency-on-itself',
      'abuse/made-you-reset-by-data-behind-the-end',
      'abuse/made-you-reset-by-headers-behind-the-end',
    ],
    seen: CROWDED,
    why: 'the six ways to be reset have one defence',
    wrap: app => x => {
      const failed = new Promise<void>(resolve => x.signal.addEventListener('abort', () => resolve()));
      return Promise.race([app(x), failed]) as Promise<void>;
    },
  },
  {
    id: 'abuse/gives-up-behind-the-work',
    deviation: 'The server resets a response whose fields the client does not take, and counts its exchange no more.',
    clause: 'MSGI-MODEL-11',
    fails: ['abuse/responses-too-long-to-send'],
    seen: CROWDED,
    wrap: app => x => {
      const failed = new Promise<void>(resolve => x.signal.addEventListener('abort', () => resolve()));
      const respond: Exchange['respond'] = (status, fields = [], body) =>
        fields.length === 0 ? x.respond(status, fields, body) : x.reset(ERROR_CODE.INTERNAL_ERROR);
      return Promise.race([app(withMembers(x, { respond })), failed]) as Promise<void>;
    },
  },
  {
    id: 'abuse/calls-before-it-refuses',
    deviation: 'The server calls the application on every request, and refuses it then.',
    clause: 'MSGI-MODEL-12',
    fails: ['abuse/refused-requests'],
    seen: CROWDED,
    wrap: app => x => {
      void app(x);
      x.reset(ERROR_CODE.REFUSED_STREAM);
    },
  },
  {
    id: 'abuse/forgets-no-request',
    deviation: 'The server keeps half a MiB for every request until it ends.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/rapid-reset-of-large-requests'],
    seen: GROWN,
    server: keeps(ofType(FRAME_TYPE.HEADERS), 2 ** 19),
  },
  {
    id: 'abuse/lost-in-resets',
    deviation:
      'The server waits, behind a thousand of its own RST_STREAM, for the client to read them, and does nothing else.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/unread-resets'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(ofType(FRAME_TYPE.HEADERS), 1000),
  },
] satisfies readonly GatewayFault[];
