/** Servers that are wrong about SETTINGS. */
import { FLAG, FRAME_TYPE } from '../../wire/index.ts';
import { damages, type Fault, hides } from './fault.ts';

export default [
  {
    id: 'settings/takes-ack-with-payload',
    deviation: 'The server takes a SETTINGS acknowledgement with a payload as if it were empty.',
    clause: 'RFC 9113 §6.5',
    fails: ['settings/ack-with-payload'],
    seen: /the connection lives on/,
    wire: hides(
      ({ type, flags, payload }) => type === FRAME_TYPE.SETTINGS && (flags & FLAG.ACK) !== 0 && payload.length > 0,
    ),
  },
  {
    id: 'settings/acknowledges-twice',
    deviation: 'The server acknowledges every SETTINGS frame twice.',
    clause: 'RFC 9113 §6.5.3',
    fails: ['settings/each-acknowledged-once'],
    seen: /\d+ acknowledgements/,
    wire: damages((frame, payload) => (payload.type === 'SETTINGS' && payload.ack ? [frame, frame] : frame)),
  },
] satisfies readonly Fault[];
