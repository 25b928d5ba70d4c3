/** Servers that are wrong about the connection preface. */
import { FLAG, FRAME_TYPE, type Frame, PREFACE_OCTETS, rstStream } from '../../wire/index.ts';
import { endsConnection, type Fault } from './fault.ts';

const isAck = ({ type, flags }: Frame): boolean => type === FRAME_TYPE.SETTINGS && (flags & FLAG.ACK) !== 0;

export default [
  {
    id: 'preface/refuses-empty-settings',
    deviation: 'The server takes an empty SETTINGS frame for one that is missing.',
    clause: 'RFC 9113 §3.4',
    fails: ['preface/empty-settings'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    why: 'Almost every case opens its connections with an empty SETTINGS frame.',
    wire: endsConnection(
      'PROTOCOL_ERROR',
      frame => frame.type === FRAME_TYPE.SETTINGS && !isAck(frame) && frame.payload.length === 0,
    ),
  },
  {
    id: 'preface/acknowledges-first',
    deviation: 'The server acknowledges the SETTINGS of the client before it sends its own.',
    clause: 'RFC 9113 §3.4',
    fails: ['preface/acknowledged-after-own-settings'],
    seen: /before the server preface/,
    wire: () => {
      let kept: Frame[] | null = [];
      return {
        toClient: frame => {
          if (kept === null) return [frame];
          if (!isAck(frame)) {
            kept.push(frame);
            return [];
          }
          const preface = kept;
          kept = null;
          return [frame, ...preface];
        },
      };
    },
  },
  {
    id: 'preface/takes-any-magic',
    deviation: 'The server skips 24 octets and does not look at them.',
    clause: 'RFC 9113 §3.4',
    fails: ['preface/wrong-magic'],
    seen: /the preface is taken: PING is acknowledged/,
    wire: () => ({ preface: () => PREFACE_OCTETS }),
  },
  {
    id: 'preface/takes-any-first-frame',
    deviation: 'The server does not insist that the first frame of the client is SETTINGS.',
    clause: 'RFC 9113 §3.4',
    fails: ['preface/ping-before-settings', 'preface/request-before-settings'],
    seen: /the preface is taken: PING is acknowledged/,
    wire: () => {
      let early: Frame[] | null = [];
      return {
        toServer: frame => {
          if (early === null) return [frame];
          if (frame.type !== FRAME_TYPE.SETTINGS) {
            early.push(frame);
            return [];
          }
          const before = early;
          early = null;
          return [frame, ...before];
        },
      };
    },
  },
  {
    id: 'preface/refuses-early-requests',
    deviation: 'The server refuses requests that come before its own SETTINGS are acknowledged.',
    clause: 'RFC 9113 §3.4',
    fails: ['preface/request-with-preface'],
    seen: /RST_STREAM REFUSED_STREAM/,
    wire: () => {
      let acknowledged = false;
      const refused: Frame[] = [];
      return {
        toServer: frame => {
          acknowledged ||= isAck(frame);
          if (acknowledged || frame.type !== FRAME_TYPE.HEADERS) return [frame];
          refused.push(rstStream(frame.stream, 'REFUSED_STREAM'));
          return [];
        },
        toClient: frame => [frame, ...refused.splice(0)],
      };
    },
  },
] satisfies readonly Fault[];
