/** A server as a program: one line when it listens, and a drain when it is told to stop. */
import type { App, Application } from '../spec/msgi.ts';
import { type ServeOptions, serve } from './server.ts';

/**
 * Serves until SIGINT or SIGTERM; then what is under way is finished within `grace`, and the promise fulfils. A second signal
 * ends the process at once. When it listens, one line of JSON goes to stdout, as of `msgi serve`: `{"address":"…","pid":1}`.
 * Rejects as {@link serve} does.
 */
export async function run(hosted: App | Application, options: ServeOptions = {}): Promise<void> {
  const server = await serve(hosted, options);
  process.stdout.write(`${JSON.stringify({ address: server.address, pid: process.pid })}\n`);
  await stopSignal();
  await server.close();
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The first SIGINT or SIGTERM. Those after it find no listener, whichever they are, and do what they do by default. */
export function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    const stop = (): void => {
      for (const signal of SIGNALS) process.off(signal, stop);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, stop);
  });
}
