/** Faults on the wire that leave the positive control alone, which is on the first two streams of a connection. */
import { Decoder, type Frame, type Payload, parseBlock, parsePayload } from '../../../wire/index.ts';
import type { Fault, Link } from '../fault.ts';
import { valuesOf } from '../field-lines.ts';

const CONTROL = 3;

/** Frames of the server on later streams reach the client in another form; `nth` counts the stream's frames from 1. */
export function damagesLater(
  change: (frame: Frame, payload: Payload, nth: number) => readonly Frame[],
): NonNullable<Fault['wire']> {
  return () => {
    const seen = new Map<number, number>();
    return {
      toClient: frame => {
        if (frame.stream <= CONTROL) return [frame];
        const nth = (seen.get(frame.stream) ?? 0) + 1;
        seen.set(frame.stream, nth);
        return change(frame, parsePayload(frame), nth);
      },
    };
  };
}

/** The server says something of its own when a frame on a later stream has come. */
export function saysOn(say: (frame: Frame, payload: Payload, link: Link) => void): NonNullable<Fault['wire']> {
  return link => ({
    toServer: frame => {
      if (frame.stream > CONTROL) say(frame, parsePayload(frame), link);
      return [frame];
    },
  });
}

/** What both sides have said on a stream before the frame that is looked at. */
export interface Said {
  readonly method: string;
  /** Status of the last head; 0 for none. */
  readonly status: number;
  readonly requestEnded: boolean;
  readonly responseEnded: boolean;
}

/** The same as `damagesLater` and `saysOn`, for what depends on both directions; field blocks are of one frame each. */
export function between(filters: {
  toServer?(frame: Frame, payload: Payload, said: Said): readonly Frame[];
  toClient?(frame: Frame, payload: Payload, said: Said): readonly Frame[];
}): NonNullable<Fault['wire']> {
  return () => {
    const streams = new Map<number, Said>();
    const decoder = new Decoder(0xffff_ffff);
    const of = (stream: number): Said => streams.get(stream) ?? NOTHING;
    return {
      toServer: frame => {
        const payload = parsePayload(frame);
        const before = of(frame.stream);
        const method = payload.type === 'HEADERS' && before === NOTHING ? methodOf(payload.fragment) : before.method;
        const requestEnded = before.requestEnded || ends(payload);
        if (frame.stream !== 0) streams.set(frame.stream, { ...before, method, requestEnded });
        return frame.stream <= CONTROL ? [frame] : (filters.toServer?.(frame, payload, before) ?? [frame]);
      },
      toClient: frame => {
        const payload = parsePayload(frame);
        const before = of(frame.stream);
        const fields = payload.type === 'HEADERS' ? decoder.decode(payload.fragment) : [];
        const status = Number(valuesOf(fields, ':status')[0] ?? before.status);
        if (frame.stream !== 0)
          streams.set(frame.stream, { ...before, status, responseEnded: before.responseEnded || ends(payload) });
        return frame.stream <= CONTROL
          ? [frame]
          : (filters.toClient?.(frame, payload, { ...before, status }) ?? [frame]);
      },
    };
  };
}

const NOTHING: Said = { method: '', status: 0, requestEnded: false, responseEnded: false };

const ends = (payload: Payload): boolean => 'endStream' in payload && payload.endStream;

/** The kit spells methods out, but in cases on HPACK, which are about GET and POST. */
function methodOf(fragment: Uint8Array): string {
  const { instructions } = parseBlock(fragment);
  return instructions.some(one => one.kind === 'literal' && one.value.text === 'HEAD') ? 'HEAD' : 'GET';
}
