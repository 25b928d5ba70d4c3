/** Servers that let old applications wait, hurry or believe. */
import {
  data,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  parsePayload,
  rstStream,
  windowUpdate,
} from '../../../wire/index.ts';
import { parseKey } from '../../application/messages.ts';
import { damages, hides } from '../fault.ts';
import { dropsLines } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { retells, tells } from './between.ts';

const CONTROL = 3;

export default [
  {
    id: 'legacy/one-at-a-time',
    deviation: 'The server runs one old application at a time.',
    clause: 'MSGI-MODEL-8',
    fails: ['legacy/side-by-side'],
    seen: /waited for the application to be called on b/,
    waits: true,
    between: () => ({ toKit: message => ('key' in message && parseKey(message.key).name === 'b' ? [] : [message]) }),
  },
  {
    id: 'legacy/holds-content-back',
    deviation: 'The server collects the content of a response until its end.',
    clause: 'MSGI-ADAPT-14',
    fails: [
      'legacy/blocks-are-not-held-back',
      'wsgi/blocks-are-not-held-back',
      'wsgi/writes-are-not-held-back',
      'asgi/blocks-are-not-held-back',
    ],
    seen: /waited for 5 octets of a/,
    waits: true,
    wire: () => {
      let held: readonly Frame[] = [];
      return {
        toClient: one => {
          if (one.type !== FRAME_TYPE.DATA || one.stream <= CONTROL) return [one];
          held = [...held, one];
          if ((one.flags & FLAG.END_STREAM) === 0) return [];
          const all = held;
          held = [];
          return all;
        },
      };
    },
  },
  {
    id: 'legacy/takes-all-there-is',
    deviation: 'The server takes all content of an application, whether the client takes it or not.',
    clause: 'MSGI-ADAPT-3',
    fails: ['legacy/no-more-than-is-taken'],
    seen: /has made 5[0-9]+ blocks of 64 KiB while the window is 0/,
    between: retells('made', report =>
      report.data === 1 ? Array.from({ length: 512 }, (_, at) => ({ ...report, data: at + 1 })) : [report],
    ),
  },
  {
    id: 'legacy/grants-on-receipt',
    deviation: 'The server opens the window of an upload as content arrives.',
    clause: 'MSGI-FLOW-4',
    fails: ['legacy/nothing-is-granted-unread'],
    seen: /is opened before the application has read/,
    wire: link => ({
      toServer: one => {
        if (one.type === FRAME_TYPE.DATA && one.payload.length > 0)
          link.toClient(windowUpdate(one.stream, one.payload.length));
        return [one];
      },
    }),
  },
  {
    id: 'legacy/ends-what-was-cut',
    deviation: 'The server gives the application an ordinary end of a request that the client has reset.',
    clause: 'MSGI-ADAPT-5',
    fails: ['legacy/a-cut-request-never-looks-whole'],
    seen: /a request that was reset looks whole/,
    between: tells(/^did-/, did =>
      did['error'] === null ? did : { error: null, result: { octets: 0, hash: '', text: '', ended: true } },
    ),
  },
  {
    id: 'legacy/ignores-content-length',
    deviation: 'The server does not compare content with content-length.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['legacy/wrong-length-never-looks-whole'],
    seen: /content of 4 octets with content-length 5 looks whole/,
    wire: dropsLines(name => name === 'content-length'),
  },
  {
    id: 'legacy/cuts-early-answers',
    deviation: 'The server resets the stream in place of the end of an early answer.',
    clause: 'RFC 9113 §8.1',
    fails: ['legacy/an-early-answer-is-whole'],
    seen: /the early answer is not whole/,
    wire: damages(one => {
      if (one.type !== FRAME_TYPE.DATA || one.stream <= CONTROL || (one.flags & FLAG.END_STREAM) === 0) return one;
      return [frame(one.type, 0, one.stream, one.payload), rstStream(one.stream, 'CANCEL')];
    }),
  },
  {
    id: 'legacy/ends-what-has-failed',
    deviation: 'The server ends the response of an application that has failed as if it were whole.',
    clause: 'MSGI-ADAPT-7',
    fails: ['legacy/a-failure-is-visible'],
    seen: /ends as if it were whole/,
    wire: damages(one => (one.type === FRAME_TYPE.RST_STREAM ? data(one.stream, '', { endStream: true }) : one)),
  },
  {
    id: 'legacy/keeps-a-reset-to-itself',
    deviation: 'The server does not tell the application that the client has reset the stream.',
    clause: 'MSGI-ADAPT-4',
    fails: ['legacy/who-leaves-is-told', 'asgi/disconnect'],
    seen: /waited for the application of a to report/,
    waits: true,
    wire: hides(one => one.type === FRAME_TYPE.RST_STREAM && parsePayload(one).type === 'RST_STREAM'),
  },
] satisfies readonly GatewayFault[];
