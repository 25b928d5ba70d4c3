/** What such servers do on the side of HTTP/2. */
import { FRAME_TYPE, type Frame, parsePayload, windowUpdate } from '../../../wire/index.ts';
import { type Filters, recode } from '../fault.ts';

/** Answers of one status carry another. */
export const answering = (status: string, instead: string): Filters => ({
  toClient: recode(({ fields }) =>
    fields.map((text, i) => (fields[i - 1] === ':status' && text === status ? instead : text)),
  ),
});

/** Interim responses of that status never come. */
export const hiding = (status: string): Filters => ({
  toClient: recode(({ fields }) => (fields[1] === status ? null : fields)),
});

/** Credit for streams is what `change` makes of it. */
export const crediting = (change: (octets: number) => number): Filters => ({
  toClient: (frame: Frame) => {
    const payload = parsePayload(frame);
    if (frame.type !== FRAME_TYPE.WINDOW_UPDATE || frame.stream === 0 || payload.type !== 'WINDOW_UPDATE')
      return [frame];
    return [windowUpdate(frame.stream, change(payload.increment))];
  },
});
