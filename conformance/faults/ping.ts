/** Servers that are wrong about PING. */
import { FLAG, FRAME_TYPE, type Frame } from '../../wire/index.ts';
import { alters, type Fault, hides } from './fault.ts';

const isPing = ({ type, flags }: Frame): boolean => type === FRAME_TYPE.PING && (flags & FLAG.ACK) === 0;
const isAck = ({ type, flags }: Frame): boolean => type === FRAME_TYPE.PING && (flags & FLAG.ACK) !== 0;

export default [
  {
    id: 'ping/keeps-one',
    deviation: 'The server keeps the octets of one PING only: of several, each is acknowledged with those of the last.',
    clause: 'RFC 9113 §6.7',
    fails: ['ping/identical-octets'],
    seen: /PING 0000000000000000 is acknowledged 0 times/,
    wire: () => {
      let last: Frame | null = null;
      return {
        toServer: frame => {
          if (isPing(frame)) last = frame;
          return [frame];
        },
        toClient: frame => [isAck(frame) && last !== null ? { ...frame, payload: last.payload } : frame],
      };
    },
  },
  {
    id: 'ping/answers-acknowledgements',
    deviation: 'The server answers every PING, whether it is an acknowledgement or not.',
    clause: 'RFC 9113 §6.7',
    fails: ['ping/ack-not-answered'],
    seen: /the acknowledgement "no reply" is acknowledged/,
    wire: alters(frame => (isAck(frame) ? { ...frame, flags: 0 } : frame)),
  },
  {
    id: 'ping/stream-not-looked-at',
    deviation: 'The server does not look at the stream identifier of PING.',
    clause: 'RFC 9113 §6.7',
    fails: ['ping/on-stream'],
    seen: /the connection lives on/,
    wire: alters(frame => (isPing(frame) ? { ...frame, stream: 0 } : frame)),
  },
  {
    id: 'ping/takes-any-length',
    deviation: 'The server ignores PING of another length than 8.',
    clause: 'RFC 9113 §6.7',
    fails: ['ping/of-no-octets', 'ping/of-seven-octets', 'ping/of-nine-octets', 'ping/ack-of-nine-octets'],
    seen: /the connection lives on/,
    wire: hides(({ type, payload }) => type === FRAME_TYPE.PING && payload.length !== 8),
  },
  {
    id: 'ping/answers-when-idle',
    deviation: 'The server acknowledges PING when no response is under way any more.',
    clause: 'RFC 9113 §6.7',
    fails: ['ping/overtakes-content'],
    seen: /the acknowledgement waits for \d+ responses/,
    grade: 'weak',
    wire: () => {
      const running = new Set<number>();
      let held: Frame[] = [];
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS) running.add(frame.stream);
          return [frame];
        },
        toClient: frame => {
          if (isAck(frame) && running.size > 0) {
            held.push(frame);
            return [];
          }
          if (frame.stream > 0 && frame.flags & FLAG.END_STREAM) running.delete(frame.stream);
          if (running.size > 0 || held.length === 0) return [frame];
          const behind = held;
          held = [];
          return [frame, ...behind];
        },
      };
    },
  },
] satisfies readonly Fault[];
