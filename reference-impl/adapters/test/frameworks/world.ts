/** What an application of the tests is given. */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';

export interface World {
  /** Of the files below /static. */
  readonly directory: string;
  /** A client of /events has left. */
  readonly left: () => void;
  /** Settles when the next event of /events is due. */
  readonly tick: () => Promise<void>;
}

export interface TestWorld extends World {
  /** Settles when the next client of /events leaves. */
  clientLeaves(): Promise<void>;
}

/** `directory` has file.txt, which is given a time of the past. */
export function newWorld(directory: string): TestWorld {
  const time = new Date('2024-02-29T12:34:56Z');
  utimesSync(join(directory, 'file.txt'), time, time);
  let told: () => void = () => {};
  return {
    directory,
    left: () => told(),
    tick: () => new Promise(resolve => setImmediate(resolve)),
    clientLeaves: () =>
      new Promise(resolve => {
        told = resolve;
      }),
  };
}
