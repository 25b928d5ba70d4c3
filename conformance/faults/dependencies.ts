/** For faults on the tree: the priority fields of HEADERS reach the server in another form. */
import { FLAG, type Frame, headers, type PriorityFields, parsePayload } from '../../wire/index.ts';

export function depending(frame: Frame, change: (fields: PriorityFields) => PriorityFields): Frame {
  const payload = parsePayload(frame);
  if (payload.type !== 'HEADERS' || payload.priority === null) return frame;
  const endStream = (frame.flags & FLAG.END_STREAM) !== 0;
  return headers(frame.stream, payload.fragment, { endStream, priority: change(payload.priority) });
}
