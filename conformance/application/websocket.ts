/**
 * As much of WebSocket (RFC 6455 §5) as a tunnel wants to be judged by: whole frames below 64 KiB, no extensions. The kit's
 * application echoes, its client masks.
 */
import type { Exchange, Fields } from '../../spec/msgi.ts';

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

export interface WebSocketFrame {
  readonly opcode: number;
  readonly masked: boolean;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** Octets of a frame; of a client's where a mask of four octets is given. */
export function webSocketFrame(opcode: number, payload: Uint8Array | string, mask?: Uint8Array): Uint8Array {
  const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const { length } = octets;
  const bit = mask === undefined ? 0 : 0x80;
  const head = length < 126 ? [bit | length] : [bit | 126, length >> 8, length & 0xff];
  const body = mask === undefined ? octets : unmask(octets, mask);
  return Uint8Array.from([0x80 | opcode, ...head, ...(mask ?? []), ...body]);
}

function unmask(octets: Uint8Array, mask: Uint8Array): Uint8Array {
  return octets.map((octet, i) => octet ^ (mask[i % 4] as number));
}

/** The whole frames at the start of the octets, and what is left of them. */
export function webSocketFrames(octets: Uint8Array): {
  readonly frames: readonly WebSocketFrame[];
  readonly rest: Uint8Array;
} {
  const frames: WebSocketFrame[] = [];
  let rest = octets;
  for (let one = first(rest); one !== null; one = first(rest)) {
    frames.push(one.frame);
    rest = rest.subarray(one.length);
  }
  return { frames, rest };
}

function first(octets: Uint8Array): { readonly frame: WebSocketFrame; readonly length: number } | null {
  if (octets.length < 2) return null;
  const [start, second] = octets as unknown as [number, number];
  const masked = (second & 0x80) !== 0;
  const short = (second & 0x7f) < 126;
  const head = short ? 2 : 4;
  const at = head + (masked ? 4 : 0);
  if (octets.length < at) return null;
  const length = short ? second & 0x7f : (octets[2] as number) * 256 + (octets[3] as number);
  if (octets.length < at + length) return null;
  const content = octets.subarray(at, at + length);
  const payload = masked ? unmask(content, octets.subarray(head, at)) : content;
  return { frame: { opcode: start & 0x0f, masked, payload }, length: at + length };
}

/** Opens the tunnel, echoes text, answers ping and close, and ends with the latter. Frames without a mask end it at once. */
export async function echo(x: Exchange, fields: Fields = []): Promise<void> {
  const out = x.start(200, fields);
  let octets: Uint8Array = new Uint8Array(0);
  for await (const chunk of x.body) {
    const { frames, rest } = webSocketFrames(Buffer.concat([octets, chunk]));
    octets = rest;
    for (const { opcode, masked, payload } of frames) {
      if (!masked) return x.reset();
      await out.write(webSocketFrame(opcode === OPCODE.ping ? OPCODE.pong : opcode, payload));
      if (opcode === OPCODE.close) return out.end();
    }
  }
  await out.end();
}
