/**
 * Instances with options, that further tries and cases of the same suite go on with: to start one takes longer than most
 * cases. A case has its instance to itself, its tries may share it; who ends it, or does not pass on it, has had the last of it.
 */
import type { Case } from '../case.ts';
import type { Subject } from '../subject.ts';
import type { Instance } from '../targets/target.ts';
import type { Wait } from '../waits.ts';

export interface Spare {
  readonly instance: Instance;
  readonly subject: Subject;
  /** Its start, where that took long. */
  readonly waits: readonly Wait[];
}

/** Who has the instances of a kind, one case after the other. */
interface Turn {
  caseId: string;
  tries: number;
  readonly waiting: { readonly caseId: string; begin(): void }[];
}

interface Entry {
  readonly spare: Spare;
  readonly kind: string;
  users: number;
  spent: boolean;
}

export class Spares {
  readonly #entries = new Map<Spare, Entry>();
  readonly #turns = new Map<string, Turn>();
  readonly #ends = new Set<Promise<void>>();

  /** Waits until no other case has an instance of this kind: to start one more would take longer. */
  async enter({ id, chapter, alone }: Case): Promise<void> {
    const kind = kindOf(chapter, alone);
    const turn = this.#turns.get(kind);
    if (turn === undefined) this.#turns.set(kind, { caseId: id, tries: 1, waiting: [] });
    else if (turn.caseId === id) turn.tries += 1;
    else await new Promise<void>(begin => turn.waiting.push({ caseId: id, begin }));
  }

  /** A try of the case that has entered is over. */
  leave({ chapter, alone }: Case): void {
    const kind = kindOf(chapter, alone);
    const turn = this.#turns.get(kind);
    if (turn === undefined) return;
    turn.tries -= 1;
    const next = turn.tries === 0 ? turn.waiting.shift() : undefined;
    if (next !== undefined) {
      turn.caseId = next.caseId;
      turn.tries = 1;
      next.begin();
    } else if (turn.tries === 0) this.#turns.delete(kind);
  }

  /** One that fits the case, or null. */
  take({ chapter, alone }: Case): Spare | null {
    const kind = kindOf(chapter, alone);
    for (const entry of this.#entries.values()) {
      if (entry.kind !== kind || entry.spent || entry.spare.instance.crash() !== null) continue;
      entry.users += 1;
      return entry.spare;
    }
    return null;
  }

  /** One that was started for the case. */
  add({ chapter, alone }: Case, spare: Spare): void {
    this.#entries.set(spare, { spare, kind: kindOf(chapter, alone), users: 1, spent: false });
  }

  /** A try of the case is over; `clean` where the instance is as it was before. */
  give(spare: Spare, clean: boolean): void {
    const entry = this.#entries.get(spare);
    if (entry === undefined) return;
    entry.users -= 1;
    entry.spent ||= !clean;
    if (entry.users > 0 || !entry.spent) return;
    this.#entries.delete(spare);
    this.#end(spare);
  }

  /** Ends every instance. */
  async stop(): Promise<void> {
    for (const spare of this.#entries.keys()) this.#end(spare);
    this.#entries.clear();
    await Promise.all(this.#ends);
  }

  #end({ instance }: Spare): void {
    const end = instance.stop().finally(() => this.#ends.delete(end));
    this.#ends.add(end);
  }
}

/** What the process was started with: it knows the cases of one suite. */
function kindOf(chapter: string, options: Case['alone']): string {
  return JSON.stringify([chapter, Object.entries(options ?? {}).sort()]);
}
