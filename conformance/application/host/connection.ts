/** A connection of the kit's host: nobody is at its other end but the script. */
import type { Address, Connection } from '../../../spec/msgi.ts';

export class HostConnection implements Connection {
  readonly peer: Address = { host: '192.0.2.7', port: 40_961 };
  readonly local: Address = { host: '192.0.2.1', port: 443 };
  readonly tls = null;
  readonly tree = null;
  readonly locals: Record<string, unknown> = Object.create(null);
  /** Its number within the case, from 1. */
  readonly number: number;
  readonly #drained: Set<() => void> = new Set();
  #draining = false;
  #streams = 1;
  #promises = 2;

  constructor(number: number) {
    this.number = number;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const tell of this.#drained) tell();
  }

  // --- for the host --------------------------------------------------------------------------------------------------

  stream(): number {
    this.#streams += 2;
    return this.#streams - 2;
  }

  promise(): number {
    this.#promises += 2;
    return this.#promises - 2;
  }

  onDrain(tell: () => void): () => void {
    this.#drained.add(tell);
    return () => this.#drained.delete(tell);
  }
}
