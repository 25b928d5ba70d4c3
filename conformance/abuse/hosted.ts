/** What the abuse makes the kit's application do: how often it is called, how often at once, and whether it all ends. */

import { parseKey } from '../application/messages.ts';
import type { AppEvents } from '../gateway/events.ts';
import { DeadlinePassed, Failed } from '../outcome.ts';

/** Name of the exchanges of the abuse; those of other names are the kit's own. */
export const FLOOD = 'flood';

export class Hosted {
  readonly events: AppEvents;
  invoked = 0;
  running = 0;
  /** The most that ran at once. */
  peak = 0;
  #seen = 0;

  constructor(events: AppEvents) {
    this.events = events;
  }

  /** Takes up what was told since. */
  look(): this {
    for (; this.#seen < this.events.all.length; this.#seen += 1) {
      const told = this.events.all[this.#seen];
      if (told === undefined || !('key' in told) || parseKey(told.key).name !== FLOOD) continue;
      const { event } = told;
      if (event === 'settled') this.running -= 1;
      if (event !== 'invoked') continue;
      this.invoked += 1;
      this.running += 1;
      this.peak = Math.max(this.peak, this.running);
    }
    return this;
  }

  /** Waits until an exchange of the kit's own has ended: what the application told before is known then. */
  async ended(key: string): Promise<void> {
    const named = { name: parseKey(key).name, key };
    await this.events.until(() => this.events.of(named, 'settled').length > 0, 'the application to answer the kit');
  }

  /** Waits until the application is at rest. */
  async rest(): Promise<void> {
    await this.events
      .until(() => this.look().running === 0, 'the application to be at rest')
      .catch(error => {
        if (!(error instanceof DeadlinePassed)) throw error;
        const seen = `${this.running} of ${this.invoked} invocations go on although nobody waits for them`;
        throw new Failed(seen, 'deadline', true);
      });
  }
}
