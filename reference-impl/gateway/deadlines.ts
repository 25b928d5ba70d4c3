/** Exchanges that the server's coarse timer has to look at (MSGI-LIFE-52, MSGI-LIFE-53). */
import type { Handling } from './handling.ts';

export class Deadlines {
  readonly #timed = new Set<Handling>();

  set(handling: Handling, ms: number): void {
    if (handling.phase === 'dead') return;
    handling.withExtras().deadline = performance.now() + ms;
    if (ms === Number.POSITIVE_INFINITY) this.#timed.delete(handling);
    else this.#timed.add(handling);
  }

  tick(now: number): void {
    for (const handling of this.#timed) {
      const { deadline } = handling.withExtras();
      if (deadline === Number.POSITIVE_INFINITY) {
        this.#timed.delete(handling);
      } else if (deadline <= now) {
        this.#timed.delete(handling);
        handling.limit('the deadline of the exchange has passed');
      }
    }
  }
}
