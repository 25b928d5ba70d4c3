/** What the abuse makes the kit's application do: how often it is called, how often at once, and whether it all ends. */

import { parseKey } from '../application/messages.ts';
import type { AppEvents } from '../gateway/events.ts';
import { FLOOD, PUSHED } from './names.ts';
import { inTime } from './patience.ts';

/** Milliseconds in which an application that was told of its end can settle. */
const SOON_MS = 1000;

/** Exchanges of one name. */
export interface Tally {
  readonly invoked: number;
  readonly running: number;
  /** The most that ran at once. */
  readonly peak: number;
}

export class Hosted {
  readonly events: AppEvents;
  readonly #tallies = { [FLOOD]: { invoked: 0, running: 0, peak: 0 }, [PUSHED]: { invoked: 0, running: 0, peak: 0 } };
  #seen = 0;

  constructor(events: AppEvents) {
    this.events = events;
  }

  /** What is known of the requests of the abuse, and of the promises that were made for it. */
  get flood(): Tally {
    return this.#tallies[FLOOD];
  }

  get pushed(): Tally {
    return this.#tallies[PUSHED];
  }

  /** Takes up what was told since. */
  look(): this {
    for (; this.#seen < this.events.all.length; this.#seen += 1) {
      const told = this.events.all[this.#seen];
      if (told === undefined || !('key' in told)) continue;
      const { name } = parseKey(told.key);
      if (name === FLOOD || name === PUSHED) count(this.#tallies[name], told.event);
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
    await inTime(
      this.events.until(() => this.look().#running === 0, 'the application to be at rest'),
      SOON_MS,
      () => `${this.#running} of ${this.#invoked} invocations go on although nobody waits for them`,
    );
  }

  get #running(): number {
    return this.flood.running + this.pushed.running;
  }

  get #invoked(): number {
    return this.flood.invoked + this.pushed.invoked;
  }
}

function count(tally: { invoked: number; running: number; peak: number }, event: string): void {
  if (event === 'settled') tally.running -= 1;
  if (event !== 'invoked') return;
  tally.invoked += 1;
  tally.running += 1;
  tally.peak = Math.max(tally.peak, tally.running);
}
