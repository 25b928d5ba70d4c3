/** A server that a client can stop by sending too much (RFC 9113 §6.9). */
import { DEFAULT_WINDOW, FRAME_TYPE, parsePayload, SETTING } from '../../wire/index.ts';
import type { Fault, Wire } from './fault.ts';

/** Nothing passes any more, either way, once the windows that the client began with are overrun. */
const freezes: Wire = () => {
  let initial = DEFAULT_WINDOW;
  let connection = DEFAULT_WINDOW;
  let begun = false;
  let frozen = false;
  const streams = new Map<number, number>();
  return {
    toServer: frame => {
      if (frame.type === FRAME_TYPE.DATA) {
        begun = true;
        const left = (streams.get(frame.stream) ?? initial) - frame.payload.length;
        streams.set(frame.stream, left);
        connection -= frame.payload.length;
        frozen ||= left < 0 || connection < 0;
      }
      return frozen ? [] : [frame];
    },
    toClient: frame => {
      const payload = parsePayload(frame);
      if (payload.type === 'SETTINGS') initial = new Map(payload.entries).get(SETTING.INITIAL_WINDOW_SIZE) ?? initial;
      if (payload.type === 'WINDOW_UPDATE' && frame.stream === 0 && !begun) connection += payload.increment;
      return frozen ? [] : [frame];
    },
  };
};

export default [
  {
    id: 'flow-control/frozen-by-an-overrun',
    deviation: 'The server falls silent, without an end of the connection, when a client sends beyond its windows.',
    clause: 'RFC 9113 §6.9',
    fails: ['flow-control/overrun-of-a-stream', 'flow-control/overrun-of-the-connection'],
    seen: /neither a PING acknowledgement nor an end of the connection/,
    wire: freezes,
  },
] satisfies readonly Fault[];
