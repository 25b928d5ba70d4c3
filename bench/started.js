/** Programs that print their address as one line of JSON, and what the kernel knows of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Starts `msgi serve` with these arguments, `node` being the options of the runtime. */
export function serve(argv, node = []) {
  return start([process.execPath, ...node, 'dist/msgi.js', 'serve', ...argv, '--port', '0']);
}

/** Starts a command and waits for its line; `stop` ends it. */
export async function start([command, ...argv]) {
  const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  // A benchmark that fails leaves nothing running.
  process.once('exit', () => child.kill());
  const [line] = await once(createInterface(child.stdout), 'line');
  const { address } = JSON.parse(line);
  return {
    address,
    pid: child.pid,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Resident memory of a process, octets. */
export function resident(pid) {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(kibibytes) * 1024;
}

/** CPU time of a process so far, seconds. */
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
