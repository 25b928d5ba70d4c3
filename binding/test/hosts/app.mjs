/** What the tests of processes ask of a host; it prints in every way that it knows. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';

process.stdout.write('printed by process.stdout\n');
console.log('printed by console.log');
writeSync(1, 'printed on descriptor 1\n');

const text = ['content-type', 'text/plain'];

export default {
  start(host) {
    if (process.env.REFUSES !== undefined) throw new Error('it does not start');
    process.stderr.write(`start ${host.spec}\n`);
  },
  async app(x) {
    if (x.request.target === '/pid') return x.respond(200, text, `${process.pid}`);
    if (x.request.target === '/crash') process.kill(process.pid, 'SIGKILL');
    if (x.request.target === '/print') {
      spawnSync('sh', ['-c', 'echo printed by a child; cat'], { stdio: 'inherit' });
      return x.respond(200, text, 'printed');
    }
    if (x.request.target === '/half') {
      await x.start(200).write('half');
      await new Promise(resolve => x.body.read().then(resolve, resolve));
      process.kill(process.pid, 'SIGKILL');
    }
    if (x.request.target === '/drain') {
      await new Promise(resolve => x.watch(resolve));
      return x.respond(200, text, 'drained');
    }
    for await (const _ of x.body);
    x.respond(200, text, 'ok');
  },
  stop() {
    process.stderr.write('stop\n');
  },
};
