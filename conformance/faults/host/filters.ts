/** Deviations of a host's pipe, put together from what they do to one frame. */
import { serverReader } from '../../../binding/codec.ts';
import { encodeFrame, type Frame } from '../../../binding/frame.ts';
import type { HostMessage, ServerMessage } from '../../../binding/messages.ts';
import type { Deviation, PipeFilters, PipeLink } from '../../process/filters.ts';
import { frameOf, is, jsonOf } from '../process/filters.ts';

export { frameOf, is, jsonOf, withJson } from '../process/filters.ts';

export const ofServer = (message: ServerMessage): Frame => frameOf(message);
export const ofHost = (message: HostMessage): Frame => frameOf(message);

type Changed = Frame | readonly Frame[];

/** HEAD of an exchange that a case is about: neither a positive control nor a twin. */
export const begins = (frame: Frame): boolean =>
  is(frame, 'HEAD') && !/\/(?:control|twin)-[^/]*$/.test(jsonOf(frame).request.target as string);

/** Frames for exchanges of the case in another form; HEAD of them among these. What is left out goes as it is. */
export const ofCase =
  (
    change: (link: PipeLink) => {
      reads?(frame: Frame): Changed;
      writes?(frame: Frame): Changed;
    },
  ): Deviation =>
  link => {
    const own = new Set<number>();
    const { reads, writes } = change(link);
    return {
      toHost: frame => {
        if (begins(frame)) own.add(frame.number);
        return own.has(frame.number) && reads !== undefined ? [reads(frame)].flat() : [frame];
      },
      toServer: frame => (own.has(frame.number) && writes !== undefined ? [writes(frame)].flat() : [frame]),
    };
  };

/** What the host reads of these exchanges, in another form. */
export const reading = (change: (frame: Frame) => Changed): Deviation => ofCase(() => ({ reads: change }));

/** What the host writes of these exchanges, in another form. */
export const writing = (change: (frame: Frame) => Changed): Deviation => ofCase(() => ({ writes: change }));

/** Frames of every number in another form. */
export const all =
  (filters: { reads?(frame: Frame): Changed; writes?(frame: Frame): Changed }): Deviation =>
  (): PipeFilters => ({
    toHost: frame => [filters.reads?.(frame) ?? frame].flat(),
    toServer: frame => [filters.writes?.(frame) ?? frame].flat(),
  });

export const creditOf = ({ payload }: Frame): number => new DataView(payload.buffer, payload.byteOffset).getUint32(0);

/** What no server may write, whatever the number. */
export function isBroken(frame: Frame): boolean {
  try {
    for (const _ of serverReader(0xffff_ffff).read(encodeFrame(frame)));
    return false;
  } catch {
    return true;
  }
}
