/** What the peer asks for on HTTP/1.x: the `priority` field is all there is (section 7.2 of the specification). */
import type { Priority, RequestHead } from '../../spec/msgi.ts';
import { DEFAULT_PRIORITY, incrementalOf, NOT_ASKED, readPriority, urgencyOf } from '../engine/priority-field.ts';

/** `counts`: the listener takes the signals of RFC 9218. */
export function priorityOf({ fields }: RequestHead, counts: boolean): Priority {
  const lines = fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === 'priority');
  const asked = counts && lines.length > 0 ? readPriority(lines.join(', ')) : NOT_ASKED;
  const packed = asked === NOT_ASKED ? DEFAULT_PRIORITY : asked;
  return Object.freeze({
    scheme: asked === NOT_ASKED ? 'none' : 'urgency',
    urgency: urgencyOf(packed),
    incremental: incrementalOf(packed),
    node: null,
  });
}
