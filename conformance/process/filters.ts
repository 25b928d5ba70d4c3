/** A deviation of the pipe: a man in the middle, frame by frame, between the server and the kit's host. */
import type { Frame } from '../../binding/frame.ts';

/** Each takes a frame on its way and gives what goes on in its place: itself, others, none. */
export interface PipeFilters {
  toHost?(frame: Frame): readonly Frame[];
  toServer?(frame: Frame): readonly Frame[];
}

/** What a filter may do beside answering. */
export interface PipeLink {
  toHost(...frames: readonly Frame[]): void;
  toServer(...frames: readonly Frame[]): void;
  /** Ends both sides. */
  close(): void;
}

/** Makes the filters of one pipe; `count` is its number in the case, from 1. */
export type Deviation = (link: PipeLink, count: number) => PipeFilters;
