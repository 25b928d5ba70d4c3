/** Runs a host, and carries its pipe a while later than it was written, in order: the control channel is ahead of it. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const LATE_MS = 10;

const host = spawn(process.execPath, process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });

function carry(from, to) {
  let before = Promise.resolve();
  from.on('data', octets => {
    // The wait is the point: what is written now goes on when it is due, behind what was written before.
    const due = delay(LATE_MS);
    before = before.then(() => due).then(() => to.write(octets));
  });
  from.on('end', () => {
    before = before.then(() => to.end());
  });
  to.on('error', () => host.kill());
}

carry(process.stdin, host.stdin);
carry(host.stdout, process.stdout);
host.on('close', status => process.exit(status ?? 1));
