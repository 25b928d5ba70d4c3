/** Promises that nobody will settle: those that still wait when the exchange has closed. */
import type { Judge } from './judge.ts';
import type { LintSink } from './sink.ts';
import type { LintSource } from './source.ts';

/** Reactions of promises that a server may put between its own and that of the application. */
const REACTIONS = 16;

export function judgeStranded(judge: Judge, source: LintSource | null, sink: LintSink | null): void {
  if (!waits(source, sink)) return;
  let left = REACTIONS;
  const look = () => {
    if (!waits(source, sink)) return;
    if (left-- > 0) return queueMicrotask(look);
    if (source?.waiting) judge.server('MSGI-LIFE-37', 'a read still waits after close');
    if (sink === null) return;
    if (sink.writing > 0) judge.server('MSGI-FLOW-22', 'a write still waits after close');
    if (sink.readying > 0) judge.server('MSGI-LIFE-24', 'a ready still waits after close');
    if (sink.ending) judge.server('MSGI-LIFE-22', 'end still waits after close');
  };
  queueMicrotask(look);
}

function waits(source: LintSource | null, sink: LintSink | null): boolean {
  return source?.waiting === true || (sink !== null && (sink.writing > 0 || sink.readying > 0 || sink.ending));
}
