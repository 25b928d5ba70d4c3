/** Resident memory of a process group, as Linux tells it under /proc; nowhere else. */
import { readdirSync, readFileSync } from 'node:fs';

/** Tells octets of resident memory now. */
export type Meter = () => number;

/** Of the processes that are in the group now; one that ends counts no more. Null where /proc does not tell. */
export function groupMeter(group: number): Meter | null {
  const pids = members(group);
  if (pids.length === 0) return null;
  return () => pids.reduce((sum, pid) => sum + resident(pid), 0);
}

function members(group: number): readonly string[] {
  try {
    return readdirSync('/proc').filter(name => /^[0-9]+$/.test(name) && groupOf(name) === group);
  } catch {
    return [];
  }
}

/** Behind the name of the program, which may hold anything: state, parent, group. */
function groupOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function resident(pid: string): number {
  return 1024 * Number(/^VmRSS:\s*([0-9]+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** Empty where the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
