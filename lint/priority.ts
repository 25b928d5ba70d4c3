/** What the peer asks for (section 7.2). */
import type { Caps, Priority } from '../spec/msgi.ts';
import { isInteger, type Judge } from './judge.ts';

export function judgePriority(judge: Judge, priority: Priority, caps: Caps, version: string): void {
  const { scheme, urgency, incremental, node } = priority;
  if (!['urgency', 'tree', 'none'].includes(scheme))
    judge.server('MSGI-PRIO-4', `priority.scheme is ${String(scheme)}`);
  if (scheme === 'tree' && caps.priority !== 'tree' && caps.priority !== 'both') {
    judge.server('MSGI-PRIO-4', 'the scheme is "tree" where its signals do not count');
  }
  if (!isInteger(urgency, 0, 7) || typeof incremental !== 'boolean') {
    judge.server('MSGI-PRIO-6', `urgency ${String(urgency)}, incremental ${String(incremental)}`);
  }
  if (scheme === 'none' && (urgency !== 3 || incremental)) {
    judge.server('MSGI-PRIO-4', 'nothing was asked for, and the priority is not the default');
  }
  if (node !== null) judgeNode(judge, priority, node, caps, version);
}

function judgeNode(judge: Judge, priority: Priority, node: NonNullable<Priority['node']>, caps: Caps, version: string) {
  if (version !== '2' || caps.priority === 'urgency' || caps.priority === 'none') {
    judge.server('MSGI-PRIO-12', 'a node where the signals of the tree do not count');
  }
  const { weight } = node;
  if (!isInteger(weight, 1, 256)) return judge.server('MSGI-PRIO-10', `the weight ${String(weight)}`);
  const derived = Math.max(0, 7 - Math.floor(Math.log2(weight)));
  if (priority.scheme !== 'tree' || (priority.urgency === derived && priority.incremental)) return;
  judge.server(
    'MSGI-PRIO-7',
    `urgency ${priority.urgency} and incremental ${priority.incremental} from weight ${weight}`,
  );
}
