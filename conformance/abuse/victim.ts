/** The other client: it asks for the small resource again and again, one request after the other, and wants its answers. */
import { Failed } from '../outcome.ts';
import type { Peer } from '../peer/peer.ts';
import { describeEnd, mismatch, type Trial } from '../trial.ts';
import { inTime } from './patience.ts';

/** Answers before the abuse, whose slowest is the measure of the others. */
const BEFORE = 5;

/** Milliseconds, and the multiple of the slowest answer before, that an answer may take without remark. */
const EASY_MS = 1000;
const EASY_TIMES = 20;

export class Victim {
  /** Milliseconds of the slowest answer before the abuse, and since. */
  before = 0;
  slowest = 0;
  answers = 0;
  readonly #trial: Trial;
  readonly #peer: Peer;

  private constructor(trial: Trial, peer: Peer) {
    this.#trial = trial;
    this.#peer = peer;
  }

  static async open(trial: Trial): Promise<Victim> {
    const victim = new Victim(trial, await trial.open());
    for (let n = 0; n < BEFORE; n += 1) victim.before = Math.max(victim.before, await victim.#answer());
    return victim;
  }

  /** One request, answered as ever. Throws Failed where it is not. */
  async ask(): Promise<void> {
    this.slowest = Math.max(this.slowest, await this.#answer());
    this.answers += 1;
  }

  /** A request of the kit's application, which answers it at once. */
  async askApplication(path: string): Promise<void> {
    await this.#peer.answer(this.#peer.ask({ path }));
  }

  /** The milliseconds of an answer beyond which a victim starves. */
  get limit(): number {
    return Math.max(EASY_MS, EASY_TIMES * this.before);
  }

  async #answer(): Promise<number> {
    const start = performance.now();
    const { small } = this.#trial.subject;
    const record = await inTime(
      this.#peer.answer(this.#peer.ask()),
      this.limit,
      ms => `the victim, who has done nothing, is not answered for ${ms} ms`,
    );
    const seen = mismatch(record, small);
    if (seen === null) return performance.now() - start;
    const end = this.#peer.over ? `, and ${describeEnd(this.#peer)}` : '';
    throw new Failed(`the victim, who has done nothing, is not served any more: ${seen}${end}`);
  }
}
