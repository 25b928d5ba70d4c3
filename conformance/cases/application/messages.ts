/** Responses beside each other. */

import type { Fields } from '../../../spec/msgi.ts';
import type { Message, Visit } from '../../application/host/visit.ts';
import type { Asked } from '../../application/requests.ts';
import type { Stage } from '../../application/stage.ts';

/** The requests that have content; not applicable where none has. */
export function withContent(stage: Stage): readonly Asked[] {
  const chosen = stage.requests.filter(({ content }) => content !== null && content.length > 1);
  if (chosen.length > 0) return chosen;
  return stage.notApplicable("no request has content: name one, as in --request 'POST /path @file'", 'no-resource');
}

/** The requests that can be answered to their end. */
export function withEnd(stage: Stage): readonly Asked[] {
  return stage.requests.filter(asked => !stage.isEndless(asked));
}

/** The usual answer; null where it is another one each time, or has no end. */
export async function baseline(stage: Stage, asked: Asked): Promise<Visit | null> {
  if (stage.isEndless(asked)) return null;
  const first = await stage.serve(asked);
  const second = await stage.serve(asked);
  return first.message.complete && difference(first, second) === null ? first : null;
}

/** How the second response differs from the first as a message, or null: `date` and trailers do not count. */
export function difference(usual: Visit, seen: Visit): string | null {
  const [before, now] = [usual.message, seen.message];
  if (now.status !== before.status) return `status ${now.status || 'none'} where it is ${before.status}`;
  if (!now.complete) return 'the response is not complete';
  const lines = [linesOf(before.fields), linesOf(now.fields)];
  if (lines[0] !== lines[1]) return `the fields ${lines[1]} where they are ${lines[0]}`;
  return now.content.equals(before.content) ? null : contentDiffers(before, now);
}

function contentDiffers(before: Message, now: Message): string {
  return `other content: ${now.content.length} octets, where it has ${before.content.length} else`;
}

function linesOf(fields: Fields): string {
  const lines = fields.flatMap((name, i) => (i % 2 === 0 && name !== 'date' ? [`${name}: ${fields[i + 1]}`] : []));
  return lines.join('; ');
}
