/** Memory that a wrong server takes: it is there, in the process of the proof, and can be given back at once. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MOST_GROWTH } from '../../abuse/case.ts';

/** Octets at most: so much more than may be taken that nothing else in the process makes up for it. */
const MOST = 2 * MOST_GROWTH;

export interface Memory {
  /** So many octets more, each of them written to: memory that nobody has touched is none. */
  take(octets: number): void;
  /** Gives all of it back to the system. */
  free(): void;
}

/** What `lib` does not know yet of an ArrayBuffer that was given a `maxByteLength`. */
type Resizable = ArrayBuffer & { resize(octets: number): void };
type Reserves = new (octets: number, options: { readonly maxByteLength: number }) => Resizable;

export function memory(): Memory {
  collect();
  const store = new (ArrayBuffer as unknown as Reserves)(0, { maxByteLength: MOST });
  return {
    take(octets) {
      const taken = store.byteLength;
      store.resize(Math.min(MOST, taken + octets));
      new Uint8Array(store, taken).fill(1);
    },
    free() {
      store.resize(0);
    },
  };
}

/** What is collected later would make up for what is taken: the process is weighed as a whole. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
