/** Frames of types that nobody has assigned. */
import { type Frame, frame } from '../../../wire/index.ts';
import type { Peer } from '../../peer/peer.ts';

const TYPES = [0x2a, 0x0b, 0x7f, 0xbb, 0xff];

/** One frame of each of some unassigned types, with flags and content, but of none that the subject speaks itself. */
export function extensionFrames(peer: Peer, stream: number, octets = 8): readonly Frame[] {
  const spoken = new Set(peer.received.map(({ frame: { type } }) => type));
  const content = new Uint8Array(octets).fill(0x5a);
  return TYPES.filter(type => !spoken.has(type)).map(type => frame(type, 0x5a, stream, content));
}

/** The first of them. */
export function extensionFrame(peer: Peer, stream: number, octets = 8): Frame {
  return extensionFrames(peer, stream, octets)[0] as Frame;
}
