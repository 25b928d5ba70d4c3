/** Servers that are wrong about what they grant. */

import type { Exchange, Source } from '../../../../spec/msgi.ts';
import {
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  MAX_WINDOW,
  parsePayload,
  SETTING,
  windowUpdate,
} from '../../../../wire/index.ts';
import type { Fault } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSource, facing, withMembers } from '../wrap.ts';

/** The exchange with another source. */
export const sourcing = (make: (inner: Source) => Source): NonNullable<GatewayFault['wrap']> =>
  facing((x: Exchange) => withMembers(x, { body: make(x.body) }));

export const isStreamCredit = ({ type, stream }: Frame): boolean => type === FRAME_TYPE.WINDOW_UPDATE && stream !== 0;

/** Credit of streams never reaches the client. */
const noStreamCredit: Fault['wire'] = () => ({ toClient: frame => (isStreamCredit(frame) ? [] : [frame]) });

/** Credit of a stream is kept back until it is as much as the initial window. */
const wholeWindows: Fault['wire'] = () => {
  let initial = 0;
  const kept = new Map<number, number>();
  return {
    toClient(frame) {
      const payload = parsePayload(frame);
      if (payload.type === 'SETTINGS')
        initial = payload.entries.find(([id]) => id === SETTING.INITIAL_WINDOW_SIZE)?.[1] ?? initial;
      if (payload.type !== 'WINDOW_UPDATE' || frame.stream === 0) return [frame];
      const octets = (kept.get(frame.stream) ?? 0) + payload.increment;
      const full = octets >= initial;
      kept.set(frame.stream, full ? 0 : octets);
      return full ? [windowUpdate(frame.stream, octets)] : [];
    },
  };
};

/** Credit of streams is sent from a frame of the client on. */
const creditBehind =
  (matches: (frame: Frame) => boolean): Fault['wire'] =>
  () => {
    let behind = false;
    return {
      toServer: frame => {
        behind ||= matches(frame);
        return [frame];
      },
      toClient: frame => (behind || !isStreamCredit(frame) ? [frame] : []),
    };
  };

/** Credit beside that of the server for each DATA frame that `matches`. */
const creditFor =
  (octets: (frame: Frame) => number): Fault['wire'] =>
  link => ({
    toServer: frame => {
      const granted = frame.type === FRAME_TYPE.DATA ? octets(frame) : 0;
      if (granted > 0) link.toClient(windowUpdate(frame.stream, granted));
      return [frame];
    },
  });

class NeverManual extends ForwardedSource {
  override manual(): void {}
}

class InSteps extends ForwardedSource {
  override credit(octets: number): void {
    super.credit(Math.ceil(octets / 1024) * 1024);
  }
}

class Clamping extends ForwardedSource {
  override credit(octets: number): void {
    super.credit(Math.max(0, Math.min(MAX_WINDOW, Math.trunc(Number(octets)) || 0)));
  }
}

class Overflowing extends ForwardedSource {
  override credit(octets: number): void {
    if (octets <= MAX_WINDOW && this.window + octets > MAX_WINDOW) throw new RangeError('the window is full');
    super.credit(octets);
  }
}

class Strict extends ForwardedSource {
  override credit(octets: number): void {
    if (this.window === 0) throw new TypeError('the request has ended');
    super.credit(octets);
  }
}

export default [
  {
    id: 'flow/never-grants',
    deviation: 'The server grants nothing on streams.',
    clause: 'MSGI-FLOW-1',
    fails: ['flow/reading-grants'],
    seen: /waited for credit for the rest of an upload/,
    waits: true,
    wire: noStreamCredit,
  },
  {
    id: 'flow/grants-whole-windows',
    deviation: 'The server grants when a whole initial window has been read.',
    clause: 'MSGI-FLOW-2',
    fails: ['flow/half-a-window-is-withheld-at-most'],
    seen: /waited for half of the initial window to be open again/,
    waits: true,
    wire: wholeWindows,
  },
  {
    id: 'flow/grants-behind-content',
    deviation: 'The server grants nothing on a stream before it has had content.',
    clause: 'MSGI-FLOW-3',
    fails: ['flow/a-read-that-waits-opens-a-shut-window'],
    seen: /waited for credit for a read that waits$/,
    waits: true,
    wire: creditBehind(({ type }) => type === FRAME_TYPE.DATA),
  },
  {
    id: 'flow/takes-the-window-for-open',
    deviation: 'The server takes the window for 65,535 octets until SETTINGS is acknowledged, and grants nothing.',
    clause: 'MSGI-FLOW-3',
    fails: ['flow/a-read-that-waits-opens-a-shut-window'],
    seen: /waited for credit for a read that waits, SETTINGS not being acknowledged/,
    waits: true,
    wire: creditBehind(({ type, flags }) => type === FRAME_TYPE.SETTINGS && (flags & FLAG.ACK) !== 0),
  },
  {
    id: 'flow/grants-on-receipt',
    deviation: 'The server grants content on its stream when it arrives.',
    clause: 'MSGI-FLOW-4',
    fails: ['flow/unread-content-grants-nothing', 'flow/dropped-content-is-returned-to-the-connection'],
    seen: /\d+ octets of credit, not 0, (for content that nobody has read|on a stream whose content was dropped)/,
    wire: creditFor(({ payload }) => payload.length),
  },
  {
    id: 'flow/never-manual',
    deviation: 'The server takes manual for nothing.',
    clause: 'MSGI-FLOW-5',
    fails: ['flow/manual-mode-grants-nothing', 'flow/manual-grants-what-was-withheld'],
    seen: /\d+ octets of credit, not 0, in manual mode|waited for credit for what was withheld/,
    waits: true,
    wrap: sourcing(inner => new NeverManual(inner)),
  },
  {
    id: 'flow/credit-in-steps',
    deviation: 'The server grants steps of 1,024 octets.',
    clause: 'MSGI-FLOW-7',
    fails: ['flow/credit-raises-the-allowance', 'flow/credit-reaches-the-client-to-the-octet'],
    seen: /automatic of a is 1024, not 1000|1024 octets of credit, not 1000/,
    wrap: sourcing(inner => new InSteps(inner)),
  },
  {
    id: 'flow/clamps-credit',
    deviation: 'The server makes octets of whatever it is given as credit.',
    clause: 'MSGI-FLOW-8',
    fails: ['flow/credit-takes-octets-only'],
    seen: /outcomes of a is \["taken"\]/,
    wrap: sourcing(inner => new Clamping(inner)),
  },
  {
    id: 'flow/throws-at-the-most',
    deviation: 'The server throws where credit would take the allowance above 2^31-1.',
    clause: 'MSGI-FLOW-9',
    fails: ['flow/the-allowance-stops-at-its-most'],
    seen: /first of a is \["RangeError"/,
    wrap: sourcing(inner => new Overflowing(inner)),
  },
  {
    id: 'flow/grants-above-the-most',
    deviation: 'The server sends credit that takes the window above 2^31-1.',
    clause: 'MSGI-FLOW-9',
    fails: ['flow/the-allowance-stops-at-its-most'],
    seen: /the client has been granted a window of \d+ octets/,
    wire: creditFor(() => MAX_WINDOW),
  },
  {
    id: 'flow/throws-behind-the-end',
    deviation: 'The server throws at credit where no content can come.',
    clause: 'MSGI-FLOW-10',
    fails: ['flow/credit-behind-the-end-is-nothing'],
    seen: /calls of ended is \["TypeError"/,
    wrap: sourcing(inner => new Strict(inner)),
  },
  {
    id: 'flow/grants-behind-the-end',
    deviation: 'The server grants on a stream whose request has ended.',
    clause: 'MSGI-FLOW-10',
    fails: ['flow/credit-behind-the-end-is-nothing'],
    seen: /1000 octets of credit, not 0, on unread/,
    wire: creditFor(({ flags }) => (flags & FLAG.END_STREAM ? 1000 : 0)),
  },
  {
    id: 'flow/calls-credit-coarse',
    deviation: 'The server gives as caps that its credit is coarse, and claims that it is exact.',
    clause: 'MSGI-CAPS-3',
    fails: ['flow/credit-is-exact-where-that-is-claimed'],
    seen: /credit of a is "coarse", not "exact"/,
    wrap: facing(x => withMembers(x, { caps: { ...x.caps, credit: 'coarse' } })),
  },
  {
    id: 'flow/takes-without-end',
    deviation: 'The server takes the content of a held upload for ever, and keeps it.',
    clause: 'MSGI-FLOW-31',
    fails: ['flow/a-window-beyond-the-allowance-at-most'],
    seen: /\d+ octets go to a held upload with an allowance of \d+/,
    wire: link => ({
      toServer: next => {
        if (next.type !== FRAME_TYPE.DATA) return [next];
        if (next.payload.length > 0) link.toClient(windowUpdate(next.stream, next.payload.length));
        return [frame(FRAME_TYPE.DATA, next.flags, next.stream)];
      },
    }),
  },
] satisfies readonly GatewayFault[];
