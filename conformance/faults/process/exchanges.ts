/** Servers that number, forward and end exchanges wrongly. */

import type { Frame } from '../../../binding/frame.ts';
import type { HostMessage, ServerMessage } from '../../../binding/messages.ts';
import { data, FRAME_TYPE, rstStream } from '../../../wire/index.ts';
import { damages as damagesWire, recode } from '../fault.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { begins, damages, damagesAll, frameOf, hides, is, jsonOf, withJson } from './filters.ts';
import { answering, crediting, hiding } from './wires.ts';

const toServer = (message: HostMessage): Frame => frameOf(message);
const toHost = (message: ServerMessage): Frame => frameOf(message);

/** RST_STREAM with another code. */
const resetting = (code: number, instead: number) =>
  damagesWire((frame, payload) =>
    payload.type === 'RST_STREAM' && payload.code === code ? rstStream(frame.stream, instead) : frame,
  );

export default [
  {
    id: 'process/even-numbers',
    deviation: 'The server gives even numbers.',
    clause: 'MSGI-PROC-11',
    fails: ['process/numbers-are-odd-and-rise'],
    seen: /gives the even number/,
    pipe: () => ({
      toHost: frame => [frame.number === 0 ? frame : { ...frame, number: frame.number + 1 }],
      toServer: frame => [frame.number === 0 ? frame : { ...frame, number: frame.number - 1 }],
    }),
  },
  {
    id: 'process/falling-numbers',
    deviation: 'The server counts numbers down.',
    clause: 'MSGI-PROC-11',
    fails: ['process/numbers-are-odd-and-rise'],
    seen: /gives \d+ behind \d+/,
    pipe: () => {
      const turned = ({ number, ...rest }: Frame): Frame => ({ ...rest, number: number === 0 ? 0 : 100_000 - number });
      return { toHost: frame => [turned(frame)], toServer: frame => [turned(frame)] };
    },
  },
  {
    id: 'process/numbers-again',
    deviation: 'The server gives the number of a finished exchange to the next.',
    clause: 'MSGI-PROC-13',
    fails: ['process/no-number-twice'],
    seen: /gives the number \d+ a second time/,
    pipe: () => {
      let given = 0;
      let latest = 0;
      const own = new Set<number>();
      return {
        toHost: frame => {
          if (begins(frame)) {
            if (given === 0) given = frame.number;
            latest = frame.number;
            own.add(frame.number);
          }
          return [own.has(frame.number) ? { ...frame, number: given } : frame];
        },
        toServer: frame => [frame.number === given ? { ...frame, number: latest } : frame],
      };
    },
  },
  {
    id: 'process/opens-late',
    deviation: 'The server opens a connection behind the first HEAD that names it.',
    clause: 'MSGI-PROC-18',
    fails: ['process/open-comes-first'],
    seen: /HEAD names connection \d+ before its OPEN/,
    pipe: () => {
      let held: readonly Frame[] = [];
      return {
        toHost: frame => {
          if (is(frame, 'OPEN')) {
            held = [...held, frame];
            return [];
          }
          const late = is(frame, 'HEAD') ? held : [];
          if (is(frame, 'HEAD')) held = [];
          return [frame, ...late];
        },
      };
    },
  },
  {
    id: 'process/closes-connections-early',
    deviation: 'The server closes a connection while exchanges of it are open.',
    clause: 'MSGI-PROC-18',
    fails: ['process/open-comes-first'],
    seen: /CLOSE of connection \d+ comes while exchange \d+ is open/,
    pipe: damages(frame =>
      is(frame, 'HEAD') ? [frame, toHost({ type: 'CLOSE', number: jsonOf(frame).connection, payload: null })] : frame,
    ),
  },
  {
    id: 'process/priority-before-head',
    deviation: 'The server tells the priority of an exchange before its HEAD.',
    clause: 'MSGI-PROC-19',
    fails: ['process/head-comes-first'],
    seen: /PRIORITY for \d+ comes before its HEAD/,
    pipe: damages(frame =>
      is(frame, 'HEAD')
        ? [toHost({ type: 'PRIORITY', number: frame.number, payload: jsonOf(frame).priority }), frame]
        : frame,
    ),
  },
  {
    id: 'process/content-waits-for-credit',
    deviation: 'The server keeps content back until the host gives credit for it.',
    clause: 'MSGI-PROC-22',
    fails: ['process/content-goes-on-at-once'],
    seen: /waited for \d+ octets of content without credit/,
    waits: true,
    pipe: damages(frame => (is(frame, 'DATA') ? [] : frame)),
  },
  {
    id: 'process/continues-at-once',
    deviation: 'The server sends 100 to whoever waits for it, before the application reads.',
    clause: 'MSGI-PROC-27',
    fails: ['process/the-first-credit-asks-for-100'],
    seen: /100 is sent before the first CREDIT/,
    pipe: link => ({
      toHost: frame => {
        if (begins(frame)) link.toServer(toServer({ type: 'CREDIT', number: frame.number, payload: 0 }));
        return [frame];
      },
    }),
  },
  {
    id: 'process/never-continues',
    deviation: 'The server sends no 100 for a CREDIT of 0.',
    clause: 'MSGI-PROC-27',
    fails: ['process/the-first-credit-asks-for-100'],
    seen: /waited for 100 behind the first CREDIT/,
    waits: true,
    wire: () => hiding('100'),
  },
  {
    id: 'process/grants-twice-as-much',
    deviation: 'The server grants the peer twice the octets of a CREDIT.',
    clause: 'MSGI-PROC-28',
    fails: ['process/credit-is-the-window'],
    seen: /2000 octets are granted for a CREDIT of 1000/,
    wire: () => crediting(octets => 2 * octets),
  },
  {
    id: 'process/grants-what-has-come',
    deviation: 'The server grants the octets of content that it sends on, without CREDIT.',
    clause: 'MSGI-PROC-28',
    fails: ['process/credit-is-the-window'],
    seen: /50 octets are granted without a CREDIT/,
    pipe: link => ({
      toHost: frame => {
        if (is(frame, 'DATA'))
          link.toServer(toServer({ type: 'CREDIT', number: frame.number, payload: frame.payload.length }));
        return [frame];
      },
    }),
  },
  {
    id: 'process/too-much-credit-is-a-violation',
    deviation: 'The server resets an exchange whose CREDIT goes beyond 2^31 − 1.',
    clause: 'MSGI-PROC-25',
    fails: ['process/credit-stops-at-the-most'],
    seen: /a is not answered with 200: RST_STREAM/,
    pipe: () => {
      let credit = 0;
      return {
        toServer: frame => {
          if (!is(frame, 'CREDIT')) return [frame];
          credit += new DataView(frame.payload.buffer, frame.payload.byteOffset).getUint32(0);
          if (credit <= 0x7fff_ffff) return [frame];
          return [toServer({ type: 'RESET', number: frame.number, payload: { code: 3 } })];
        },
      };
    },
  },
  {
    id: 'process/reads-no-further',
    deviation: 'The server stops reading the pipe while the content of a response waits for a window.',
    clause: 'MSGI-PROC-24',
    fails: ['process/a-held-exchange-stops-no-other'],
    seen: /waited for the end of the answer on stream/,
    waits: true,
    pipe: () => {
      const own = new Set<number>();
      let held = false;
      return {
        toHost: frame => {
          if (begins(frame)) own.add(frame.number);
          return [frame];
        },
        toServer: frame => {
          if (held) return [];
          held = is(frame, 'DATA') && own.has(frame.number);
          return [frame];
        },
      };
    },
  },
  {
    id: 'process/drops-what-it-cannot-hold',
    deviation: 'The server gives more room than it can hold, and drops what is beyond.',
    clause: 'MSGI-PROC-29',
    fails: ['process/room-is-held'],
    seen: /[12]000 octets of \d+ arrive/,
    pipe: () => {
      const own = new Set<number>();
      return {
        toHost: frame => {
          if (begins(frame)) own.add(frame.number);
          return [frame];
        },
        toServer: frame => [
          own.has(frame.number) && is(frame, 'DATA') ? { ...frame, payload: frame.payload.subarray(0, 1000) } : frame,
        ],
      };
    },
  },
  {
    id: 'process/resets-by-itself',
    deviation: 'The server tells a failure of the application as one of its own.',
    clause: 'MSGI-PROC-32',
    fails: [
      'process/data-beyond-the-room',
      'process/a-broken-rule-before-the-response',
      'process/a-broken-rule-in-the-response',
    ],
    seen: /RESET of a has code 2 by server, not 2 by app/,
    pipe: damages(frame => (is(frame, 'RESET') ? withJson(frame, { ...jsonOf(frame), by: 'server' }) : frame)),
  },
  {
    id: 'process/takes-data-beyond-the-room',
    deviation: 'The server holds what comes beyond the room, too.',
    clause: 'MSGI-PROC-54',
    fails: ['process/data-beyond-the-room'],
    seen: /waited for RESET for number/,
    waits: true,
    pipe: () => ({
      // The last octet goes to an exchange that is held all the same: what counts is that nobody minds it.
      toServer: frame => (is(frame, 'DATA') && frame.payload.length === 1 ? [] : [frame]),
    }),
  },
  {
    id: 'process/cancels-broken-responses',
    deviation: 'The server resets a response whose host has broken a rule with CANCEL.',
    clause: 'MSGI-PROC-32',
    fails: ['process/a-broken-rule-in-the-response'],
    seen: /a is not reset with INTERNAL_ERROR: .*CANCEL/,
    wire: resetting(2, 8),
  },
  {
    id: 'process/gives-room-for-what-goes-nowhere',
    deviation: 'The server gives new room as soon as it has taken content, whatever the windows let through.',
    clause: 'MSGI-PROC-30',
    fails: ['process/room-follows-the-windows'],
    seen: /CREDIT of \d+ octets while the windows are shut/,
    pipe: link => {
      const own = new Set<number>();
      // The sound server behind it has no such room: what is written there waits until it has.
      const ahead = new Map<number, Frame[]>();
      return {
        toHost: frame => {
          if (begins(frame)) own.add(frame.number);
          if (is(frame, 'CREDIT')) {
            link.toServer(...(ahead.get(frame.number) ?? []));
            ahead.delete(frame.number);
          }
          return [frame];
        },
        toServer: frame => {
          const waits = ahead.get(frame.number);
          if (waits !== undefined) {
            waits.push(frame);
            return [];
          }
          if (is(frame, 'DATA') && own.has(frame.number) && frame.payload.length > 1) {
            ahead.set(frame.number, []);
            link.toHost(toHost({ type: 'CREDIT', number: frame.number, payload: 1 }));
          }
          return [frame];
        },
      };
    },
  },
  {
    id: 'process/gives-the-same-room-first',
    deviation: 'The server gives 16,384 octets of room in every HEAD, whatever the windows let through.',
    clause: 'MSGI-PROC-30',
    fails: ['process/the-first-room-follows-the-windows'],
    seen: /HEAD gives room for 16384 octets where the window of the stream is 1000/,
    pipe: damages(frame => (is(frame, 'HEAD') ? withJson(frame, { ...jsonOf(frame), room: 16_384 }) : frame)),
  },
  {
    id: 'process/gives-no-further-room',
    deviation: 'The server gives the room of HEAD and none besides.',
    clause: 'MSGI-PROC-30',
    fails: ['process/room-follows-the-windows'],
    seen: /waited for room for 1000 octets/,
    waits: true,
    pipe: damages(frame => (is(frame, 'CREDIT') ? [] : frame)),
  },
  {
    id: 'process/refuses-every-promise',
    deviation: 'The server answers no PUSH.',
    clause: 'MSGI-PROC-35',
    fails: ['process/a-promise-gets-its-head'],
    seen: /waited for HEAD or RESET of the promise/,
    waits: true,
    pipe: hides(frame => is(frame, 'PUSH')),
  },
  {
    id: 'process/cancels-promises',
    deviation: 'The server refuses a promise with CANCEL.',
    clause: 'MSGI-PROC-35',
    fails: ['process/a-promise-that-is-not-made'],
    seen: /the promise is refused with 8 by server/,
    pipe: damagesAll(frame =>
      is(frame, 'RESET') && frame.number % 2 === 0 ? withJson(frame, { code: 8, by: 'server' }) : frame,
    ),
  },
  {
    id: 'process/resets-at-settled',
    deviation: 'The server tells the host of a failure when the application has settled.',
    clause: 'MSGI-PROC-37',
    fails: ['process/reset-comes-at-once'],
    seen: /waited for RESET for number/,
    waits: true,
    pipe: damages(frame => (is(frame, 'RESET', 'CLOSE') ? [] : frame)),
  },
  {
    id: 'process/echoes-reset',
    deviation: 'The server answers the RESET of a host with its own.',
    clause: 'MSGI-PROC-37',
    fails: ['process/no-reset-behind-that-of-the-host'],
    seen: /RESET is told back to the host/,
    pipe: link => ({
      toServer: frame => {
        if (is(frame, 'RESET'))
          link.toHost(
            toHost({ type: 'RESET', number: frame.number, payload: { code: jsonOf(frame).code, by: 'app' } }),
          );
        return [frame];
      },
    }),
  },
  {
    id: 'process/says-sent-early',
    deviation: 'The server says SENT when it has END.',
    clause: 'MSGI-PROC-38',
    fails: ['process/sent-when-all-is-sent'],
    seen: /SENT comes while content waits for the window/,
    pipe: link => ({
      toServer: frame => {
        if (is(frame, 'END')) link.toHost(toHost({ type: 'SENT', number: frame.number, payload: null }));
        return [frame];
      },
    }),
  },
  {
    id: 'process/never-says-sent',
    deviation: 'The server says CLOSE without SENT before it.',
    clause: 'MSGI-PROC-38',
    fails: ['process/sent-when-all-is-sent', 'process/close-is-last'],
    seen: /waited for SENT for number|CLOSE comes before SENT/,
    waits: true,
    pipe: damagesAll(frame => (is(frame, 'SENT') ? [] : frame)),
  },
  {
    id: 'process/speaks-behind-close',
    deviation: 'The server goes on telling the priority of an exchange that it has closed.',
    clause: 'MSGI-PROC-39',
    fails: ['process/close-is-last'],
    seen: /PRIORITY for \d+ comes behind its CLOSE/,
    pipe: damages(frame =>
      is(frame, 'CLOSE')
        ? [
            frame,
            toHost({
              type: 'PRIORITY',
              number: frame.number,
              payload: { scheme: 'none', urgency: 3, incremental: false },
            }),
          ]
        : frame,
    ),
  },
  {
    id: 'process/counts-no-request-content',
    deviation: 'The server tells 0 octets received in CLOSE.',
    clause: 'MSGI-PROC-39',
    fails: ['process/close-is-last'],
    seen: /CLOSE has .*"received":0/,
    pipe: damages(frame => (is(frame, 'CLOSE') ? withJson(frame, { ...jsonOf(frame), received: 0 }) : frame)),
  },
  {
    id: 'process/closes-with-the-response',
    deviation: 'The server closes an exchange when its response is complete, though its request flows.',
    clause: 'MSGI-PROC-39',
    fails: ['process/close-waits-for-the-request'],
    seen: /CLOSE comes while the request flows/,
    pipe: damages(frame => {
      if (!is(frame, 'SENT')) return is(frame, 'CLOSE', 'END', 'DATA') ? [] : frame;
      const sum = { complete: true, code: 0, by: 'app', status: 200, sent: 0, received: 0 } as const;
      return [frame, toHost({ type: 'CLOSE', number: frame.number, payload: sum })];
    }),
  },
  {
    id: 'process/forgets-settled',
    deviation: 'The server waits for a response although the application has settled.',
    clause: 'MSGI-PROC-41',
    fails: ['process/settled-before-the-response', 'process/settled-in-the-response'],
    seen: /waited for the end of the answer on stream/,
    waits: true,
    pipe: hides(frame => is(frame, 'SETTLED')),
  },
  {
    id: 'process/cancels-what-has-settled',
    deviation: 'The server resets a response that has no end with CANCEL when the application has settled.',
    clause: 'MSGI-PROC-41',
    fails: ['process/settled-in-the-response'],
    seen: /a is not reset with INTERNAL_ERROR: .*CANCEL/,
    wire: resetting(2, 8),
  },
  {
    id: 'process/drains-in-silence',
    deviation: 'The server tells the host that it drains, and of no connection.',
    clause: 'MSGI-PROC-42',
    fails: ['process/drain-is-told'],
    seen: /waited for DRAIN for number [1-9]/,
    waits: true,
    pipe: damagesAll(frame => (is(frame, 'DRAIN') && frame.number !== 0 ? [] : frame)),
  },
  {
    id: 'process/drains-connections-alone',
    deviation: 'The server tells the host of each connection that drains, and not that it drains itself.',
    clause: 'MSGI-PROC-42',
    fails: ['process/drain-is-told'],
    seen: /waited for DRAIN for number 0/,
    waits: true,
    pipe: damagesAll(frame => (is(frame, 'DRAIN') && frame.number === 0 ? [] : frame)),
  },
  {
    id: 'process/closes-the-pipe-when-told-to-end',
    deviation: 'The server closes the pipe when it begins to drain.',
    clause: 'MSGI-PROC-44',
    fails: ['process/the-pipe-outlives-its-exchanges'],
    seen: /the pipe ends while an exchange is live/,
    pipe: link => ({
      toHost: frame => {
        if (is(frame, 'DRAIN')) link.close();
        return [frame];
      },
    }),
  },
  {
    id: 'process/answers-500-for-a-lost-pipe',
    deviation: 'The server answers 500 to exchanges in idle of a pipe that ends.',
    clause: 'MSGI-PROC-48',
    fails: ['process/a-pipe-that-ends'],
    seen: /idle is not answered with 502: status 500/,
    wire: () => answering('502', '500'),
  },
  {
    id: 'process/cancels-for-a-lost-pipe',
    deviation: 'The server resets exchanges in open of a pipe that ends with CANCEL.',
    clause: 'MSGI-PROC-48',
    fails: ['process/a-pipe-that-ends'],
    seen: /open is not reset with INTERNAL_ERROR: .*CANCEL/,
    wire: resetting(2, 8),
  },
  {
    id: 'process/drops-done-for-a-lost-pipe',
    deviation: 'The server drops what it has of responses in done when their pipe ends.',
    clause: 'MSGI-PROC-48',
    fails: ['process/a-pipe-that-ends'],
    seen: /0 octets come of 10/,
    wire: () => {
      const lost = new Set<number>();
      let ended = false;
      return {
        toClient: frame => {
          ended ||= frame.type === FRAME_TYPE.RST_STREAM;
          if (frame.type !== FRAME_TYPE.DATA || !ended || lost.has(frame.stream)) return [frame];
          lost.add(frame.stream);
          return [data(frame.stream, new Uint8Array(0), { endStream: true })];
        },
      };
    },
  },
  {
    id: 'process/gives-all-up-with-one-pipe',
    deviation: 'The server resets the exchanges of every process when one has ended.',
    clause: 'MSGI-PROC-50',
    fails: ['process/other-pipes-go-on'],
    seen: /kept-\d+ is not answered with 200: RST_STREAM/,
    wire: link => {
      const asked = new Set<number>();
      const ends = recode(({ stream, fields }) => {
        asked.delete(stream);
        if (fields[1] === '502') for (const other of asked) link.toClient(rstStream(other, 'INTERNAL_ERROR'));
        return fields;
      });
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) asked.add(frame.stream);
          return [frame];
        },
        toClient: ends,
      };
    },
  },
  {
    id: 'process/starts-nothing-anew',
    deviation: 'The server goes on without a process when the first has ended.',
    clause: 'MSGI-PROC-49',
    fails: ['process/a-process-is-started-anew'],
    grade: 'weak',
    seen: /no new process within/,
    pipe: (_, count) => (count === 1 ? {} : { toHost: () => [] }),
  },
] satisfies readonly GatewayFault[];
