/**
 * A process that outlives the kit for a moment. Whoever kills the kit outright leaves it no time to end what it has started;
 * then this one hears that its pipe has ended, and ends those process groups.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Reads a sign and the number of a group from each line, and at the end kills the groups that were not taken back. */
const SCRIPT = `
groups=
while read -r sign group; do
  rest=
  for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done
  groups=$rest
  [ "$sign" = + ] && groups="$groups $group"
done
for group in $groups; do kill -KILL "-$group"; done
`;

let sentinel: ChildProcess | null = null;

/** The group goes with the kit, however that ends; the function given back is called once it has ended by itself. */
export function guard(group: number): () => void {
  tell(`+ ${group}\n`);
  return () => tell(`- ${group}\n`);
}

function tell(line: string): void {
  sentinel ??= start();
  sentinel.stdin?.write(line);
}

/** In a session of its own, so that a signal to the kit's group does not reach it; the kit need not wait for it to end. */
function start(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Where there is no shell, or it is killed, the kit still ends what it can at its own end.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  (child.stdin as { unref?(): void } | null)?.unref?.();
  return child;
}
