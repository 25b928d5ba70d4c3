/** Servers that are wrong about field blocks (RFC 9113 §4.3). */
import { FRAME_TYPE, goaway, parseBlock, parsePayload } from '../../wire/index.ts';
import type { Fault } from './fault.ts';

export default [
  {
    id: 'field-blocks/decodes-fragments',
    deviation: 'The server decodes each fragment by itself, as if it were a whole block.',
    clause: 'RFC 9113 §4.3',
    fails: ['field-blocks/cut-at-every-octet', 'field-blocks/fragments-of-one-octet'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: link => ({
      toServer: frame => {
        const payload = parsePayload(frame);
        const fragment =
          payload.type === 'HEADERS' || payload.type === 'CONTINUATION' ? payload.fragment : new Uint8Array(0);
        if (parseBlock(fragment).error === null) return [frame];
        link.toClient(goaway(0, 'COMPRESSION_ERROR'));
        link.close();
        return [];
      },
    }),
  },
  {
    id: 'field-blocks/refuses-empty-continuation',
    deviation: 'The server takes an empty CONTINUATION for an attack.',
    clause: 'RFC 9113 §6.10',
    fails: ['field-blocks/empty-last-continuation'],
    seen: /GOAWAY ENHANCE_YOUR_CALM/,
    wire: link => ({
      toServer: frame => {
        if (frame.type !== FRAME_TYPE.CONTINUATION || frame.payload.length > 0) return [frame];
        link.toClient(goaway(0, 'ENHANCE_YOUR_CALM'));
        link.close();
        return [];
      },
    }),
  },
] satisfies readonly Fault[];
