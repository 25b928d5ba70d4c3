/** Servers that are wrong about what they do not know. */
import { FRAME_TYPE } from '../../wire/index.ts';
import { endsConnection, type Fault, hides } from './fault.ts';

const LAST_KNOWN_CODE = 0xd;

export default [
  {
    id: 'extensions/drops-unknown-types-first',
    deviation: 'The server drops frames of unknown types before it looks whether a field block is open.',
    clause: 'RFC 9113 §5.5',
    fails: ['extensions/frame-inside-field-block', 'extensions/connection-frame-inside-field-block'],
    seen: /the connection lives on: PING is acknowledged; a response on stream 5/,
    wire: hides(({ type }) => type > FRAME_TYPE.PRIORITY_UPDATE),
  },
  {
    id: 'extensions/checks-codes-of-resets',
    deviation: 'The server takes an unknown error code in RST_STREAM for a broken frame.',
    clause: 'RFC 9113 §5.5 and §7',
    fails: ['extensions/unknown-code-in-reset'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection(
      'PROTOCOL_ERROR',
      (_, payload) => payload.type === 'RST_STREAM' && payload.code > LAST_KNOWN_CODE,
    ),
  },
  {
    id: 'extensions/checks-codes-of-goaway',
    deviation: 'The server takes an unknown error code in GOAWAY for a broken frame.',
    clause: 'RFC 9113 §5.5 and §7',
    fails: ['extensions/unknown-code-in-goaway'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', (_, payload) => payload.type === 'GOAWAY' && payload.code > LAST_KNOWN_CODE),
  },
] satisfies readonly Fault[];
