/**
 * Who sends next. Round robin, one frame at a time: every stream with content and a window makes progress, whatever the
 * others do. An order by urgency or by tree is another implementation of the same three calls.
 */
import type { Stream } from './stream.ts';

export interface Scheduler {
  /** The stream has something to send and a window for it. */
  add(stream: Stream): void;
  /** The stream to send one frame of, taken out: whoever has more to send is added again. */
  next(): Stream | undefined;
  readonly empty: boolean;
}

export function roundRobin(): Scheduler {
  let waiting: Stream[] = [];
  let at = 0;
  return {
    add(stream) {
      if (stream.scheduled) return;
      stream.scheduled = true;
      waiting.push(stream);
    },
    next() {
      const stream = waiting[at];
      if (stream === undefined) return undefined;
      at += 1;
      if (at === waiting.length || at > 1024) {
        waiting = waiting.slice(at);
        at = 0;
      }
      stream.scheduled = false;
      return stream;
    },
    get empty() {
      return at === waiting.length;
    },
  };
}
