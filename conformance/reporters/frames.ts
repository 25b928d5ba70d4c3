/** The frames of a case that show its verdict. */
import { formatEntry } from '../peer/transcript.ts';
import type { TranscriptEntry } from '../result.ts';
import { plural, visible } from './text.ts';

/** Lines of a transcript that a terminal is shown. */
const SHOWN = 12;

/** The frame that decided and those that led to it, as lines; what is left out is said. */
export function excerpt(transcript: readonly TranscriptEntry[]): readonly string[] {
  const end = decisive(transcript) + 1;
  const start = Math.max(0, end - SHOWN);
  const stimulus = transcript.slice(0, start).findLastIndex(isStimulus);
  return [
    ...(stimulus === -1 ? gap(start) : gap(stimulus)),
    ...frameLines(transcript.slice(stimulus, stimulus + 1)),
    ...(stimulus === -1 ? [] : gap(start - stimulus - 1)),
    ...frameLines(transcript.slice(start, end)),
    ...gap(transcript.length - end),
  ];
}

export function frameLines(transcript: readonly TranscriptEntry[]): readonly string[] {
  return transcript.map(entry => visible(formatEntry(entry)));
}

/** The last frame of the subject that carries a note, for notes say what is wrong with a frame; else the last one. */
function decisive(transcript: readonly TranscriptEntry[]): number {
  const noted = transcript.findLastIndex(({ direction, note }) => direction !== '>' && note !== undefined);
  return noted === -1 ? transcript.length - 1 : noted;
}

/** A frame of the kit's with a note is what the case is about. */
function isStimulus({ direction, note }: TranscriptEntry): boolean {
  return direction === '>' && note !== undefined;
}

function gap(lines: number): readonly string[] {
  return lines === 0 ? [] : [`          ... ${plural(lines, 'more line')}`];
}
