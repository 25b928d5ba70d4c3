/** Servers that do not leave WebSockets as they are. */
import { FRAME_TYPE, rstStream } from '../../../../wire/index.ts';
import { alters, mendsRequests, refusesRequests } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** Content is sent as text, in UTF-8. */
class AsText extends ForwardedSink {
  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    return super.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
  }
}

export default [
  {
    id: 'tunnels/encodes-what-passes',
    deviation: 'The server takes what passes through a tunnel for text.',
    clause: 'RFC 8441 §5',
    fails: ['tunnels/websocket-frames-are-data'],
    seen: /the echo is .*, opcode 2, masked/,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new AsText(x.start(status, fields)) })),
  },
  {
    id: 'tunnels/loses-the-cancel',
    deviation: 'The server takes RST_STREAM of a tunnel for an error of its own.',
    clause: 'RFC 8441 §5',
    fails: ['tunnels/end-stream-is-fin'],
    seen: /a tunnel that the client cancels ends with code 2 by peer/,
    wire: alters(frame => (frame.type === FRAME_TYPE.RST_STREAM ? rstStream(frame.stream, 'INTERNAL_ERROR') : frame)),
  },
  {
    id: 'tunnels/wants-a-key',
    deviation: 'The server refuses a WebSocket without sec-websocket-key.',
    clause: 'RFC 8441 §5',
    fails: ['tunnels/no-key-is-needed'],
    seen: /CONNECT a is answered with RST_STREAM/,
    wire: refusesRequests(({ fields }) => fields.includes(':protocol') && !fields.includes('sec-websocket-key')),
  },
  {
    id: 'tunnels/hides-subprotocols',
    deviation: 'The server keeps sec-websocket-protocol from the application.',
    clause: 'RFC 8441 §5',
    fails: ['tunnels/no-key-is-needed'],
    seen: /offered of a is .*, not "chat, other"/,
    wire: mendsRequests(({ fields }) => {
      const at = fields.indexOf('sec-websocket-protocol');
      return at < 0 ? fields : fields.toSpliced(at, 2);
    }),
  },
] satisfies readonly GatewayFault[];
