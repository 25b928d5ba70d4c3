/**
 * The arithmetic of section 5.1, from outside: an upper bound for what the peer may have been granted. A lower one cannot be
 * told, since SETTINGS may shrink an allowance at any time.
 */
import { isThenable, type Judge } from './judge.ts';
import type { RuleId } from './lint-error.ts';

export const MAX_WINDOW = 2 ** 31 - 1;
/** What a peer may send while it does not know SETTINGS yet (MSGI-FLOW-12). */
const BEFORE_SETTINGS = 65_535;

export class Allowance {
  /** Content octets given to the application. */
  delivered = 0;
  readonly #judge: Judge;
  readonly #exact: boolean;
  /** In automatic mode of window + buffered, in manual mode with what was delivered: the most that grants explain. */
  #bound: number;
  /** The most content that can have arrived. */
  #arrival: number;
  #manual = false;
  /** A read waits in automatic mode that has found no allowance, or a bound is not known before it settles. */
  #loose = false;

  constructor(judge: Judge, window: number, buffered: number, exact: boolean) {
    this.#judge = judge;
    this.#exact = exact;
    this.#bound = window + buffered;
    this.#arrival = Math.max(this.#bound, BEFORE_SETTINGS);
  }

  observe(window: number, buffered: number) {
    if (!Number.isInteger(window)) return this.#judge.server('MSGI-FLOW-15', `body.window is ${String(window)}`);
    if (window > MAX_WINDOW) return this.#judge.server('MSGI-FLOW-9', `body.window is ${window}`);
    if (!Number.isInteger(buffered) || buffered < 0) {
      return this.#judge.server('MSGI-FLOW-15', `body.buffered is ${String(buffered)}`);
    }
    if (this.#loose) return;
    const sum = window + buffered + (this.#manual ? this.delivered : 0);
    // Behind the end of the request the window is 0 (MSGI-LIFE-41), whatever came before SETTINGS was known.
    if (sum <= (window === 0 ? Math.max(this.#bound, this.#arrival) : this.#bound)) return;
    const id: RuleId = this.#manual ? 'MSGI-FLOW-5' : 'MSGI-FLOW-4';
    this.#judge.server(id, `${sum - this.#bound} octets were granted that nobody asked for`);
    this.#bound = sum;
  }

  /** Before a read: with no allowance a server grants by itself while it waits (MSGI-FLOW-3). */
  reading(result: unknown, windowBefore: number): void {
    if (isThenable(result) && !this.#manual && windowBefore <= 0) this.#loose = true;
  }

  /** A read has settled; the numbers are those of now. */
  settled(octets: number, window: number, buffered: number): void {
    this.delivered += octets;
    if (this.#loose) this.#rebase(window, buffered);
    const arrived = this.delivered + buffered;
    if (!this.#exact || this.#manual === false || arrived <= this.#arrival) return;
    this.#judge.server('MSGI-FLOW-13', `${arrived} octets have arrived of ${this.#arrival} that were granted`);
    this.#arrival = arrived;
  }

  #rebase(window: number, buffered: number): void {
    this.#loose = false;
    const sum = window + buffered + (this.#manual ? this.delivered : 0);
    this.#bound = this.#manual ? sum : Math.max(this.#bound, sum);
    this.#arrival = this.delivered + buffered + Math.max(window, BEFORE_SETTINGS);
  }

  /** After the call: what was withheld is granted by now. While a read waits, what it takes is not known. */
  manual(window: number, buffered: number, waiting: boolean): void {
    if (this.#manual) return;
    this.#manual = true;
    this.#bound = window + buffered + this.delivered;
    this.#arrival = Math.max(this.#bound, this.delivered + buffered + BEFORE_SETTINGS);
    this.#loose = waiting;
  }

  /** `credit` has returned. An allowance of 0 may be that of a request that has ended. */
  credited(octets: number, before: number, after: number): void {
    this.#bound += octets;
    this.#arrival += octets;
    const right = after === Math.min(before + octets, MAX_WINDOW) || (before === 0 && after === 0);
    if (!right) this.#judge.server('MSGI-FLOW-7', `credit(${octets}) took body.window from ${before} to ${after}`);
  }
}
