/** What must not outlive the kit: processes and scratch folders, whichever way the kit ends. */

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Milliseconds that others who listen for the signal get to end the process themselves. */
const GRACE_MS = 5000;

const tidying = new Set<() => void>();

/** `tidy` runs (once, synchronously) when the process ends, unless the function given back was called before. */
export function atExit(tidy: () => void): () => void {
  if (tidying.size === 0) listen();
  tidying.add(tidy);
  return () => {
    if (tidying.delete(tidy) && tidying.size === 0) unlisten();
  };
}

function listen(): void {
  process.on('exit', tidyAll);
  for (const signal of Object.keys(SIGNALS)) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off('exit', tidyAll);
  for (const signal of Object.keys(SIGNALS)) process.off(signal, onSignal);
}

function onSignal(signal: keyof typeof SIGNALS): void {
  // Where the command itself listens too (to write what it has so far), it is let finish, but not for ever.
  const exit = () => process.exit(128 + SIGNALS[signal]);
  if (process.listenerCount(signal) === 1) exit();
  else setTimeout(exit, GRACE_MS).unref();
}

function tidyAll(): void {
  for (const tidy of tidying) {
    try {
      tidy();
    } catch {
      // The process is ending: the others must still get their turn.
    }
  }
  tidying.clear();
}
