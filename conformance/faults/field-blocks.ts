/** Servers that are wrong about field blocks (RFC 9113 §4.3). */
import { FLAG, FRAME_TYPE, goaway, headers, parseBlock, parsePayload, plainBlock } from '../../wire/index.ts';
import { type Fault, mendsRequests } from './fault.ts';

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
  {
    id: 'field-blocks/drops-large-sections',
    deviation: 'The server drops the frames of a large field section and says nothing.',
    clause: 'RFC 9113 §10.5.1',
    fails: ['field-blocks/section-above-the-limit', 'field-blocks/section-below-the-limit'],
    seen: /no reaction on stream/,
    wire: mendsRequests(({ fields }) => (fields.join('').length > 30_000 ? null : fields)),
  },
  {
    id: 'field-blocks/does-not-decode-large-sections',
    deviation: 'The server answers a large field section with 431 and does not decode it.',
    clause: 'RFC 9113 §10.5.1',
    fails: ['field-blocks/oversized-section-updates-the-table'],
    seen: /GOAWAY COMPRESSION_ERROR|status 200 with \d+ octets/,
    wire: link => {
      let dropping = 0;
      return {
        toServer: frame => {
          const begins = frame.type === FRAME_TYPE.HEADERS && frame.payload.length > 16_000;
          const continues = frame.type === FRAME_TYPE.CONTINUATION && frame.stream === dropping;
          if (!begins && !continues) return [frame];
          dropping = frame.stream;
          if (frame.flags & FLAG.END_HEADERS)
            link.toClient(headers(frame.stream, plainBlock([':status', '431']), { endStream: true }));
          return [];
        },
      };
    },
  },
] satisfies readonly Fault[];
