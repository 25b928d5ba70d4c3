/** An example of examples/, served by `msgi serve` over TLS under the checker, as a user would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export interface Served {
  /** "https://127.0.0.1:8443" */
  readonly address: string;
  readonly process: ChildProcess;
  /** Asks it to stop, and waits for its end; gives its exit code. */
  stop(): Promise<number | null>;
  /** What went to stderr so far: findings of the checker, failures of the application. */
  said(): string;
}

/** Starts the built program. When the test ends it is stopped, and has to have had nothing to complain of. */
export async function example(t: Test, name: string, ...options: readonly string[]): Promise<Served> {
  const argv = ['dist/msgi.js', 'serve', `examples/${name}.js`, '--port', '0', '--tls', '--lint', ...options];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  child.stderr.on('data', text => {
    said += text;
  });
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  };
  t.teardown(async () => {
    await stop();
    // No assertion counts here any more; what is thrown does.
    if (said !== '') throw new Error(`${name} had this to say: ${said}`);
  });
  const address = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(String(line)).address as string),
    ended.then(() => Promise.reject(new Error(`${name} did not start: ${said}`))),
  ]);
  return { address, process: child, stop, said: () => said };
}
