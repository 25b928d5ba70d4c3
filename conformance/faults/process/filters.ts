/** Deviations of the pipe, put together from what they do to one frame. */
import { encode, hostReader } from '../../../binding/codec.ts';
import { encodeFrame, type Frame, FrameReader } from '../../../binding/frame.ts';
import type { HostMessage, ServerMessage, TypeName } from '../../../binding/messages.ts';
import { SPACE } from '../../application/messages.ts';
import type { Deviation } from '../../process/filters.ts';
import { octetOf } from '../../process/host-end.ts';

export const is = ({ type }: Frame, ...names: readonly TypeName[]): boolean =>
  names.some(name => octetOf(name) === type);

// biome-ignore lint/suspicious/noExplicitAny: what is in a payload is the fault's own knowledge.
export const jsonOf = ({ payload }: Frame): any => JSON.parse(new TextDecoder().decode(payload));

export const withJson = (frame: Frame, value: unknown): Frame => ({
  ...frame,
  payload: new TextEncoder().encode(JSON.stringify(value)),
});

/** A message as a frame. */
export function frameOf(message: ServerMessage | HostMessage): Frame {
  const [frame] = new FrameReader(0xffff_ffff).read(encode(message));
  return frame as Frame;
}

/** HEAD of an exchange of a case, not of a positive control. */
export const begins = (frame: Frame): boolean =>
  is(frame, 'HEAD') && (jsonOf(frame).request.target as string).startsWith(`/${SPACE}/`);

/** Frames of the server for exchanges of a case in another form; HEAD of them among these. */
export function damages(change: (frame: Frame) => Frame | readonly Frame[]): Deviation {
  return () => {
    const own = new Set<number>();
    return {
      toHost: frame => {
        if (begins(frame)) own.add(frame.number);
        return own.has(frame.number) ? [change(frame)].flat() : [frame];
      },
    };
  };
}

/** Every frame of the server in another form. */
export const damagesAll =
  (change: (frame: Frame) => Frame | readonly Frame[]): Deviation =>
  () => ({ toHost: frame => [change(frame)].flat() });

/** The server does not heed the frames of the host that `matches`: they never reach it. */
export const hides =
  (matches: (frame: Frame) => boolean): Deviation =>
  () => ({ toServer: frame => (matches(frame) ? [] : [frame]) });

/** What a host may not write, whatever the number. */
export function isBroken(frame: Frame): boolean {
  try {
    for (const _ of hostReader(0xffff_ffff).read(encodeFrame(frame)));
    return false;
  } catch {
    return true;
  }
}
