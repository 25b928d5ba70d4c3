/**
 * Who sends next, one frame at a time. Round robin while nobody has said anything about priority; from the first word on
 * the ordered scheduler of ordered-scheduler.ts, which has the same calls.
 */
import type { Stream } from './stream.ts';

export interface Scheduler {
  /** The stream has something to send and a window for it. */
  add(stream: Stream): void;
  /** The stream to send one frame of, taken out: whoever has more to send is added again. */
  next(): Stream | undefined;
  /** The stream sends nothing more. It may be given once more all the same. */
  remove(stream: Stream): void;
  readonly empty: boolean;
}

/** Every stream with content and a window makes progress, whatever the others do. */
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
    remove() {
      // It stands in the middle of an array: whoever takes it out sees that it sends no more.
    },
    get empty() {
      return at === waiting.length;
    },
  };
}
