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

interface Entry {
  readonly spare: Spare;
  readonly kind: string;
  caseId: string;
  users: number;
  spent: boolean;
}

export class Spares {
  readonly #entries = new Map<Spare, Entry>();
  readonly #ends = new Set<Promise<void>>();

  /** One that fits the case, or null. */
  take({ id, chapter, alone }: Case): Spare | null {
    const kind = kindOf(chapter, alone);
    for (const entry of this.#entries.values()) {
      const free = entry.users === 0 || entry.caseId === id;
      if (entry.kind !== kind || !free || entry.spent || entry.spare.instance.crash() !== null) continue;
      entry.caseId = id;
      entry.users += 1;
      return entry.spare;
    }
    return null;
  }

  /** One that was started for the case. */
  add({ id, chapter, alone }: Case, spare: Spare): void {
    this.#entries.set(spare, { spare, kind: kindOf(chapter, alone), caseId: id, users: 1, spent: false });
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
