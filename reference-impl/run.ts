/** A server as a program: one line when it listens, and a drain when it is told to stop. */
import type { App, Application } from '../spec/msgi.ts';
import { type Running, type ServeOptions, serve } from './server.ts';

/**
 * Serves until SIGINT or SIGTERM; then what is under way is finished within `grace`, and the promise fulfils. A second signal
 * ends the process at once. When it listens, one line of JSON goes to stdout, as of `msgi serve`: `{"address":"…","pid":1}`.
 * Rejects as {@link serve} does.
 */
export async function run(hosted: App | Application, options: ServeOptions = {}): Promise<void> {
  await untilSignal(async () => {
    const server = await serve(hosted, options);
    process.stdout.write(`${JSON.stringify({ address: server.address, pid: process.pid })}\n`);
    return [server];
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs what `listen` starts until the first SIGINT or SIGTERM, and closes it. Those after it find nobody who waits for them,
 * and do what they do by default.
 */
export async function untilSignal(listen: () => Promise<readonly Running[]>): Promise<void> {
  let told: () => void = () => {};
  const signalled = new Promise<void>(resolve => {
    told = resolve;
  });
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
    told();
  };
  // Before anything listens: who can connect may send the signal, and it must not find a process that just dies of it.
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const running = await listen();
    await signalled;
    await Promise.all(running.map(server => server.close()));
  } finally {
    stop();
  }
}
