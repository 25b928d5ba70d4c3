/** Faults on the wire that leave the positive control alone, which is on the first two streams of a connection. */
import type { Frame, Payload } from '../../../wire/index.ts';
import { parsePayload } from '../../../wire/index.ts';
import type { Fault, Link } from '../fault.ts';

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
